from hashlib import sha256

RECORDED = PROJECT / "workflow" / "recorded"
# Runs of the paper's digit experiments, which are judged beside this run's.
RECORDED_DIGITS = sorted(file.parent.name for file in RECORDED.glob("paper*/origin.json"))


# An experiment that is included later would bring tables that nobody judges.
JUDGED_HERE = dict(JUDGED)


rule claims:
    input:
        **JUDGED,
    output:
        table=f"{RESULTS}/tables/claims.csv",
        seal=f"{RESULTS}/tables/claims.csv.seal",
        text=f"{RESULTS}/tables/claims.md",
        text_seal=f"{RESULTS}/tables/claims.md.seal",
        settings=f"{RESULTS}/tables/claims-settings.csv",
        settings_seal=f"{RESULTS}/tables/claims-settings.csv.seal",
    log:
        f"{RESULTS}/logs/claims.log",
    benchmark:
        f"{RESULTS}/benchmarks/claims.tsv"
    params:
        tracked=tracked_by("claims"),
        scales=SCALES,
        # Tracked by their content: they belong to the project, which may lie anywhere.
        recorded={
            file.relative_to(RECORDED).as_posix(): sha256(file.read_bytes()).hexdigest()
            for name in RECORDED_DIGITS
            for file in sorted((RECORDED / name).rglob("*.*"))
        },
        run=told(
            "claims",
            preset=f"{PRESET}-{NAME}" if NAME else PRESET,
            names=list(JUDGED),
            tables=[[file] if isinstance(file, str) else list(file) for file in JUDGED.values()],
            sections=list(SCALES),
            scales=list(SCALES.values()),
            recorded=RECORDED,
            runs=RECORDED_DIGITS,
            stem=f"{RESULTS}/tables/claims",
        ),
    message:
        "The paper's claims"
    shell:
        RUN


MADE += rules.claims.output
page(rules.claims.output.table, "claims", "1 Claims", "Every claim")
