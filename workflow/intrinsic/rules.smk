from srop.experiments.intrinsic.limits import TWONN_POINTS

# The digit networks of the least w: those without a frog, where there are some.
PLAIN_CASE, PLAIN_W = min(DIGIT_SETTINGS, key=lambda setting: float(setting[1]))

# Fewer images give no intrinsic dimension.
INTRINSIC_RUNS = BACKBONE_RUNS if BACKBONES.images.count >= TWONN_POINTS else []


rule measure_intrinsic_digits:
    input:
        digits=DIGITS_FILE,
        models=[f"{RESULTS}/digits/{PLAIN_CASE}/w{PLAIN_W}/seed{seed}/model.safetensors" for seed in DIGITS.seeds],
    output:
        table_file=f"{RESULTS}/digits/intrinsic.parquet",
    params:
        case=PLAIN_CASE,
        w=PLAIN_W,
        seeds=list(DIGITS.seeds),
    message:
        "Intrinsic dimension of the digit networks"
    shell:
        RUN


rule measure_intrinsic_backbone:
    input:
        images=images_for,
    output:
        table_file=f"{RESULTS}/backbones/{{architecture}}/{{weights}}/intrinsic.parquet",
    params:
        seeds=seeds_of,
        overrides=architecture_override,
    message:
        "Intrinsic dimension of {wildcards.architecture}, weights {wildcards.weights}"
    shell:
        RUN


INTRINSIC_LAYERS = [
    f"{RESULTS}/digits/intrinsic.parquet",
    *(f"{RESULTS}/backbones/{name}/{weights}/intrinsic.parquet" for name, weights in INTRINSIC_RUNS),
]


rule tabulate_intrinsic:
    input:
        layers=INTRINSIC_LAYERS,
    output:
        table=table("intrinsic"),
    message:
        "Table of intrinsic dimensions"
    shell:
        RUN


rule figure_intrinsic:
    input:
        table=parquet("intrinsic"),
    output:
        figure("id", "6 Intrinsic dimension", "Intrinsic dimension and SROP"),
    message:
        "Intrinsic dimension and SROP"
    shell:
        RUN


JUDGED_TABLES["intrinsic"] = parquet("intrinsic")
TABLES_WITH_ORIGIN += INTRINSIC_LAYERS


rule intrinsic:
    input:
        rules.tabulate_intrinsic.output,
        rules.figure_intrinsic.output,
