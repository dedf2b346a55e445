rule measure_rotation:
    input:
        images=rules.measure_baseline.input.images,
    output:
        table=f"{RESULTS}/tables/rotation.csv",
        seal=f"{RESULTS}/tables/rotation.csv.seal",
    log:
        f"{RESULTS}/logs/measure_rotation.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_rotation.tsv"
    params:
        tracked=tracked_by("measure_rotation"),
        run=told("measure_rotation"),
    message:
        "SROPs of turned maps"
    shell:
        RUN


JUDGED["rotation"] = rules.measure_rotation.output.table
MADE += rules.measure_rotation.output
