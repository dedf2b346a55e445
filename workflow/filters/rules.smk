from srop.experiments.filters.arms import arm_names

FILTERS = EXPERIMENT.filters
ARMS = arm_names(FILTERS.proportions)
FILTER_IMAGES = f"{RESULTS}/filters/images.safetensors"
CORRUPTED_IMAGES = f"{RESULTS}/filters/corrupted.safetensors"
ARM_ROBUSTNESS = [f"{RESULTS}/filters/{arm}/robustness.parquet" for arm in ARMS]
ARM_NETWORKS = [f"{RESULTS}/filters/{arm}/networks.parquet" for arm in ARMS]


wildcard_constraints:
    arm="|".join(map(re.escape, ARMS)),


use rule job as prepare_filters with:
    input:
        digits=DIGITS_FILE if FILTERS.data.source == "digits" else [],
    output:
        images=FILTER_IMAGES,
    message:
        "Images of {FILTERS.data.source} for networks with chosen filters"


use rule job as corrupt_images with:
    input:
        images=FILTER_IMAGES,
    output:
        corrupted=CORRUPTED_IMAGES,
    message:
        "Corrupted images of {FILTERS.data.source}"


use rule job as train_filters with:
    input:
        images=FILTER_IMAGES,
        corrupted=CORRUPTED_IMAGES,
    output:
        robustness_file=f"{RESULTS}/filters/{{arm}}/robustness.parquet",
        networks_file=f"{RESULTS}/filters/{{arm}}/networks.parquet",


use rule job as tabulate_filters with:
    input:
        robustness=ARM_ROBUSTNESS,
        networks=ARM_NETWORKS,
    output:
        table=table("filters"),
        corruptions=table("filters_corruptions"),


use rule job as figure_filters with:
    input:
        robustness=parquet("filters_corruptions"),
        networks=parquet("filters"),
        images=FILTER_IMAGES,
    output:
        figure("filters", "9 Frequencies and robustness", "Frequencies of filters"),
        figure("corruptions", "9 Frequencies and robustness", "All corruptions"),


# Only the abstract's network and data are known; at what scale it trained is not.
TRAINING_IMAGES = min(FILTERS.data.train, DIGITS.data.train) if FILTERS.data.source == "digits" else FILTERS.data.train
SCALES["filters"] = [
    f"{TRAINING_IMAGES:,} images of {FILTERS.data.source}, {FILTERS.epochs} epochs, {FILTERS.network}",
    # The claims are about ResNet-18.
    "reduced" if FILTERS.network == "resnet18" else "proxy",
]
JUDGED_TABLES["filters"] = parquet("filters")
TABLES_WITH_ORIGIN += [*ARM_ROBUSTNESS, *ARM_NETWORKS]
WHOLE_RUN += rules.tabulate_filters.output


rule filters:
    input:
        rules.tabulate_filters.output,
        rules.figure_filters.output,
