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
CIFAR_NETWORKS = {name: of for name, of in CIFAR_NETWORKS.items() if of[1]}


OCCLUSION_TABLES = ("occluded", "heat", "layers", "networks", "spectrum")
ROBUST, ATTACKS = EXPERIMENT.adversarial.training, EXPERIMENT.adversarial.attacks
# Of the largest change of a pixel in training: of all networks, and of the natural one and the most robust.
EPS = [f"{eps:g}" for eps in ROBUST.eps]
PAIR = ["0", f"{max(ROBUST.eps):g}"]


def cifar_weights(wildcards):
    return ["random", *CIFAR_NETWORKS[wildcards.cifar][1]]


wildcard_constraints:
    cifar="|".join(map(re.escape, CIFAR_NETWORKS)) or "none",
    eps="|".join(map(re.escape, EPS)),


rule prepare_cifar:
    output:
        labeled=f"{RESULTS}/occlusion/cifar.safetensors",
    log:
        f"{RESULTS}/logs/prepare_cifar.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_cifar.tsv"
    params:
        tracked=tracked_by("prepare_cifar"),
        run=told("prepare_cifar"),
    message:
        "CIFAR-10's images of {OCCLUSION.cifar.source}"
    shell:
        RUN


rule measure_occlusion_digits:
    input:
        digits=rules.measure_kappa.input.digits,
        models=rules.measure_rebuilt.input.models,
    output:
        **{name: f"{RESULTS}/occlusion/digits/{name}.parquet" for name in OCCLUSION_TABLES},
    log:
        f"{RESULTS}/logs/measure_occlusion_digits.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_occlusion_digits.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_occlusion_digits"),
        run=told(
            "measure_occlusion_digits",
            weights=["trained"] * len(WITHOUT_FROG),
            seeds=WITHOUT_FROG,
            random=DIGITS.seeds,
            readings=list(READINGS),
            heat_images=OCCLUSION.heat.images,
        ),
    message:
        "Frequencies that digit networks lean on"
    shell:
        RUN


rule train_robust:
    input:
        digits=rules.measure_kappa.input.digits,
    output:
        models=[f"{RESULTS}/occlusion/eps{{eps}}/seed{seed}.safetensors" for seed in ROBUST.seeds],
        accuracy=f"{RESULTS}/occlusion/eps{{eps}}/accuracy.parquet",
    log:
        f"{RESULTS}/logs/train_robust/eps{{eps}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_robust/eps{{eps}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("train_robust"),
        run=told("train_robust", seeds=ROBUST.seeds, checkpoints=f"{RESULTS}/checkpoints/robust/eps{{eps}}"),
    message:
        "Digit networks trained under attacks of at most {wildcards.eps}"
    shell:
        RUN


use rule measure_occlusion_digits as measure_occlusion_robust with:
    input:
        digits=rules.measure_kappa.input.digits,
        models=[f"{RESULTS}/occlusion/eps{eps}/seed{seed}.safetensors" for eps in EPS for seed in ROBUST.seeds],
    output:
        **{name: f"{RESULTS}/occlusion/robust/{name}.parquet" for name in OCCLUSION_TABLES},
    log:
        f"{RESULTS}/logs/measure_occlusion_robust.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_occlusion_robust.tsv"
    params:
        tracked=tracked_by("measure_occlusion_digits"),
        run=told(
            "measure_occlusion_digits",
            weights=[f"eps{eps}" for eps in EPS for _ in ROBUST.seeds],
            seeds=list(ROBUST.seeds) * len(EPS),
            random=[],
            readings=["printed", "dft"],
            heat_images=ROBUST.heat,
        ),
    message:
        "Frequencies that networks lean on which were trained under attack"


