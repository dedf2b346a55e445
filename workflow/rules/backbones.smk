BACKBONES = EXPERIMENT.backbones

FOUND = sorted(file.stem for file in (CONFIG / "architecture").glob("*.yaml"))
if odd := [name for name in FOUND if not re.fullmatch(r"(?!(?i:null|true|false|nan|inf)$)[A-Za-z_][\w-]*", name)]:
    raise WorkflowError(
        f"config/architecture/{odd[0]}.yaml: a name has letters, digits, '_' and '-', a letter first, and is no word like null"
    )
ARCHITECTURES = list(FOUND if BACKBONES.architectures is None else BACKBONES.architectures)
for key, names in (
    ("backbones.architectures", ARCHITECTURES),
    ("backbones.seeds_of", BACKBONES.seeds_of),
    ("figures.figure4", FIGURES.figure4),
):
    if unknown := set(names) - set(FOUND):
        raise WorkflowError(
            f"{key}: config/architecture/ holds no {', '.join(sorted(unknown))}; it has {', '.join(FOUND)}"
        )

NETWORKS = {name: network(name) for name in ARCHITECTURES}

# An architecture's networks, by the weights that its YAML names, and whether those are here. Absent ones are left out:
# a network without its weights is no random one.
WEIGHTS = {
    (name, weights): weights == "random" or bool((file := weights_file(NETWORKS[name], weights)) and file.is_file())
    for name in ARCHITECTURES
    for weights in NETWORKS[name].weights
}


def is_available(name, weights):
    chosen = NETWORKS[name].weights[weights]
    if not (WEIGHTS[name, weights] or chosen.set or chosen.package):
        raise WorkflowError(
            f"config/architecture/{name}.yaml: weights.{weights}.file={chosen.file} is missing; put it there, or take "
            f"{weights} out of the weights"
        )
    return WEIGHTS[name, weights] or (DOWNLOAD and chosen.set)


BACKBONE_RUNS = [run for run in WEIGHTS if is_available(*run)]

for name, weights in WEIGHTS:
    if not WEIGHTS[name, weights] and DOWNLOAD and (chosen := NETWORKS[name].weights[weights]).set:
        announce(f"{chosen.file} ({name})", chosen.megabytes)

if BACKBONES.images.folder and not Path(BACKBONES.images.folder).expanduser().is_dir():
    raise WorkflowError(f"backbones.images.folder={BACKBONES.images.folder}: there is no such folder")

BASELINE_SIZE = 224
# Images are kept by data set and size.
DATASET = BACKBONES.images.source
FIGURE4 = [name for name in FIGURES.figure4 if name in NETWORKS and NETWORKS[name].input_size == BASELINE_SIZE]
if odd := set(FIGURES.figure4) - set(FIGURE4):
    logger.info(
        f"Figure 4 leaves out {', '.join(sorted(odd))}: it shows those of figures.figure4 that are among "
        f"backbones.architectures and take {BASELINE_SIZE} x {BASELINE_SIZE}, as its baseline does."
    )


wildcard_constraints:
    architecture="|".join(map(re.escape, ARCHITECTURES)),
    weights="|".join(sorted({re.escape(weights) for _, weights in BACKBONE_RUNS})),
    size=r"\d+",


def seeds_of(wildcards):
    return list(BACKBONES.seeds_of.get(wildcards.architecture, BACKBONES.seeds))


def architecture_override(wildcards):
    return [f"architecture={wildcards.architecture}"]


rule prepare_images:
    output:
        images=f"{RESULTS}/images/{DATASET}/{{size}}.safetensors",
    log:
        f"{RESULTS}/logs/prepare_images/{DATASET}/{{size}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_images/{DATASET}/{{size}}.tsv"
    params:
        tracked=tracked_by("prepare_images"),
        run=told("prepare_images"),
    message:
        "Natural images of {wildcards.size} x {wildcards.size}"
    shell:
        RUN


rule measure_baseline:
    input:
        images=f"{RESULTS}/images/{DATASET}/{BASELINE_SIZE}.safetensors",
    output:
        table=f"{RESULTS}/tables/baseline.csv",
        seal=f"{RESULTS}/tables/baseline.csv.seal",
    log:
        f"{RESULTS}/logs/measure_baseline.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_baseline.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_baseline"),
        run=told("measure_baseline"),
    message:
        "SROPs of the baseline"
    shell:
        RUN


