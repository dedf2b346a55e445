
DIGITS = EXPERIMENT.digits

# w = 0 belongs to neither case: it is one run, "none", that both share.
DIGIT_SETTINGS = [
    (case, f"{w:g}") for w in DIGITS.w for case in (list(DIGITS.cases) if w else ["none"])
]
DIGIT_RUNS = [(case, w, seed) for case, w in DIGIT_SETTINGS for seed in DIGITS.seeds]

# The experiment lies in digits/, each of its variants in a folder beside it, with values of its own.
VARIANTS = dict(DIGITS.variants or {})


def variant_of(wildcards, prefix):
    """Overrides of a folder's variant that start so; none for the experiment itself."""
    if wildcards.folder == "digits":
        return []
    variant = VARIANTS[wildcards.folder.removeprefix("variants/")]
    return [override for override in variant.set if override.startswith(prefix)]


def data_overrides(wildcards):
    return variant_of(wildcards, "digits.data.")


def training_overrides(wildcards):
    return variant_of(wildcards, "digits.training.")


def digits_of(wildcards):
    """The digits of a folder; a variant that changes none shares the experiment's."""
    return f"{RESULTS}/{wildcards.folder if data_overrides(wildcards) else 'digits'}/digits.safetensors"


wildcard_constraints:
    variant="|".join(map(re.escape, VARIANTS)),
    folder="|".join(["digits", *(f"variants/{re.escape(name)}" for name in VARIANTS)]),
    case="|".join(sorted({case for case, w in DIGIT_SETTINGS} | {variant.case for variant in VARIANTS.values()})),
    w="|".join(re.escape(f"{w:g}") for w in {*DIGITS.w, *(variant.w for variant in VARIANTS.values())}),
    seed="|".join(map(str, DIGITS.seeds)),


rule prepare_digits:
    output:
        digits=f"{RESULTS}/{{folder}}/digits.safetensors",
    log:
        f"{RESULTS}/logs/prepare_digits/{{folder}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_digits/{{folder}}.tsv"
    params:
        tracked=lambda wildcards: tracked_by("prepare_digits", *data_overrides(wildcards)),
        run=told("prepare_digits", overrides=data_overrides),
    message:
        "Digits and frog as tensors for {wildcards.folder}"
    shell:
        RUN


rule train_digits:
    input:
        digits=digits_of,
    output:
        model=f"{RESULTS}/{{folder}}/{{case}}/w{{w}}/seed{{seed}}/model.safetensors",
        metrics=f"{RESULTS}/{{folder}}/{{case}}/w{{w}}/seed{{seed}}/metrics.parquet",
        conv_weights_by_epoch=f"{RESULTS}/{{folder}}/{{case}}/w{{w}}/seed{{seed}}/conv_weights_by_epoch.safetensors",
    log:
        f"{RESULTS}/logs/train_digits/{{folder}}/{{case}}/w{{w}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_digits/{{folder}}/{{case}}/w{{w}}/seed{{seed}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=lambda wildcards: tracked_by("train_digits", *training_overrides(wildcards)),
        run=told(
            "train_digits",
            overrides=training_overrides,
            # No output: Snakemake deletes those before it reruns a job.
            checkpoint=f"{RESULTS}/checkpoints/{{folder}}/{{case}}/w{{w}}/seed{{seed}}.pt",
        ),
    message:
        "Training in {wildcards.folder} on {wildcards.case}, w = {wildcards.w}, seed {wildcards.seed}"
    shell:
        RUN


if DIGITS.networks:
    THEIRS = Path(DIGITS.networks).expanduser()
    if not THEIRS.is_dir():
        raise WorkflowError(
            f"digits.networks={DIGITS.networks}: there is no such folder; give digits/ of a run's results"
        )

    MISSING = [
        file
        for case, w, seed in DIGIT_RUNS
        for name in ("model.safetensors", "metrics.parquet", "conv_weights_by_epoch.safetensors")
        if not (file := THEIRS / case / f"w{w}" / f"seed{seed}" / name).is_file()
    ]
    if MISSING:
        raise WorkflowError(
            f"digits.networks={DIGITS.networks}: {MISSING[0]} is missing, and {len(MISSING) - 1} more; give digits/ of a run "
            "that trained all of digits.cases, digits.w and digits.seeds"
        )

    def theirs(name):
        return str(THEIRS).replace("{", "{{").replace("}", "}}") + str(
            Path("/") / "{case}" / "w{w}" / "seed{seed}" / name
        )

    rule take_digits:
        input:
            digits=f"{RESULTS}/digits/digits.safetensors",
            their_model=theirs("model.safetensors"),
            their_metrics=theirs("metrics.parquet"),
            their_weights=theirs("conv_weights_by_epoch.safetensors"),
        output:
            model=f"{RESULTS}/digits/{{case}}/w{{w}}/seed{{seed}}/model.safetensors",
            metrics=f"{RESULTS}/digits/{{case}}/w{{w}}/seed{{seed}}/metrics.parquet",
            conv_weights_by_epoch=f"{RESULTS}/digits/{{case}}/w{{w}}/seed{{seed}}/conv_weights_by_epoch.safetensors",
        log:
            f"{RESULTS}/logs/take_digits/{{case}}/w{{w}}/seed{{seed}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/take_digits/{{case}}/w{{w}}/seed{{seed}}.tsv"
        params:
            tracked=tracked_by("take_digits"),
            run=told("take_digits"),
        message:
            "Network of another run on {wildcards.case}, w = {wildcards.w}, seed {wildcards.seed}"
        shell:
            RUN

    # Variants are trained all the same.
    ruleorder: take_digits > train_digits