rule attack_digits:
    input:
        digits=rules.measure_kappa.input.digits,
        model=f"{RESULTS}/occlusion/eps{{eps}}/seed{ATTACKS.seed}.safetensors",
    output:
        attacks=f"{RESULTS}/occlusion/eps{{eps}}/attacks.parquet",
        changes=f"{RESULTS}/occlusion/eps{{eps}}/changes.parquet",
        maps=f"{RESULTS}/occlusion/eps{{eps}}/maps.parquet",
        examples=f"{RESULTS}/occlusion/eps{{eps}}/attacked.safetensors",
    log:
        f"{RESULTS}/logs/attack_digits/eps{{eps}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/attack_digits/eps{{eps}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("attack_digits"),
        run=told("attack_digits", checkpoint=f"{RESULTS}/checkpoints/attacks/eps{{eps}}.pt"),
    message:
        "Attacks on the network that was trained under those of at most {wildcards.eps}"
    shell:
        RUN


rule measure_occlusion_cifar:
    input:
        labeled=rules.prepare_cifar.output.labeled,
    output:
        **{name: f"{RESULTS}/occlusion/{{cifar}}/{name}.parquet" for name in OCCLUSION_TABLES},
    log:
        f"{RESULTS}/logs/measure_occlusion_cifar/{{cifar}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_occlusion_cifar/{{cifar}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=lambda wildcards: tracked_by("measure_occlusion_cifar", architecture=f"cifar/{wildcards.cifar}"),
        weights=cifar_weights,
        run=told(
            "measure_occlusion_cifar",
            overrides=lambda wildcards: [f"architecture=cifar/{wildcards.cifar}"],
            network=lambda wildcards: wildcards.cifar,
            weights=cifar_weights,
        ),
    message:
        "Frequencies that {wildcards.cifar} leans on"
    shell:
        RUN


OCCLUSION_FOLDERS = [f"{RESULTS}/occlusion/{name}" for name in ["digits", "robust", *CIFAR_NETWORKS]]


rule tabulate_occlusion:
    input:
        occluded=[f"{folder}/occluded.parquet" for folder in OCCLUSION_FOLDERS],
        heat=[f"{folder}/heat.parquet" for folder in OCCLUSION_FOLDERS],
        layers=[f"{folder}/layers.parquet" for folder in OCCLUSION_FOLDERS],
        networks=[f"{folder}/networks.parquet" for folder in OCCLUSION_FOLDERS],
        # Of the robust ones the images are the same.
        spectra=[f"{folder}/spectrum.parquet" for folder in OCCLUSION_FOLDERS if not folder.endswith("/robust")],
        accuracy=[f"{RESULTS}/occlusion/eps{eps}/accuracy.parquet" for eps in EPS],
        attacks=[f"{RESULTS}/occlusion/eps{eps}/attacks.parquet" for eps in PAIR],
        changes=[f"{RESULTS}/occlusion/eps{eps}/changes.parquet" for eps in PAIR],
    output:
        shares=f"{RESULTS}/tables/occlusion.csv",
        shares_seal=f"{RESULTS}/tables/occlusion.csv.seal",
        heat_table=f"{RESULTS}/tables/occlusion_heat.csv",
        heat_seal=f"{RESULTS}/tables/occlusion_heat.csv.seal",
        layers_table=f"{RESULTS}/tables/occlusion_layers.csv",
        layers_seal=f"{RESULTS}/tables/occlusion_layers.csv.seal",
        networks_table=f"{RESULTS}/tables/occlusion_networks.csv",
        networks_seal=f"{RESULTS}/tables/occlusion_networks.csv.seal",
        spectra_table=f"{RESULTS}/tables/occlusion_spectra.csv",
        spectra_seal=f"{RESULTS}/tables/occlusion_spectra.csv.seal",
        robustness=f"{RESULTS}/tables/occlusion_robustness.csv",
        robustness_seal=f"{RESULTS}/tables/occlusion_robustness.csv.seal",
        attacks_table=f"{RESULTS}/tables/occlusion_attacks.csv",
        attacks_seal=f"{RESULTS}/tables/occlusion_attacks.csv.seal",
        changes_table=f"{RESULTS}/tables/occlusion_changes.csv",
        changes_seal=f"{RESULTS}/tables/occlusion_changes.csv.seal",
    log:
        f"{RESULTS}/logs/tabulate_occlusion.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_occlusion.tsv"
    params:
        tracked=tracked_by("tabulate_occlusion"),
        run=told("tabulate_occlusion"),
    message:
        "Table of the frequencies that networks lean on"
    shell:
        RUN


