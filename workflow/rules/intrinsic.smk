from srop.experiments.intrinsic.limits import TWONN_POINTS

# The digit networks of the least w: those without a frog, where there are some.
PLAIN_CASE, PLAIN_W = min(DIGIT_SETTINGS, key=lambda setting: float(setting[1]))

# Fewer images give no intrinsic dimension.
INTRINSIC_RUNS = BACKBONE_RUNS if BACKBONES.images.count >= TWONN_POINTS else []


rule measure_intrinsic_digits:
    input:
        digits=rules.measure_kappa.input.digits,
        models=[f"{RESULTS}/digits/{PLAIN_CASE}/w{PLAIN_W}/seed{seed}/model.safetensors" for seed in DIGITS.seeds],
    output:
        table=f"{RESULTS}/digits/intrinsic.parquet",
    log:
        f"{RESULTS}/logs/measure_intrinsic_digits.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_intrinsic_digits.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_intrinsic_digits"),
        run=told("measure_intrinsic_digits", case=PLAIN_CASE, w=PLAIN_W, seeds=DIGITS.seeds),
    message:
        "Intrinsic dimension of the digit networks"
    shell:
        RUN


rule measure_intrinsic_backbone:
    input:
        images=rules.measure_backbone.input.images,
    output:
        table=f"{RESULTS}/backbones/{{architecture}}/{{weights}}/intrinsic.parquet",
    log:
        f"{RESULTS}/logs/measure_intrinsic_backbone/{{architecture}}/{{weights}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_intrinsic_backbone/{{architecture}}/{{weights}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=lambda wildcards: tracked_by("measure_intrinsic_backbone", architecture=wildcards.architecture),
        seeds=seeds_of,
        run=told("measure_intrinsic_backbone", overrides=architecture_override, seeds=seeds_of),
    message:
        "Intrinsic dimension of {wildcards.architecture}, weights {wildcards.weights}"
    shell:
        RUN


use rule tabulate_backbones as tabulate_intrinsic with:
    input:
        layers=[
            rules.measure_intrinsic_digits.output.table,
            *(f"{RESULTS}/backbones/{name}/{weights}/intrinsic.parquet" for name, weights in INTRINSIC_RUNS),
        ],
    output:
        table=f"{RESULTS}/tables/intrinsic.csv",
        seal=f"{RESULTS}/tables/intrinsic.csv.seal",
    log:
        f"{RESULTS}/logs/tabulate_intrinsic.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_intrinsic.tsv"
    message:
        "Table of intrinsic dimensions"


draw(
    "id",
    "6 Intrinsic dimension",
    {"id": "Intrinsic dimension and SROP"},
    table=rules.tabulate_intrinsic.output.table,
)

JUDGED["intrinsic"] = rules.tabulate_intrinsic.output.table
WITH_ORIGIN += rules.tabulate_intrinsic.input.layers
