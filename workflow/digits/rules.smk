DIGITS = EXPERIMENT.digits
DIGITS_FILE = f"{RESULTS}/digits/digits.safetensors"

# w = 0 belongs to neither case: it is one run, "none", that both share.
DIGIT_SETTINGS = [(case, f"{w:g}") for w in DIGITS.w for case in ([case for case in DIGITS.cases] if w else ["none"])]
DIGIT_RUNS = [(case, w, seed) for case, w in DIGIT_SETTINGS for seed in DIGITS.seeds]
# The digit networks that were trained without a frog, if there are some.
SEEDS_WITHOUT_FROG = DIGITS.seeds if 0 in DIGITS.w else []
MODELS_WITHOUT_FROG = [f"{RESULTS}/digits/none/w0/seed{seed}/model.safetensors" for seed in SEEDS_WITHOUT_FROG]

# The digit networks of the least w: those without a frog, where there are some.
PLAIN_CASE, PLAIN_W = min(DIGIT_SETTINGS, key=lambda setting: float(setting[1]))
PLAIN_MODELS = [f"{RESULTS}/digits/{PLAIN_CASE}/w{PLAIN_W}/seed{seed}/model.safetensors" for seed in DIGITS.seeds]

# The experiment lies in digits/, each of its variants in variants/<name>/, with values of its own.
VARIANTS = dict(DIGITS.variants or {})


TRAINED = {
    "model_file": "model.safetensors",
    "metrics_file": "metrics.parquet",
    "weights_file": "conv_weights_by_epoch.safetensors",
}


def trained(folder):
    """What a training leaves in a folder, by the names that its script has for it."""
    return {name: f"{RESULTS}/{folder}/{{case}}/w{{w}}/seed{{seed}}/{file}" for name, file in TRAINED.items()}


def of_networks(name):
    """A file of each digit network of the experiment itself."""
    return [f"{RESULTS}/digits/{case}/w{w}/seed{seed}/{name}" for case, w, seed in DIGIT_RUNS]


def variant_of(wildcards, prefix):
    """Overrides of a folder's variant that start so; none for the experiment itself."""
    if wildcards.folder == "digits":
        return []
    variant = VARIANTS[wildcards.folder.removeprefix("variants/")]
    return [override for override in variant.set if override.startswith(prefix)]


def data_overrides(wildcards):
    return variant_of(wildcards, "digits.data.")


def digits_of(wildcards):
    """The digits of a folder; a variant that changes none shares the experiment's."""
    return f"{RESULTS}/{wildcards.folder if data_overrides(wildcards) else 'digits'}/digits.safetensors"


wildcard_constraints:
    variant="|".join(map(re.escape, VARIANTS)),
    folder="|".join(["digits", *(f"variants/{re.escape(name)}" for name in VARIANTS)]),
    case="|".join(sorted({case for case, w in DIGIT_SETTINGS} | {variant.case for variant in VARIANTS.values()})),
    w="|".join(re.escape(f"{w:g}") for w in {*DIGITS.w, *(variant.w for variant in VARIANTS.values())}),
    seed="|".join(map(str, DIGITS.seeds)),


use rule job as prepare_digits with:
    output:
        digits=f"{RESULTS}/{{folder}}/digits.safetensors",
    params:
        overrides=data_overrides,


use rule job as train_digits with:
    input:
        digits=digits_of,
    output:
        **trained("{folder}"),
    params:
        overrides=lambda wildcards: variant_of(wildcards, "digits.training."),


if DIGITS.networks:
    THEIRS = Path(DIGITS.networks).expanduser()
    if not THEIRS.is_dir():
        raise WorkflowError(
            f"digits.networks={DIGITS.networks}: there is no such folder; give digits/ of a run's results"
        )

    MISSING = [
        file
        for case, w, seed in DIGIT_RUNS
        for name in TRAINED.values()
        if not (file := THEIRS / case / f"w{w}" / f"seed{seed}" / name).is_file()
    ]
    if MISSING:
        raise WorkflowError(
            f"digits.networks={DIGITS.networks}: {MISSING[0]} is missing, and {len(MISSING) - 1} more; give digits/ of a run "
            "that trained all of digits.cases, digits.w and digits.seeds"
        )

    def theirs(name):
        return str(THEIRS).replace("{", "{{").replace("}", "}}") + f"/{{case}}/w{{w}}/seed{{seed}}/{name}"

    use rule job as take_digits with:
        input:
            digits=DIGITS_FILE,
            theirs=[theirs(name) for name in TRAINED.values()],
        output:
            **trained("digits"),

    # Variants are trained all the same.
    ruleorder: take_digits > train_digits


