from srop.experiments.cifar.section import arm_settings

CIFAR = EXPERIMENT.cifar
CIFAR_ARMS = {name: arm_settings(CIFAR.arms[name]) for name in CIFAR.trained}
CIFAR_IMAGES = f"{RESULTS}/cifar/images.safetensors"
CIFAR_DATA = "CIFAR-10 as JPEG" if CIFAR.data.source == "jpeg" else "CIFAR-10"


def cifar_files(name, *, arms=CIFAR_ARMS):
    """A file of each network of these arms."""
    return [f"{RESULTS}/cifar/{arm}/seed{seed}/{name}" for arm in arms for seed in (CIFAR.seeds if CIFAR_ARMS else [])]


wildcard_constraints:
    cifar_arm="|".join(map(re.escape, ["random", *CIFAR_ARMS])),
    cifar_seed="|".join(map(str, CIFAR.seeds)),


use rule job as prepare_cifar_training with:
    output:
        images=CIFAR_IMAGES,
    params:
        script="prepare",
    message:
        "Images of {CIFAR.data.source} for natural and robust networks"


use rule job as train_cifar with:
    input:
        images=CIFAR_IMAGES,
    output:
        model=f"{RESULTS}/cifar/{{cifar_arm}}/seed{{cifar_seed}}/model.safetensors",
        metrics=f"{RESULTS}/cifar/{{cifar_arm}}/seed{{cifar_seed}}/metrics.parquet",
    params:
        arm=lambda wildcards: CIFAR_ARMS[wildcards.cifar_arm],
        name=lambda wildcards: wildcards.cifar_arm,
        seed=lambda wildcards: int(wildcards.cifar_seed),


use rule job as measure_cifar with:
    input:
        images=CIFAR_IMAGES,
        model=f"{RESULTS}/cifar/{{cifar_arm}}/seed{{cifar_seed}}/model.safetensors",
    output:
        accuracy=f"{RESULTS}/cifar/{{cifar_arm}}/seed{{cifar_seed}}/accuracy.parquet",
        cutoffs=f"{RESULTS}/cifar/{{cifar_arm}}/seed{{cifar_seed}}/cutoffs.parquet",
    params:
        arm=lambda wildcards: wildcards.cifar_arm,
        seed=lambda wildcards: int(wildcards.cifar_seed),
        data_set=CIFAR_DATA,


use rule job as tabulate_cifar with:
    input:
        metrics=cifar_files("metrics.parquet"),
        accuracy=cifar_files("accuracy.parquet"),
        cutoffs=cifar_files("cutoffs.parquet"),
    output:
        epochs_table=table("cifar_epochs"),
        accuracy_table=table("cifar"),
        cutoffs_table=table("cifar_cutoffs"),


use rule job as measure_cifar_aliasing with:
    input:
        images=CIFAR_IMAGES,
        models=cifar_files("model.safetensors"),
    output:
        table=table("cifar_aliasing"),
    params:
        arms=[arm for arm in CIFAR_ARMS for _ in CIFAR.seeds],
        seeds=list(CIFAR.seeds) * len(CIFAR_ARMS),
        data_set=CIFAR_DATA,


# Of workflow/occlusion, which measures them as it does its own networks.
CIFAR_FREQUENCIES = ["cifar_occlusion", *(f"cifar_{name}" for name in ("heat", "layers", "networks", "spectra"))]
JUDGED_CIFAR = ["cifar", "cifar_cutoffs", "cifar_epochs", *CIFAR_FREQUENCIES]
CIFAR_TABLES = [*JUDGED_CIFAR, "cifar_aliasing"]


# A figure of nothing would stand in the article.
if CIFAR_ARMS:

    use rule job as figure_cifar with:
        input:
            **{name: parquet(name) for name in ("cifar", "cifar_cutoffs", "cifar_layers", "cifar_occlusion")},
        output:
            figure("cifar", "9 Frequencies and robustness", "Natural and robust CIFAR networks"),
        params:
            data_set=CIFAR_DATA,


use rule job as record_cifar with:
    input:
        tables=[parquet(name) for name in CIFAR_TABLES],
        metrics=cifar_files("metrics.parquet"),
    params:
        # Not the name of the results: runs whose names begin with a preset's hold its other experiments.
        run_name=f"cifar-{NAME or PRESET}",
        into=untracked(PROJECT / "workflow" / "recorded"),
        command=untracked(shlex.join(["snakemake", "--cores", "all", "record_cifar", "--config", *SAME_RUN])),
    message:
        "Tables of CIFAR networks to workflow/recorded/"


# Without networks, claims about them say that nothing is measured.
SCALES["cifar"] = [
    f"ResNet-20, {CIFAR.data.train - CIFAR.data.held_out:,} images of {CIFAR_DATA}, {len(CIFAR.seeds)} seed{'s' * (len(CIFAR.seeds) > 1)}",
    # The claims are about VGG and ResNet-50.
    "proxy",
]
JUDGED_TABLES |= {name: parquet(name) if CIFAR_ARMS else [] for name in JUDGED_CIFAR}
TABLES_WITH_ORIGIN += [file for name in ("metrics", "accuracy", "cutoffs") for file in cifar_files(f"{name}.parquet")]
if CIFAR_ARMS:
    WHOLE_RUN += [*rules.tabulate_cifar.output, *rules.measure_cifar_aliasing.output]


rule cifar_networks:
    input:
        cifar_files("model.safetensors"),


rule cifar:
    input:
        [*(table(name) for name in CIFAR_TABLES), rules.figure_cifar.output] if CIFAR_ARMS else [],
