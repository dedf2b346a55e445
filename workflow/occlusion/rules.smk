from srop.experiments.occlusion.readings import READINGS

OCCLUSION = EXPERIMENT.occlusion

# Networks for CIFAR's images, by their YAMLs. One without its weights is left out: a random one alone says nothing.
CIFAR_NETWORKS = {
    name: (architecture, sets)
    for name in sorted(file.stem for file in (CONFIG / "architecture" / "cifar").glob("*.yaml"))
    for architecture in [network(f"cifar/{name}")]
    for sets in [[key for key in architecture.weights if key != "random" and weights_file(architecture, key).is_file()]]
}
for name, (architecture, sets) in CIFAR_NETWORKS.items():
    if not sets:
        files = ", ".join(chosen.file for chosen in architecture.weights.values() if chosen)
        logger.info(f"Occlusion leaves out {architecture.title}: its weights {files} are not there.")
CIFAR_NETWORKS = {name: network for name, network in CIFAR_NETWORKS.items() if network[1]}


OCCLUSION_TABLES = ("occluded", "heat", "layers", "networks", "spectrum")
OCCLUSION_SUMMARIES = ["occlusion", *(f"occlusion_{name}" for name in ("heat", "layers", "networks", "spectra"))]
OCCLUSION_FOLDERS = [f"{RESULTS}/occlusion/{name}" for name in ("digits", "robust", *CIFAR_NETWORKS)]


def occlusion_files(name, *, robust=True):
    """A table of each group of networks; the robust ones share the digits' images."""
    return [f"{folder}/{name}.parquet" for folder in OCCLUSION_FOLDERS if robust or not folder.endswith("/robust")]


wildcard_constraints:
    cifar="|".join(map(re.escape, CIFAR_NETWORKS)) or "none",


use rule job as prepare_cifar with:
    output:
        labeled=f"{RESULTS}/occlusion/cifar.safetensors",
    message:
        "CIFAR-10's images of {OCCLUSION.cifar.source}"


use rule job as measure_occlusion_digits with:
    input:
        digits=DIGITS_FILE,
        models=MODELS_WITHOUT_FROG,
    output:
        tables=[f"{RESULTS}/occlusion/digits/{name}.parquet" for name in OCCLUSION_TABLES],
    params:
        weights=["trained"] * len(SEEDS_WITHOUT_FROG),
        seeds=list(SEEDS_WITHOUT_FROG),
        random=list(DIGITS.seeds),
        readings=list(READINGS),
        heat_images=OCCLUSION.heat.images,


use rule measure_occlusion_digits as measure_occlusion_robust with:
    input:
        digits=DIGITS_FILE,
        models=ADVERSARIAL_MODELS,
    output:
        tables=[f"{RESULTS}/occlusion/robust/{name}.parquet" for name in OCCLUSION_TABLES],
    params:
        script="measure_digits",
        weights=[f"eps{eps}" for eps in EPS for _ in ADVERSARIAL_SEEDS],
        seeds=ADVERSARIAL_SEEDS * len(EPS),
        random=[],
        readings=["printed", "dft"],
        heat_images=ADVERSARIAL.training.heat,
    message:
        "Frequencies that networks lean on which were trained under attack"


use rule job as measure_occlusion_cifar with:
    input:
        labeled=f"{RESULTS}/occlusion/cifar.safetensors",
    output:
        tables=[f"{RESULTS}/occlusion/{{cifar}}/{name}.parquet" for name in OCCLUSION_TABLES],
    params:
        network=lambda wildcards: wildcards.cifar,
        weights=lambda wildcards: ["random", *CIFAR_NETWORKS[wildcards.cifar][1]],
        overrides=lambda wildcards: [f"architecture=cifar/{wildcards.cifar}"],


use rule job as tabulate_occlusion with:
    input:
        occluded=occlusion_files("occluded"),
        heat=occlusion_files("heat"),
        layers=occlusion_files("layers"),
        networks=occlusion_files("networks"),
        spectra=occlusion_files("spectrum", robust=False),
    output:
        [table(name) for name in OCCLUSION_SUMMARIES],


