use rule job as measure_rotation with:
    input:
        images=BASELINE_IMAGES,
    output:
        table=table("rotation"),


JUDGED_TABLES["rotation"] = parquet("rotation")
WHOLE_RUN += rules.measure_rotation.output
