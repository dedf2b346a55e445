from itertools import chain

RECORDED = PROJECT / "workflow" / "recorded"
# Runs that are judged next to this one: the paper's digit experiments with either optimizer, networks whose weights are
# not free, and CIFAR networks. `cpu-w*` are networks at w that the runs on a GPU lack.
RECORDED_RUNS = {
    section: [file.parent.name for name in names for file in sorted(RECORDED.glob(f"{name}*/origin.json"))]
    for section, names in (
        ("digits", ("paper", "adadelta", "cpu-w")),
        ("quantized", ("quantized",)),
        ("cifar", ("cifar",)),
    )
}


JUDGED_FILES = {name: [files] if isinstance(files, str) else list(files) for name, files in JUDGED_TABLES.items()}


use rule job as claims with:
    input:
        **JUDGED_TABLES,
    output:
        multiext(f"{RESULTS}/tables/claims", ".parquet", ".csv", ".md"),
        table("claims-settings"),
    params:
        run_name=INVOCATION.full_name,
        tables=JUDGED_FILES,
        scales=SCALES,
        runs=RECORDED_RUNS,
        # Tracked by their content: they belong to the project, which may lie anywhere.
        recorded=untracked(RECORDED),
        besides={
            file.relative_to(RECORDED).as_posix(): sha256_of(file)
            for name in chain(*RECORDED_RUNS.values())
            for file in sorted((RECORDED / name).rglob("*.*"))
        },


use rule job as figure_claims with:
    input:
        table=parquet("claims"),
        settings=parquet("claims-settings"),
    output:
        figure("claims-by-choice", "1 Claims", "Claims by what the paper leaves open"),


WHOLE_RUN += rules.claims.output


# A run that is recorded need not be repeated when networks of others are: its ledger gets their rows.
rule judge_recorded:
    params:
        ledger_run=PRESET,
        recorded=untracked(RECORDED),
        # A claim about digits has a row of the run itself next to that of recorded ones.
        runs={section: names for section, names in RECORDED_RUNS.items() if section != "digits"},
        tables=list(JUDGED_TABLES),
    message:
        "Claims about recorded networks, in a recorded ledger"
    shell:
        SHOW
