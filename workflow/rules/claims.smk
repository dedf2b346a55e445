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
    threads: 1
    params:
        tracked=tracked_by("judge_claims"),
        preset=f"{PRESET}-{NAME}" if NAME else PRESET,
        stem=f"{RESULTS}/tables/claims",
        runs=",".join(RECORDED_DIGITS),
        # Tracked by their content: they belong to the project, which may lie anywhere.
        recorded={
            file.relative_to(RECORDED).as_posix(): sha256(file.read_bytes()).hexdigest()
            for name in RECORDED_DIGITS
            for file in sorted((RECORDED / name).rglob("*.*"))
        },
        srops=lambda wildcards, input: ",".join(input.srops),
        images=lambda wildcards, input: ",".join(input.images),
    message:
        "The paper's claims"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/judge_claims.py {SETTINGS:q} run.preset={params.preset} run.digits={input.digits}"
        " run.epochs={input.epochs} run.frog_epochs={input.frog_epochs} 'run.srops=[{params.srops}]'"
        " run.backbones={input.backbones} 'run.images=[{params.images}]' run.baseline={input.baseline}"
        " run.rotation={input.rotation} run.intrinsic={input.intrinsic} run.recorded={RECORDED:q} 'run.runs=[{params.runs}]'"
        " run.stem={params.stem} > {log} 2>&1"