use rule job as measure_digits with:
    input:
        digits=digits_of,
        models=[f"{RESULTS}/{{folder}}/{{case}}/w{{w}}/seed{seed}/model.safetensors" for seed in DIGITS.seeds],
    output:
        srops=f"{RESULTS}/{{folder}}/{{case}}/w{{w}}/srops.parquet",
    params:
        seeds=list(DIGITS.seeds),


use rule job as measure_kappa with:
    input:
        digits=DIGITS_FILE,
        models=of_networks("model.safetensors"),
    output:
        table_file=table("kappa"),
    params:
        networks=DIGIT_RUNS,


use rule job as measure_epochs with:
    input:
        digits=DIGITS_FILE,
        weights=of_networks("conv_weights_by_epoch.safetensors"),
    output:
        table_file=table("frog_epochs"),
    params:
        networks=DIGIT_RUNS,


DIGIT_METRICS = of_networks("metrics.parquet")
DIGIT_SROPS = [f"{RESULTS}/digits/{case}/w{w}/srops.parquet" for case, w in DIGIT_SETTINGS]


use rule job as tabulate_digits with:
    input:
        metrics=DIGIT_METRICS,
        srops=DIGIT_SROPS,
    output:
        table=table("digits"),
        epochs=table("epochs"),


def variant_folder(wildcards):
    """The one setting of a variant."""
    variant = VARIANTS[wildcards.variant]
    return f"{RESULTS}/variants/{wildcards.variant}/{variant.case}/w{variant.w:g}"


use rule tabulate_digits as tabulate_variant with:
    input:
        metrics=lambda wildcards: [f"{variant_folder(wildcards)}/seed{seed}/metrics.parquet" for seed in DIGITS.seeds],
        srops=lambda wildcards: [f"{variant_folder(wildcards)}/srops.parquet"],
    output:
        table=table("variants/{variant}/digits"),
        epochs=table("variants/{variant}/epochs"),
    params:
        script="tabulate_digits",


# Next to the layer that the figures show, the other stages of the same convolution.
OTHER_LAYERS = [layer for layer in DIGITS.layers if layer != FIGURES.layer]


use rule job as figure2 with:
    input:
        digits=DIGITS_FILE,
        srops=DIGIT_SROPS,
    output:
        figure("figure2", "3 Digits", "Figure 2"),
        [multiext(f"{RESULTS}/figures/figure2-{layer}", ".svg", ".png", ".csv") for layer in OTHER_LAYERS],
    params:
        layers=[FIGURES.layer, *OTHER_LAYERS],


use rule job as figure3 with:
    input:
        table=parquet("digits"),
    output:
        figure("figure3", "3 Digits", "Figure 3"),


use rule job as figure_kappa with:
    input:
        table=parquet("kappa"),
    output:
        figure("kappa", "3 Digits", "Figure 3 for other kappa"),


SCALES["digits"] = scale(
    f"{DIGITS.data.train:,} digits, {DIGITS.training.epochs} epochs", "digits.data", "digits.training"
)
JUDGED_TABLES |= {name: parquet(name) for name in ("digits", "epochs", "frog_epochs")} | {"srops": DIGIT_SROPS}
TABLES_WITH_ORIGIN += [*DIGIT_METRICS, *DIGIT_SROPS]


rule digits:
    input:
        rules.tabulate_digits.output,
        rules.measure_kappa.output,
        rules.measure_epochs.output,
        expand(rules.tabulate_variant.output, variant=VARIANTS),


WHOLE_RUN += rules.digits.input
