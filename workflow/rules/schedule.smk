# No rule here leaves its time under benchmarks/, where it would count among the run's jobs.
JOB_TIMES = PROJECT / "workflow" / "job_times"


def plan_of_paper(wildcards):
    """The command that prints all jobs of the preset whose times are known; device=cpu spares a look for a GPU."""
    words = ["--nolock", "--forceall", "--dag", "--config", "preset=paper", "device=cpu"]
    return [PYTHON, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile", *words]


rule simulate_schedule:
    input:
        times=JOB_TIMES / "measured.csv",
        # What decides which jobs there are.
        workflow=[PROJECT / "Snakefile", *sorted((PROJECT / "workflow" / "rules").glob("*.smk"))],
        config=sorted((PROJECT / "config").rglob("*.yaml")),
    output:
        # Not among the tables, which are recorded with a run.
        table=f"{RESULTS}/schedule/machines.csv",
        seal=f"{RESULTS}/schedule/machines.csv.seal",
        rules=f"{RESULTS}/schedule/rules.csv",
        rules_seal=f"{RESULTS}/schedule/rules.csv.seal",
        jobs=f"{RESULTS}/schedule/jobs.csv",
        jobs_seal=f"{RESULTS}/schedule/jobs.csv.seal",
    log:
        f"{RESULTS}/logs/simulate_schedule.log",
    params:
        tracked=tracked_by("simulate_schedule"),
        run=told("simulate_schedule", plan=plan_of_paper, heavy=HEAVY),
    message:
        "The schedule of the preset paper on machines of several sizes"
    shell:
        "{PYTHON:q} {params.run:q} 2>&1 | tee {log}"


rule figure_schedule:
    input:
        table=rules.simulate_schedule.output.table,
        jobs=rules.simulate_schedule.output.jobs,
    output:
        multiext(f"{RESULTS}/figures/schedule", ".svg", ".png"),
    log:
        f"{RESULTS}/logs/figure_schedule.log",
    params:
        tracked=tracked_by("figure_schedule"),
        run=told("figure_schedule"),
    message:
        "Busy cores over time"
    shell:
        RUN


# Not part of all: of the preset paper alone are times of jobs known.
rule schedule:
    input:
        rules.simulate_schedule.output,
        rules.figure_schedule.output,
