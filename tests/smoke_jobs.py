"""How many jobs of which rule a run of the preset smoke has, by what they follow from."""

BACKBONES = {
    rule: 1
    for rule in [
        "tabulate_backbones",
        "table1",
        "table2",
        "figure4",
        "figure5",
        "claims",
        "figure_claims",
        "provenance",
        "all",
    ]
}
AFTER_TABLE = {"figure2": 1, "figure3": 1, "claims": 1, "figure_claims": 1, "provenance": 1, "all": 1}
INTRINSIC = {"measure_intrinsic_digits": 1, "tabulate_intrinsic": 1, "figure_intrinsic": 1}
AFTER_LAYERS = AFTER_TABLE | {"measure_kappa": 1, "figure_kappa": 1, "measure_epochs": 1, "tabulate_digits": 1}
AFTER_USES = {rule: 1 for rule in ["tabulate_uses", "figure_uses", "claims", "figure_claims", "provenance", "all"]}
PENALIZED = AFTER_USES | {"penalize": 2}
USES = PENALIZED | {"remove_channels": 1, "omit_class": 1}
BANDS = {rule: 1 for rule in ["measure_bands", "figure_beyond", "provenance", "all"]}
BEYOND = {rule: 1 for rule in ["tabulate_beyond", "figure_beyond", "provenance", "all"]}
GENERATED = BEYOND | {"train_generator": 2}
LAYERS = BEYOND | {"measure_layers": 1}
AFTER_MODELS = AFTER_LAYERS | INTRINSIC | AFTER_USES | {"remove_channels": 1, "omit_class": 1} | BANDS
AFTER_CIFAR = {rule: 1 for rule in ["figure_cifar", "claims", "figure_claims", "provenance", "all"]}
LEANT_ON_CIFAR = AFTER_CIFAR | {"tabulate_occlusion_trained": 1}
# Of smoke: a natural and a robust network, and for frequencies a random one.
CIFAR_FREQUENCIES = LEANT_ON_CIFAR | {"measure_occlusion_trained": 3}
CIFAR_ACCURACY = AFTER_CIFAR | {"tabulate_cifar": 1, "measure_cifar": 2}
CIFAR = CIFAR_ACCURACY | CIFAR_FREQUENCIES | {"train_cifar": 2, "measure_cifar_aliasing": 1}
FIGURES = {
    rule: 1
    for rule in [
        *(f"figure{number}" for number in range(1, 6)),
        "figure_kappa",
        "figure_claims",
        "figure_training",
        "figure_patterns",
        "figure_association",
        "figure_learning",
        "figure_occlusion",
        "figure_robust",
        "figure_adversarial",
        "figure_filters",
        "figure_cifar",
        "figure_intrinsic",
        "figure_uses",
        "figure_beyond",
        "provenance",
        "all",
    ]
}
# Of the figures those that show no SROPs, or SROPs of one convention.
WITHOUT_CONVENTION = {"figure_claims", "figure_training", "figure_patterns", "figure_association", "figure_learning"}
WITHOUT_CONVENTION |= {"figure_occlusion", "figure_robust", "figure_adversarial", "figure_filters", "figure_uses"}
WITHOUT_CONVENTION |= {"figure_cifar", "figure_beyond"}
DIGIT_FIGURES = {rule: 1 for rule in ["figure2", "figure3", "figure_kappa", "provenance", "all"]}
AFTER_WATCHING = {
    "tabulate_training": 1,
    "figure_training": 1,
    "claims": 1,
    "figure_claims": 1,
    "provenance": 1,
    "all": 1,
}
REBUILT = {"measure_rebuilt": 1, "figure_learning": 1, "claims": 1, "figure_claims": 1, "provenance": 1, "all": 1}
LEARNING = REBUILT | {"measure_learning": 1}
PATTERNS = {"measure_patterns": 1, "figure_patterns": 1, "provenance": 1, "all": 1}
AFTER_LABELED_IMAGES = PATTERNS | {
    rule: 1 for rule in ["measure_learning", "figure_learning", "measure_association", "figure_association", "claims"]
}
AFTER_LABELED_IMAGES |= {"figure_claims": 1}
WAVELETS = LEARNING | AFTER_LABELED_IMAGES
DYNAMICS = AFTER_WATCHING | {"watch_training": 4}
LEANT_ON = {
    rule: 1
    for rule in [
        *("tabulate_occlusion", "figure_occlusion", "figure_robust"),
        *("claims", "figure_claims", "provenance", "all"),
    ]
}
FILTERS = {"tabulate_filters": 1, "figure_filters": 1, "claims": 1, "figure_claims": 1, "provenance": 1, "all": 1}
# Of smoke: two proportions, and the four that modulate.
FILTERS |= {"train_filters": 6}
OCCLUDED = LEANT_ON | {"measure_occlusion_digits": 1}
ATTACKED = {
    rule: 1
    for rule in [
        *("tabulate_adversarial", "figure_adversarial", "figure_robust"),
        *("claims", "figure_claims", "provenance", "all"),
    ]
} | {"attack_adversarial": 2}
OCCLUSION = OCCLUDED | ATTACKED | {"train_adversarial": 2, "measure_occlusion_robust": 1}
VARIANT = {"tabulate_variant": 1, "provenance": 1, "all": 1}
PROFILES = {"measure_baseline": 1, "measure_rotation": 1, "measure_backbone": 2}
IMAGES = BACKBONES | PROFILES | LAYERS | {"prepare_images": 1, "figure1": 1, "compare_photographs": 1}
MEASURES = AFTER_MODELS | VARIANT | DYNAMICS | PATTERNS | BACKBONES | PROFILES | {"measure_digits": 4}
MEASURES |= OCCLUDED | FILTERS | USES | CIFAR_FREQUENCIES | LAYERS
MEASURES |= {"measure_occlusion_robust": 1, "measure_cifar_aliasing": 1}
# Noise of one band has nothing of the measure.
del MEASURES["measure_bands"]
AFTER_TRAININGS = AFTER_MODELS | VARIANT | DYNAMICS | REBUILT | OCCLUDED | PENALIZED
AFTER_TRAININGS |= {"train_digits": 4, "measure_digits": 4}
# Follows whatever is rerun.
REPORT = {"figure_runtime": 1, "report": 1}
# May run after the figure of the run times.
LATER = ["provenance", "report"]
PREPARED = {
    "prepare_digits": 2,
    "prepare_labeled": 1,
    "prepare_filters": 1,
    "prepare_cifar_training": 1,
    "corrupt_images": 1,
    "tabulate_networks": 1,
}
EVERYTHING = MEASURES | WAVELETS | OCCLUSION | FILTERS | CIFAR | IMAGES | GENERATED | BANDS | REPORT | PREPARED
EVERYTHING |= {"train_digits": 4}
