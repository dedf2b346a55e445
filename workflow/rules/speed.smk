# No rule here leaves its time under benchmarks/, where it would count among the run's jobs.


rule measure_speed:
    input:
        digits=rules.measure_kappa.input.digits,
    output:
        table=f"{RESULTS}/tables/speed.csv",
        seal=f"{RESULTS}/tables/speed.csv.seal",
    log:
        f"{RESULTS}/logs/measure_speed.log",
    # Alone on the machine, or it would measure its neighbors.
    threads: workflow.global_resources["_cores"].value or 1
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_speed"),
        # A function, so that nobody else needs these architectures.
        values=lambda wildcards: [
            plain(network(name))
            for name in read_stage(CONFIG / "stage" / "measure_speed.yaml")["run"]["architectures"]
        ],
        run=told("measure_speed"),
    message:
        "The project's speed against its yardsticks"
    shell:
        "{PYTHON:q} {params.run:q} 2>&1 | tee {log}"


rule figure_speed:
    input:
        table=rules.measure_speed.output.table,
    output:
        multiext(f"{RESULTS}/figures/speed", ".svg", ".png"),
    log:
        f"{RESULTS}/logs/figure_speed.log",
    params:
        tracked=tracked_by("figure_speed"),
        run=told("figure_speed"),
    message:
        "Speed beside its targets"
    shell:
        RUN


# Not part of all: what it measures differs from run to run.
rule speed:
    input:
        rules.measure_speed.output,
        rules.figure_speed.output,