use rule job as figure_occlusion with:
    input:
        digits=DIGITS_FILE,
        scores=f"{RESULTS}/occlusion/digits/occluded.parquet",
        shares=parquet("occlusion"),
        spectra=parquet("occlusion_spectra"),
        heat=occlusion_files("heat", robust=False),
        radial=parquet("occlusion_heat"),
        layers=parquet("occlusion_layers"),
    output:
        figure("occlusion", "9 Frequencies and robustness", "Occluded frequencies"),
        figure("occlusion-example", "9 Frequencies and robustness", "An image without frequencies"),
        figure("heat", "9 Frequencies and robustness", "Fourier heat maps"),
    params:
        titles={"digits": "digit network", **{name: network.title for name, (network, _) in CIFAR_NETWORKS.items()}},


use rule job as figure_robust with:
    input:
        shares=parquet("occlusion"),
        robustness=parquet("occlusion_robustness"),
        radial=parquet("occlusion_heat"),
        layers=parquet("occlusion_layers"),
        networks=parquet("occlusion_networks"),
    output:
        figure("robust", "9 Frequencies and robustness", "Natural and robust networks"),


use rule job as measure_occlusion_trained with:
    input:
        images=CIFAR_IMAGES,
        model=lambda wildcards: (
            # Any network says by which statistics images are normalized.
            cifar_files("model.safetensors")[0]
            if wildcards.cifar_arm == "random"
            else f"{RESULTS}/cifar/{wildcards.cifar_arm}/seed{wildcards.cifar_seed}/model.safetensors"
        ),
    output:
        tables=[
            f"{RESULTS}/cifar/{{cifar_arm}}/seed{{cifar_seed}}/frequencies/{name}.parquet" for name in OCCLUSION_TABLES
        ],
    params:
        script="measure_trained",
        arm=lambda wildcards: wildcards.cifar_arm,
        seed=lambda wildcards: int(wildcards.cifar_seed),
        data_set=CIFAR_DATA,
        antialiased=lambda wildcards: (
            wildcards.cifar_arm in CIFAR_ARMS and CIFAR_ARMS[wildcards.cifar_arm]["antialiased"]
        ),
        overrides=["architecture=cifar/resnet20"],


def trained_files(name):
    """A table of each CIFAR network of this run, and of random ones."""
    return cifar_files(f"frequencies/{name}.parquet", arms=["random", *CIFAR_ARMS])


use rule tabulate_occlusion as tabulate_occlusion_trained with:
    input:
        occluded=trained_files("occluded"),
        heat=trained_files("heat"),
        layers=trained_files("layers"),
        networks=trained_files("networks"),
        # All are measured on the same images.
        spectra=trained_files("spectrum")[:1],
    output:
        [table(name) for name in CIFAR_FREQUENCIES],
    params:
        script="tabulate_occlusion",


# The paper's networks and images are others.
SCALES["occlusion"] = [
    f"{min(OCCLUSION.images, DIGITS.data.test)} digits; digit networks of this run, and {len(ADVERSARIAL_MODELS)} that learn "
    f"{min(ADVERSARIAL.training.train, DIGITS.data.train):,} digits in {ADVERSARIAL.training.epochs} epochs",
    # The claims are about VGG and ResNet-50.
    "proxy",
]
JUDGED_TABLES |= {name: parquet(name) for name in OCCLUSION_SUMMARIES}
TABLES_WITH_ORIGIN += [file for name in OCCLUSION_TABLES[:4] for file in occlusion_files(name) + trained_files(name)]
WHOLE_RUN += rules.tabulate_occlusion.output
if CIFAR_ARMS:
    WHOLE_RUN += rules.tabulate_occlusion_trained.output


rule occlusion:
    input:
        rules.tabulate_occlusion.output,
        rules.figure_occlusion.output,
        rules.figure_robust.output,