rule measure_digits:
    input:
        digits=digits_of,
        models=expand(
            f"{RESULTS}/{{folder}}/{{case}}/w{{w}}/seed{{seed}}/model.safetensors",
            seed=DIGITS.seeds,
            allow_missing=True,
        ),
    output:
        srops=f"{RESULTS}/{{folder}}/{{case}}/w{{w}}/srops.parquet",
    log:
        f"{RESULTS}/logs/measure_digits/{{folder}}/{{case}}/w{{w}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_digits/{{folder}}/{{case}}/w{{w}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_digits"),
        run=told("measure_digits", seeds=DIGITS.seeds),
    message:
        "SROPs in {wildcards.folder} of {wildcards.case}, w = {wildcards.w}"
    shell:
        RUN


# An entry for each network.
OF_NETWORKS = dict(zip(("cases", "w", "seeds"), map(list, zip(*DIGIT_RUNS, strict=True)), strict=True))


rule measure_kappa:
    input:
        digits=f"{RESULTS}/digits/digits.safetensors",
        models=[f"{RESULTS}/digits/{case}/w{w}/seed{seed}/model.safetensors" for case, w, seed in DIGIT_RUNS],
    output:
        table=f"{RESULTS}/tables/kappa.csv",
        seal=f"{RESULTS}/tables/kappa.csv.seal",
    log:
        f"{RESULTS}/logs/measure_kappa.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_kappa.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_kappa"),
        run=told("measure_kappa", **OF_NETWORKS),
    message:
        "The frog's SROPs over kappa"
    shell:
        RUN


rule measure_epochs:
    input:
        digits=rules.measure_kappa.input.digits,
        conv_weights_by_epoch=[
            f"{RESULTS}/digits/{case}/w{w}/seed{seed}/conv_weights_by_epoch.safetensors"
            for case, w, seed in DIGIT_RUNS
        ],
    output:
        table=f"{RESULTS}/tables/frog_epochs.csv",
        seal=f"{RESULTS}/tables/frog_epochs.csv.seal",
    log:
        f"{RESULTS}/logs/measure_epochs.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_epochs.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_epochs"),
        run=told("measure_epochs", **OF_NETWORKS),
    message:
        "The frog's SROPs over the epochs"
    shell:
        RUN


rule tabulate_digits:
    input:
        metrics=[f"{RESULTS}/digits/{case}/w{w}/seed{seed}/metrics.parquet" for case, w, seed in DIGIT_RUNS],
        srops=[f"{RESULTS}/digits/{case}/w{w}/srops.parquet" for case, w in DIGIT_SETTINGS],
    output:
        table=f"{RESULTS}/tables/digits.csv",
        seal=f"{RESULTS}/tables/digits.csv.seal",
        epochs=f"{RESULTS}/tables/epochs.csv",
        epochs_seal=f"{RESULTS}/tables/epochs.csv.seal",
    log:
        f"{RESULTS}/logs/tabulate_digits.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_digits.tsv"
    params:
        tracked=tracked_by("tabulate_digits"),
        run=told("tabulate_digits"),
    message:
        "Table of all digit networks"
    shell:
        RUN


use rule tabulate_digits as tabulate_variant with:
    input:
        metrics=lambda wildcards: [
            f"{RESULTS}/variants/{wildcards.variant}/{variant.case}/w{variant.w:g}/seed{seed}/metrics.parquet"
            for variant in [VARIANTS[wildcards.variant]]
            for seed in DIGITS.seeds
        ],
        srops=lambda wildcards: [
            f"{RESULTS}/variants/{wildcards.variant}/{variant.case}/w{variant.w:g}/srops.parquet"
            for variant in [VARIANTS[wildcards.variant]]
        ],
    output:
        table=f"{RESULTS}/tables/variants/{{variant}}/digits.csv",
        seal=f"{RESULTS}/tables/variants/{{variant}}/digits.csv.seal",
        epochs=f"{RESULTS}/tables/variants/{{variant}}/epochs.csv",
        epochs_seal=f"{RESULTS}/tables/variants/{{variant}}/epochs.csv.seal",
    log:
        f"{RESULTS}/logs/tabulate_variant/{{variant}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_variant/{{variant}}.tsv"
    message:
        "Table of the variant {wildcards.variant}"


# Beside the layer that the figures show, the other stages of the same convolution.
BESIDE = [layer for layer in DIGITS.layers if layer != FIGURES.layer]

draw(
    "figure2",
    "3 Digits",
    {"figure2": "Figure 2"},
    beside=[f"figure2-{layer}" for layer in BESIDE],
    tells={"layers": [FIGURES.layer, *BESIDE]},
    digits=rules.measure_kappa.input.digits,
    srops=rules.tabulate_digits.input.srops,
)
draw("figure3", "3 Digits", {"figure3": "Figure 3"}, table=rules.tabulate_digits.output.table)
draw("figure_kappa", "3 Digits", {"kappa": "Figure 3 for other kappa"}, table=rules.measure_kappa.output.table)

SCALES["digits"] = scale(
    f"{DIGITS.data.train:,} digits, {DIGITS.training.epochs} epochs", "digits.data", "digits.training"
)
JUDGED |= {
    "digits": rules.tabulate_digits.output.table,
    "epochs": rules.tabulate_digits.output.epochs,
    "frog_epochs": rules.measure_epochs.output.table,
    "srops": rules.tabulate_digits.input.srops,
}
WITH_ORIGIN += [*rules.tabulate_digits.input.metrics, *rules.tabulate_digits.input.srops]


rule digits:
    input:
        rules.tabulate_digits.output,
        rules.measure_kappa.output,
        rules.measure_epochs.output,
        expand(rules.tabulate_variant.output, variant=VARIANTS),


MADE += rules.digits.input
