ADVERSARIAL = EXPERIMENT.adversarial
# Of the largest change of a pixel in training: of all networks, and of the natural one and the most robust.
EPS = [f"{eps:g}" for eps in ADVERSARIAL.training.eps]
NATURAL_AND_ROBUST = ["0", f"{max(ADVERSARIAL.training.eps):g}"]
ADVERSARIAL_SEEDS = list(ADVERSARIAL.training.seeds)
ADVERSARIAL_MODELS = [
    f"{RESULTS}/adversarial/eps{eps}/seed{seed}.safetensors" for eps in EPS for seed in ADVERSARIAL_SEEDS
]


wildcard_constraints:
    eps="|".join(map(re.escape, EPS)),


use rule job as train_adversarial with:
    input:
        digits=DIGITS_FILE,
    output:
        models=[f"{RESULTS}/adversarial/eps{{eps}}/seed{seed}.safetensors" for seed in ADVERSARIAL_SEEDS],
        accuracy=f"{RESULTS}/adversarial/eps{{eps}}/accuracy.parquet",
    params:
        seeds=ADVERSARIAL_SEEDS,


use rule job as attack_adversarial with:
    input:
        digits=DIGITS_FILE,
        model=f"{RESULTS}/adversarial/eps{{eps}}/seed{ADVERSARIAL.attacks.seed}.safetensors",
    output:
        tables=[f"{RESULTS}/adversarial/eps{{eps}}/{name}.parquet" for name in ("attacks", "changes", "maps")],
        examples=f"{RESULTS}/adversarial/eps{{eps}}/attacked.safetensors",


def attacked(name):
    """A file of the attacks on the natural and on the most robust network."""
    return [f"{RESULTS}/adversarial/eps{eps}/{name}" for eps in NATURAL_AND_ROBUST]


ADVERSARIAL_ACCURACY = [f"{RESULTS}/adversarial/eps{eps}/accuracy.parquet" for eps in EPS]


use rule job as tabulate_adversarial with:
    input:
        accuracy=ADVERSARIAL_ACCURACY,
        attacks=attacked("attacks.parquet"),
        changes=attacked("changes.parquet"),
    output:
        robustness=table("occlusion_robustness"),
        attacks_table=table("occlusion_attacks"),
        changes_table=table("occlusion_changes"),


use rule job as figure_adversarial with:
    input:
        maps=attacked("maps.parquet"),
        examples=attacked("attacked.safetensors"),
        attacks=attacked("attacks.parquet"),
        changes=parquet("occlusion_changes"),
        digits=DIGITS_FILE,
    output:
        figure("attacks", "9 Frequencies and robustness", "What attacks change"),
        figure("attacks-difference", "9 Frequencies and robustness", "Difference spectra"),
    params:
        eps=NATURAL_AND_ROBUST,


JUDGED_TABLES |= {"robustness": parquet("occlusion_robustness"), "changes": attacked("changes.parquet")}
TABLES_WITH_ORIGIN += [*ADVERSARIAL_ACCURACY, *attacked("attacks.parquet"), *attacked("changes.parquet")]
WHOLE_RUN += rules.tabulate_adversarial.output


rule adversarial:
    input:
        rules.tabulate_adversarial.output,
        rules.figure_adversarial.output,