rule measure_backbone:
    input:
        images=lambda wildcards: (
            f"{RESULTS}/images/{DATASET}/{NETWORKS[wildcards.architecture].input_size}.safetensors"
        ),
    output:
        channels=f"{RESULTS}/backbones/{{architecture}}/{{weights}}/channels.parquet",
        layers=f"{RESULTS}/backbones/{{architecture}}/{{weights}}/layers.parquet",
        by_image=f"{RESULTS}/backbones/{{architecture}}/{{weights}}/images.parquet",
    log:
        f"{RESULTS}/logs/measure_backbone/{{architecture}}/{{weights}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_backbone/{{architecture}}/{{weights}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=lambda wildcards: tracked_by("measure_backbone", architecture=wildcards.architecture),
        seeds=seeds_of,
        run=told("measure_backbone", overrides=architecture_override, seeds=seeds_of),
    message:
        "SROPs of {wildcards.architecture}, weights {wildcards.weights}"
    shell:
        RUN


rule networks:
    output:
        multiext(f"{RESULTS}/tables/networks", ".csv", ".csv.seal", ".md", ".md.seal"),
    log:
        f"{RESULTS}/logs/networks.log",
    benchmark:
        f"{RESULTS}/benchmarks/networks.tsv"
    params:
        tracked=tracked_by("networks"),
        values=[plain(NETWORKS[name]) for name in ARCHITECTURES],
        available=["/".join(run) for run, here in WEIGHTS.items() if here],
        run=told("networks", architectures=ARCHITECTURES),
    message:
        "Table of the networks and their weights"
    shell:
        RUN


rule tabulate_backbones:
    input:
        layers=[f"{RESULTS}/backbones/{name}/{weights}/layers.parquet" for name, weights in BACKBONE_RUNS],
    output:
        table=f"{RESULTS}/tables/backbones.csv",
        seal=f"{RESULTS}/tables/backbones.csv.seal",
    log:
        f"{RESULTS}/logs/tabulate_backbones.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_backbones.tsv"
    params:
        tracked=tracked_by("tabulate_backbones"),
        run=told("tabulate_backbones"),
    message:
        "Table of all backbones"
    shell:
        RUN


rule table1:
    input:
        table=rules.tabulate_backbones.output.table,
    output:
        multiext(f"{RESULTS}/tables/table1", ".csv", ".csv.seal", ".md", ".md.seal"),
    log:
        f"{RESULTS}/logs/table1.log",
    benchmark:
        f"{RESULTS}/benchmarks/table1.tsv"
    params:
        tracked=tracked_by("table1"),
        run=told("table1"),
    message:
        "Table 1"
    shell:
        RUN


rule table2:
    input:
        table=rules.tabulate_backbones.output.table,
        baseline=rules.measure_baseline.output.table,
    output:
        multiext(f"{RESULTS}/tables/table2", ".csv", ".csv.seal", ".md", ".md.seal"),
    log:
        f"{RESULTS}/logs/table2.log",
    benchmark:
        f"{RESULTS}/benchmarks/table2.tsv"
    params:
        tracked=tracked_by("table2"),
        run=told("table2"),
    message:
        "Table 2"
    shell:
        RUN


rule backbones:
    input:
        rules.tabulate_backbones.output,
        rules.measure_baseline.output,
        rules.networks.output,
        rules.table1.output,
        rules.table2.output,


if FIGURE4:
    draw(
        "figure4",
        "4 Random networks",
        {"figure4": "Figure 4"},
        channels=[f"{RESULTS}/backbones/{name}/random/channels.parquet" for name in FIGURE4],
        baseline=rules.measure_baseline.output.table,
    )
draw(
    "figure5",
    "5 Random and trained networks",
    {"figure5-images": "Figure 5, natural images", "figure5-noise": "Figure 5, white noise"},
    message="Figure 5",
    table=rules.tabulate_backbones.output.table,
    networks=f"{RESULTS}/tables/networks.csv",
)
for table, label in (("table1", "Table 1"), ("table2", "Table 2"), ("networks", "Table of networks")):
    page(f"{RESULTS}/tables/{table}.md", table, "5 Random and trained networks", label)

SCALES["backbones"] = scale(
    f"{BACKBONES.images.count} images, {BACKBONES.noise} of noise", "backbones.images", "backbones.noise"
)
JUDGED |= {
    "backbones": rules.tabulate_backbones.output.table,
    "images": [f"{RESULTS}/backbones/{name}/{weights}/images.parquet" for name, weights in BACKBONE_RUNS],
    # Of the networks whose boxes Figure 4 shows.
    "channels": [f"{RESULTS}/backbones/{name}/random/channels.parquet" for name in FIGURE4],
    "baseline": rules.measure_baseline.output.table,
}
WITH_ORIGIN += rules.tabulate_backbones.input.layers
MADE += rules.backbones.input
