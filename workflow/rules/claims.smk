from hashlib import sha256

RECORDED = PROJECT / "workflow" / "recorded"
# Runs of the paper's digit experiments, which are judged beside this run's.
RECORDED_DIGITS = sorted(file.parent.name for file in RECORDED.glob("paper*/origin.json"))


rule claims:
    input:
        digits=rules.tabulate_digits.output.table,
        epochs=rules.tabulate_digits.output.epochs,
        frog_epochs=rules.measure_epochs.output.table,
        srops=rules.tabulate_digits.input.srops,
        backbones=rules.tabulate_backbones.output.table,
        images=[f"{RESULTS}/backbones/{name}/{weights}/images.parquet" for name, weights in BACKBONE_RUNS],
        baseline=rules.measure_baseline.output.table,
        rotation=rules.measure_rotation.output.table,
        intrinsic=rules.tabulate_intrinsic.output.table,
    output:
        table=f"{RESULTS}/tables/claims.csv",
        text=f"{RESULTS}/tables/claims.md",
        settings=f"{RESULTS}/tables/claims-settings.csv",
    log:
        f"{RESULTS}/logs/claims.log",
    benchmark:
        f"{RESULTS}/benchmarks/claims.tsv"
    params:
        tracked=tracked_by("claims"),
        # Tracked by their content: they belong to the project, which may lie anywhere.
        recorded={
            file.relative_to(RECORDED).as_posix(): sha256(file.read_bytes()).hexdigest()
            for name in RECORDED_DIGITS
            for file in sorted((RECORDED / name).rglob("*.*"))
        },
        run=told(
            "claims",
            preset=f"{PRESET}-{NAME}" if NAME else PRESET,
            recorded=RECORDED,
            runs=RECORDED_DIGITS,
            stem=f"{RESULTS}/tables/claims",
        ),
    message:
        "The paper's claims"
    shell:
        RUN