NETWORK_TITLES = {"digits": "digit network", **{name: of.title for name, (of, _) in CIFAR_NETWORKS.items()}}

draw(
    "figure_occlusion",
    "9 Frequencies and robustness",
    {
        "occlusion": "Occluded frequencies",
        "occlusion-example": "An image without frequencies",
        "heat": "Fourier heat maps",
    },
    tells={"titles": NETWORK_TITLES},
    digits=rules.measure_kappa.input.digits,
    scores=rules.measure_occlusion_digits.output.occluded,
    shares=rules.tabulate_occlusion.output.shares,
    spectra=rules.tabulate_occlusion.output.spectra_table,
    heat=[f"{folder}/heat.parquet" for folder in OCCLUSION_FOLDERS if not folder.endswith("/robust")],
    radial=rules.tabulate_occlusion.output.heat_table,
    layers=rules.tabulate_occlusion.output.layers_table,
)
draw(
    "figure_robust",
    "9 Frequencies and robustness",
    {"robust": "Natural and robust networks"},
    shares=rules.tabulate_occlusion.output.shares,
    robustness=rules.tabulate_occlusion.output.robustness,
    radial=rules.tabulate_occlusion.output.heat_table,
    layers=rules.tabulate_occlusion.output.layers_table,
    networks=rules.tabulate_occlusion.output.networks_table,
)
draw(
    "figure_attacks",
    "9 Frequencies and robustness",
    {"attacks": "What attacks change", "attacks-difference": "Difference spectra"},
    tells={"eps": PAIR},
    maps=[f"{RESULTS}/occlusion/eps{eps}/maps.parquet" for eps in PAIR],
    examples=[f"{RESULTS}/occlusion/eps{eps}/attacked.safetensors" for eps in PAIR],
    attacks=rules.tabulate_occlusion.input.attacks,
    changes=rules.tabulate_occlusion.output.changes_table,
    digits=rules.measure_kappa.input.digits,
)
# The paper's networks and images are others.
SCALES["occlusion"] = [
    f"{min(OCCLUSION.images, DIGITS.data.test)} digits; digit networks of this run, and {len(EPS) * len(ROBUST.seeds)} that learn "
    f"{min(ROBUST.train, DIGITS.data.train):,} digits in {ROBUST.epochs} epochs",
    "reduced",
]
JUDGED |= {
    "occlusion": rules.tabulate_occlusion.output.shares,
    "occlusion_spectra": rules.tabulate_occlusion.output.spectra_table,
    "occlusion_heat": rules.tabulate_occlusion.output.heat_table,
    "occlusion_layers": rules.tabulate_occlusion.output.layers_table,
    "occlusion_networks": rules.tabulate_occlusion.output.networks_table,
    "robustness": rules.tabulate_occlusion.output.robustness,
    "changes": rules.tabulate_occlusion.input.changes,
}
for made in ("occluded", "heat", "layers", "networks", "accuracy", "attacks", "changes"):
    WITH_ORIGIN += rules.tabulate_occlusion.input[made]
MADE += rules.tabulate_occlusion.output


rule occlusion:
    input:
        rules.tabulate_occlusion.output,
        expand(
            f"{RESULTS}/figures/{{name}}.svg",
            name=["occlusion", "occlusion-example", "heat", "robust", "attacks", "attacks-difference"],
        ),
