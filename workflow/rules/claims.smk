from hashlib import sha256
from itertools import chain

RECORDED = PROJECT / "workflow" / "recorded"
# Runs that are judged beside this one: the paper's digit experiments, and networks whose weights are not free.
RECORDED_RUNS = {
    section: sorted(file.parent.name for file in RECORDED.glob(f"{name}*/origin.json"))
    for section, name in (("digits", "paper"), ("quantized", "quantized"))
}


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
            for name in chain(*RECORDED_RUNS.values())
            for file in sorted((RECORDED / name).rglob("*.*"))
        },
        run=told(
            "claims",
            preset=f"{PRESET}-{NAME}" if NAME else PRESET,
            names=list(JUDGED),
            tables=[[file] if isinstance(file, str) else list(file) for file in JUDGED.values()],
            sections=list(SCALES),
            scales=[said for said, _ in SCALES.values()],
            bases=[basis for _, basis in SCALES.values()],
            recorded=RECORDED,
            runs=RECORDED_RUNS,
            stem=f"{RESULTS}/tables/claims",
        ),
    message:
        "The paper's claims"
    shell:
        RUN


MADE += rules.claims.output
page(rules.claims.output.table, "claims", "1 Claims", "Every claim")
draw(
    "figure_claims",
    "1 Claims",
    {"claims-by-choice": "Claims by what the paper leaves open"},
    message="Claims by what the paper leaves open",
    table=rules.claims.output.table,
    settings=rules.claims.output.settings,
)
