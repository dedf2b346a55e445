def tables_of_run(wildcards):
    """List the tables of the run's folder that the configuration still makes."""
    files = sorted(map(str, Path(RESULTS).glob("tables/**/*.parquet")))
    return [file for file in files if any(rule.is_producer(file) for rule in workflow.rules)]


def parquet_of_run(wildcards, input):
    """List the tables that say what they come from."""
    files = {str(file) for job in jobs_before("record") for file in job.output if file.endswith(".parquet")}
    return sorted(file for file in files if not file.startswith(f"{RESULTS}/tables/"))


rule record:
    input:
        rules.digits.input,
        srops=DIGIT_SROPS,
        tables=tables_of_run,
    params:
        results=RESULTS,
        into=untracked(RECORDED),
        parquet=parquet_of_run,
        # What the tables lack, and rows of the ledger rest on.
        evidence=untracked({name: JUDGED_FILES[name] for name in ("backbones", "images", "channels", "changes")}),
        command=untracked(shlex.join(["snakemake", "--cores", "all", "--config", *SAME_RUN])),
    message:
        "Tables to workflow/recorded/"
    shell:
        RUN
