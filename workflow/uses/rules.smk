USES = EXPERIMENT.uses
PENALTIES = [f"{weight:g}" for weight in USES.penalty.weights]

if unknown := set(USES.removal.architectures) - set(YAMLS):
    raise WorkflowError(
        f"uses.removal.architectures: config/architecture/ holds no {', '.join(sorted(unknown))}; it has {', '.join(YAMLS)}"
    )
# Networks with trained weights that are here, among those that are measured anyway.
REMOVAL_RUNS = [
    (name, weights) for name, weights in BACKBONE_RUNS if name in USES.removal.architectures and weights != "random"
]


wildcard_constraints:
    penalty="|".join(map(re.escape, PENALTIES)),


use rule job as remove_channels with:
    input:
        digits=DIGITS_FILE,
        models=PLAIN_MODELS,
    output:
        table_file=f"{RESULTS}/uses/digits-removal.parquet",
    params:
        case=PLAIN_CASE,
        w=PLAIN_W,
        seeds=list(DIGITS.seeds),


use rule job as remove_backbone_channels with:
    input:
        images=images_for,
    output:
        table_file=f"{RESULTS}/uses/{{architecture}}/{{weights}}/removal.parquet",
    params:
        overrides=architecture_override,


use rule job as remove_cifar_channels with:
    input:
        labeled=f"{RESULTS}/occlusion/cifar.safetensors",
    output:
        table_file=f"{RESULTS}/uses/cifar/{{cifar}}/removal.parquet",
    params:
        network=lambda wildcards: wildcards.cifar,
        weights=lambda wildcards: CIFAR_NETWORKS[wildcards.cifar][1],
        overrides=lambda wildcards: [f"architecture=cifar/{wildcards.cifar}"],


use rule job as omit_class with:
    input:
        digits=DIGITS_FILE,
        models=PLAIN_MODELS,
    output:
        table_file=f"{RESULTS}/uses/omission.parquet",
    params:
        case=PLAIN_CASE,
        w=PLAIN_W,
        seeds=list(DIGITS.seeds),


use rule job as penalize with:
    input:
        digits=DIGITS_FILE,
    output:
        table_file=f"{RESULTS}/uses/penalty{{penalty}}.parquet",


REMOVALS = [
    f"{RESULTS}/uses/digits-removal.parquet",
    *(f"{RESULTS}/uses/{name}/{weights}/removal.parquet" for name, weights in REMOVAL_RUNS),
    *(f"{RESULTS}/uses/cifar/{name}/removal.parquet" for name in CIFAR_NETWORKS),
]
OMISSION = f"{RESULTS}/uses/omission.parquet"
PENALIZED = [f"{RESULTS}/uses/penalty{weight}.parquet" for weight in PENALTIES]


use rule job as tabulate_uses with:
    input:
        removals=REMOVALS,
        omissions=[OMISSION],
        penalties=PENALIZED,
    output:
        removal=table("removal"),
        omission=table("omission"),
        penalty=table("penalty"),


use rule job as figure_uses with:
    input:
        removal=parquet("removal"),
        omission=parquet("omission"),
        penalty=parquet("penalty"),
    output:
        figure("removal", "7 Uses", "Removed channels"),
        figure("omission", "7 Uses", "A missing digit"),
        figure("penalty", "7 Uses", "A low SROP on purpose"),


# The paper names the uses, and did not try them at any scale.
SCALES["uses"] = [
    f"{USES.removal.images:,} and {USES.omission.images:,} digits; {USES.penalty.train:,} digits, {USES.penalty.epochs} "
    f"epochs, {len(USES.penalty.seeds)} seeds",
    "reduced",
]
JUDGED_TABLES |= {name: parquet(name) for name in ("removal", "omission", "penalty")}
TABLES_WITH_ORIGIN += [*REMOVALS, OMISSION, *PENALIZED]
WHOLE_RUN += rules.tabulate_uses.output


rule uses:
    input:
        rules.tabulate_uses.output,
        rules.figure_uses.output,
