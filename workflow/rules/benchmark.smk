# No rule here leaves its time under benchmarks/, where it would count among the run's jobs.


rule measure_speed:
    input:
        digits=rules.measure_kappa.input.digits,
    output:
        table=f"{RESULTS}/tables/benchmark.csv",
    log:
        f"{RESULTS}/logs/measure_speed.log",
    # Alone on the machine, or it would measure its neighbours.
    threads: workflow.cores
    resources:
        gpu=GPU_JOB,
    params:
        tracked=tracked_by("measure_speed"),
        # A function, so that nobody else needs these architectures.
        values=lambda wildcards: [
            plain(network(name)) for name in OmegaConf.load(CONFIG / "measure_speed.yaml").run.architectures
        ],
    message:
        "The project's speed against its yardsticks"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/measure_speed.py {SETTINGS:q} run.device={DEVICE} run.digits={input.digits}"
        " run.table={output.table} 2>&1 | tee {log}"


rule figure_benchmark:
    input:
        table=rules.measure_speed.output.table,
    output:
        multiext(f"{RESULTS}/figures/benchmark", ".svg", ".png"),
    log:
        f"{RESULTS}/logs/figure_benchmark.log",
    threads: 1
    params:
        tracked=tracked_by("plot_benchmark"),
        stem=f"{RESULTS}/figures/benchmark",
    message:
        "Speed beside its targets"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/plot_benchmark.py {SETTINGS:q} run.table={input.table} run.stem={params.stem}"
        " > {log} 2>&1"


# Not part of all: what it measures differs from run to run.
rule benchmark:
    input:
        rules.measure_speed.output,
        rules.figure_benchmark.output,
