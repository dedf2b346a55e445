from srop.experiments.intrinsic.limits import TWONN_POINTS

# Fewer images give no intrinsic dimension.
INTRINSIC_RUNS = BACKBONE_RUNS if BACKBONES.images.count >= TWONN_POINTS else []


use rule job as measure_intrinsic_digits with:
    input:
        digits=DIGITS_FILE,
        models=PLAIN_MODELS,
    output:
        table_file=f"{RESULTS}/digits/intrinsic.parquet",
    params:
        case=PLAIN_CASE,
        w=PLAIN_W,
        seeds=list(DIGITS.seeds),


use rule job as measure_intrinsic_backbone with:
    input:
        images=images_for,
    output:
        table_file=f"{RESULTS}/backbones/{{architecture}}/{{weights}}/intrinsic.parquet",
    params:
        seeds=seeds_of,
        overrides=architecture_override,


INTRINSIC_LAYERS = [
    f"{RESULTS}/digits/intrinsic.parquet",
    *(f"{RESULTS}/backbones/{name}/{weights}/intrinsic.parquet" for name, weights in INTRINSIC_RUNS),
]


use rule job as tabulate_intrinsic with:
    input:
        layers=INTRINSIC_LAYERS,
    output:
        table=table("intrinsic"),


use rule job as figure_intrinsic with:
    input:
        table=parquet("intrinsic"),
    output:
        figure("id", "6 Intrinsic dimension", "Intrinsic dimension and SROP"),


JUDGED_TABLES["intrinsic"] = parquet("intrinsic")
TABLES_WITH_ORIGIN += INTRINSIC_LAYERS


rule intrinsic:
    input:
        rules.tabulate_intrinsic.output,
        rules.figure_intrinsic.output,
