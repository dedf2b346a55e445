BACKBONES = EXPERIMENT.backbones

YAMLS = sorted(file.stem for file in (CONFIG / "architecture").glob("*.yaml"))
if odd := [name for name in YAMLS if not re.fullmatch(r"(?!(?i:null|true|false|nan|inf)$)[A-Za-z_][\w-]*", name)]:
    raise WorkflowError(
        f"config/architecture/{odd[0]}.yaml: a name has letters, digits, '_' and '-', a letter first, and is no word like null"
    )
# A YAML may name the presets that measure it; others do so if they are asked for it by name.
USUAL = [name for name in YAMLS if (presets := network(name).presets) is None or PRESET in presets]
ARCHITECTURES = list(USUAL if BACKBONES.architectures is None else BACKBONES.architectures)
for key, names in (
    ("backbones.architectures", ARCHITECTURES),
    ("backbones.seeds_of", BACKBONES.seeds_of),
    ("figures.figure4", FIGURES.figure4),
):
    if unknown := set(names) - set(YAMLS):
        raise WorkflowError(
            f"{key}: config/architecture/ holds no {', '.join(sorted(unknown))}; it has {', '.join(YAMLS)}"
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


def images_of(size):
    """The natural images at one size, which are kept by data set."""
    return f"{RESULTS}/images/{BACKBONES.images.source}/{size}.safetensors"


BASELINE_IMAGES = images_of(BASELINE_SIZE)


def images_for(wildcards):
    return images_of(NETWORKS[wildcards.architecture].input_size)


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


use rule job as prepare_images with:
    output:
        images=images_of("{size}"),


use rule job as measure_baseline with:
    input:
        images=BASELINE_IMAGES,
    output:
        table=table("baseline"),


use rule job as measure_backbone with:
    input:
        images=images_for,
    output:
        tables=[
            f"{RESULTS}/backbones/{{architecture}}/{{weights}}/{name}.parquet"
            for name in ("channels", "layers", "images")
        ],
    params:
        seeds=seeds_of,
        overrides=architecture_override,


use rule job as tabulate_networks with:
    output:
        multiext(f"{RESULTS}/tables/networks", ".parquet", ".csv", ".md"),
    params:
        architectures=ARCHITECTURES,
        besides=[
            [plain(NETWORKS[name]) for name in ARCHITECTURES],
            ["/".join(run) for run, is_here in WEIGHTS.items() if is_here],
        ],


BACKBONE_LAYERS = [f"{RESULTS}/backbones/{name}/{weights}/layers.parquet" for name, weights in BACKBONE_RUNS]


use rule job as tabulate_backbones with:
    input:
        layers=BACKBONE_LAYERS,
    output:
        table=table("backbones"),


use rule job as table1 with:
    input:
        table=parquet("backbones"),
    output:
        multiext(f"{RESULTS}/tables/table1", ".parquet", ".csv", ".md"),


use rule job as table2 with:
    input:
        table=parquet("backbones"),
        baseline=parquet("baseline"),
    output:
        multiext(f"{RESULTS}/tables/table2", ".parquet", ".csv", ".md"),


rule backbones:
    input:
        rules.tabulate_backbones.output,
        rules.measure_baseline.output,
        rules.tabulate_networks.output,
        rules.table1.output,
        rules.table2.output,


FIGURE4_CHANNELS = [f"{RESULTS}/backbones/{name}/random/channels.parquet" for name in FIGURE4]
if FIGURE4:

    use rule job as figure4 with:
        input:
            channels=FIGURE4_CHANNELS,
            baseline=parquet("baseline"),
        output:
            figure("figure4", "4 Random networks", "Figure 4"),


use rule job as figure5 with:
    input:
        table=parquet("backbones"),
        networks=parquet("networks"),
    output:
        figure("figure5-images", "5 Random and trained networks", "Figure 5, natural images"),
        figure("figure5-noise", "5 Random and trained networks", "Figure 5, white noise"),


SCALES["backbones"] = scale(
    f"{BACKBONES.images.count} images, {BACKBONES.noise} of noise", "backbones.images", "backbones.noise"
)
JUDGED_TABLES |= {
    "backbones": parquet("backbones"),
    "images": [f"{RESULTS}/backbones/{name}/{weights}/images.parquet" for name, weights in BACKBONE_RUNS],
    # Of the networks whose boxes Figure 4 shows.
    "channels": FIGURE4_CHANNELS,
    "baseline": parquet("baseline"),
}
TABLES_WITH_ORIGIN += BACKBONE_LAYERS
ARTICLE_TABLES += [f"{RESULTS}/tables/{name}.md" for name in ("table1", "table2", "networks")]
WHOLE_RUN += rules.backbones.input
