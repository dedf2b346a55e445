rule measure_rotation:
    input:
        images=BASELINE_IMAGES,
    output:
        table=table("rotation"),
    message:
        "SROPs of turned maps"
    shell:
        RUN


JUDGED_TABLES["rotation"] = parquet("rotation")
WHOLE_RUN += rules.measure_rotation.output
