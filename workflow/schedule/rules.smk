def plan_of_paper(wildcards, input):
    """The command that prints all jobs of the preset whose times are known; device=cpu spares a look for a GPU."""
    words = ["--nolock", "--forceall", "--dag", "--config", "preset=paper", "device=cpu"]
    return [PYTHON, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile", *words]


rule simulate_schedule:
    input:
        times=PROJECT / "workflow" / "schedule" / "job_times" / "measured.csv",
        # What decides which jobs there are.
        workflow=[PROJECT / "Snakefile", *sorted((PROJECT / "workflow").rglob("*.smk"))],
        config=sorted((PROJECT / "config").rglob("*.yaml")),
    output:
        # Not among the tables, which are recorded with a run.
        table_file=multiext(f"{RESULTS}/schedule/machines", ".parquet", ".csv"),
        rules=multiext(f"{RESULTS}/schedule/rules", ".parquet", ".csv"),
    params:
        plan=plan_of_paper,
        heavy=list(HEAVY),
    message:
        "The schedule of the preset paper on machines of several sizes"
    shell:
        SHOW


# Not part of all: of the preset paper alone are times of jobs known.
rule schedule:
    input:
        rules.simulate_schedule.output,
