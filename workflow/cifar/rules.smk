from srop.experiments.cifar.section import arm_settings

CIFAR = EXPERIMENT.cifar
CIFAR_ARMS = {name: arm_settings(CIFAR.arms[name]) for name in CIFAR.trained}
CIFAR_IMAGES = f"{RESULTS}/cifar/images.safetensors"


wildcard_constraints:
    cifar_arm="|".join(map(re.escape, CIFAR_ARMS)) or "none",
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


rule cifar_networks:
    input:
        expand(rules.train_cifar.output, cifar_arm=CIFAR_ARMS, cifar_seed=CIFAR.seeds),
