if late := [name for name in JUDGED if name not in JUDGED_HERE]:
    raise WorkflowError(f"tables {', '.join(late)}: include an experiment's rules before claims.smk")
if late := [name for name in DRAWN if name not in FIGURE_RULES]:
    raise WorkflowError(f"figures {', '.join(late)}: include an experiment's rules before figures.smk")


def tables_there():
    return sorted(map(str, Path(RESULTS).glob("tables/**/*.csv")))


def parquet_of_run(wildcards):
    return sorted({str(file) for job in jobs_before("record") for file in job.output if file.endswith(".parquet")})


rule record:
    input:
        rules.digits.input,
        srops=rules.tabulate_digits.input.srops,
        # What else the run has, brought up to date, and the configuration still makes.
        tables=lambda wildcards: [
            file for file in tables_there() if any(rule.is_producer(file) for rule in workflow.rules)
        ],
    log:
        f"{RESULTS}/logs/record.log",
    params:
        run=told(
            "record",
            results=RESULTS,
            into=RECORDED,
            parquet=parquet_of_run,
            command=shlex.join(["snakemake", "--cores", "all", "--config", *SAME_RUN])
            .replace("{", "{{")
            .replace("}", "}}"),
        ),
    message:
        "Tables to workflow/recorded/"
    shell:
        RUN
