rule record:
    input:
        rules.digits.input,
        srops=rules.tabulate_digits.input.srops,
        # What else the run has, brought up to date.
        tables=lambda wildcards: sorted(map(str, Path(RESULTS).glob("tables/*.csv"))),
    log:
        f"{RESULTS}/logs/record.log",
    params:
        command=hydra_text(shlex.join(["snakemake", "--cores", "all", "--config", *SAME_RUN])),
    message:
        "Tables to workflow/recorded/"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/record_run.py {SETTINGS:q} run.results={RESULTS:q} run.into={RECORDED:q}"
        " run.command={params.command:q} > {log} 2>&1"
