from srop.experiments.filters.arms import arm_names

FILTERS = EXPERIMENT.filters
ARMS = arm_names(FILTERS.proportions)


wildcard_constraints:
    arm="|".join(map(re.escape, ARMS)),


rule prepare_filters:
    input:
        digits=rules.measure_kappa.input.digits if FILTERS.data.source == "digits" else [],
    output:
        images=f"{RESULTS}/filters/images.safetensors",
    log:
        f"{RESULTS}/logs/prepare_filters.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_filters.tsv"
    params:
        tracked=tracked_by("prepare_filters"),
        run=told("prepare_filters"),
    message:
        "Images of {FILTERS.data.source} for networks with chosen filters"
    shell:
        RUN


rule corrupt_images:
    input:
        images=rules.prepare_filters.output.images,
    output:
        corrupted=f"{RESULTS}/filters/corrupted.safetensors",
    log:
        f"{RESULTS}/logs/corrupt_images.log",
    benchmark:
        f"{RESULTS}/benchmarks/corrupt_images.tsv"
    params:
        tracked=tracked_by("corrupt_images"),
        run=told("corrupt_images"),
    message:
        "Corrupted images of {FILTERS.data.source}"
    shell:
        RUN


rule train_filters:
    input:
        images=rules.prepare_filters.output.images,
        corrupted=rules.corrupt_images.output.corrupted,
    output:
        robustness=f"{RESULTS}/filters/{{arm}}/robustness.parquet",
        networks=f"{RESULTS}/filters/{{arm}}/networks.parquet",
    log:
        f"{RESULTS}/logs/train_filters/{{arm}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_filters/{{arm}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("train_filters"),
        run=told("train_filters", checkpoints=f"{RESULTS}/checkpoints/filters"),
    message:
        "Networks with chosen filters: {wildcards.arm}"
    shell:
        RUN


rule tabulate_filters:
    input:
        robustness=expand(rules.train_filters.output.robustness, arm=ARMS),
        networks=expand(rules.train_filters.output.networks, arm=ARMS),
    output:
        table=f"{RESULTS}/tables/filters.csv",
        seal=f"{RESULTS}/tables/filters.csv.seal",
        corruptions=f"{RESULTS}/tables/filters_corruptions.csv",
        corruptions_seal=f"{RESULTS}/tables/filters_corruptions.csv.seal",
    log:
        f"{RESULTS}/logs/tabulate_filters.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_filters.tsv"
    params:
        tracked=tracked_by("tabulate_filters"),
        run=told("tabulate_filters"),
    message:
        "Table of the networks with chosen filters"
    shell:
        RUN


draw(
    "figure_filters",
    "9 Frequencies and robustness",
    {"filters": "Frequencies of filters", "corruptions": "All corruptions"},
    robustness=rules.tabulate_filters.output.corruptions,
    networks=rules.tabulate_filters.output.table,
    images=rules.prepare_filters.output.images,
)
# Only the abstract's network and data are known; at what scale it trained is not.
LEARNED = min(FILTERS.data.train, DIGITS.data.train) if FILTERS.data.source == "digits" else FILTERS.data.train
SCALES["filters"] = [
    f"{LEARNED:,} images of {FILTERS.data.source}, {FILTERS.epochs} epochs, {FILTERS.network}",
    "reduced",
]
JUDGED["filters"] = rules.tabulate_filters.output.table
WITH_ORIGIN += [*rules.tabulate_filters.input.robustness, *rules.tabulate_filters.input.networks]
MADE += rules.tabulate_filters.output


rule filters:
    input:
        rules.tabulate_filters.output,
        expand(f"{RESULTS}/figures/{{name}}.svg", name=["filters", "corruptions"]),
