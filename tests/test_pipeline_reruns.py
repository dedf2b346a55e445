"""What a change reruns, and nothing else, by dry runs of the preset smoke in copies of the project."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import edit, planned, snakemake
from smoke_jobs import (
    AFTER_LABELED_IMAGES,
    AFTER_LAYERS,
    AFTER_MODELS,
    AFTER_TRAININGS,
    AFTER_USES,
    ATTACKED,
    BACKBONES,
    BANDS,
    CIFAR,
    CIFAR_ACCURACY,
    CIFAR_FREQUENCIES,
    DIGIT_FIGURES,
    DYNAMICS,
    FIGURES,
    FILTERS,
    GENERATED,
    IMAGES,
    INTRINSIC,
    LAYERS,
    LEANT_ON,
    LEARNING,
    MEASURES,
    OCCLUDED,
    OCCLUSION,
    PENALIZED,
    REBUILT,
    REPORT,
    VARIANT,
    WAVELETS,
    WITHOUT_CONVENTION,
)

pytestmark = pytest.mark.slow


def unused(file: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        with (project / file).open("a", encoding="utf-8") as code:
            code.write("\n\ndef unused():\n    return 1\n")

    return change


def touch_everything(project: Path) -> None:
    later = time.time() + 5
    for path in (
        path for folder in ("results", "srop", "workflow", "config") for path in (project / folder).rglob("*")
    ):
        os.utime(path, (later, later))


def bring_weights(project: Path) -> None:
    file = project / "torch" / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    file.parent.mkdir(parents=True)
    file.touch()


WITHOUT_FIGURE4 = {rule: jobs for rule, jobs in BACKBONES.items() if rule != "figure4"}

CHANGES = {
    "nothing": (lambda project: None, {}),
    "touch": (touch_everything, {}),
    "a comment and a docstring in a module": (edit("srop/rolloff.py", '"""', '"""# Other words. '), {}),
    "code that writes files": (edit("srop/pipeline/io.py", "%.6f", "%.7f"), {}),
    "code of the digits' figures": (
        edit("srop/experiments/digits/figures.py", "alpha=0.4", "alpha=0.5"),
        DIGIT_FIGURES,
    ),
    "the look of all figures": (edit("srop/style.py", 'style="ticks"', 'style="white"'), FIGURES),
    "an unused function in the module of the networks of libraries": (
        unused("srop/networks/build.py"),
        BACKBONES | CIFAR_FREQUENCIES | LAYERS | {"measure_backbone": 2, "tabulate_networks": 1},
    ),
    "an unused function in the module of the digit task": (unused("srop/networks/digit_task.py"), AFTER_TRAININGS),
    "an unused function in a table of backbones": (
        unused("srop/experiments/backbones/tables.py"),
        {
            rule: 1
            for rule in ["table1", "table2", "figure4", "figure5", "claims", "figure_claims", "provenance", "all"]
        },
    ),
    "code of the measure": (
        edit("srop/rolloff.py", "float32: 16", "float32: 17"),
        MEASURES | {"figure1": 1},
    ),
    "code of the claims": (
        edit("srop/experiments/digits/claims.py", "above=0.05", "above=0.06"),
        {"claims": 1, "figure_claims": 1, "provenance": 1, "all": 1},
    ),
    "code of the images": (
        edit("srop/data/images.py", "_CROP = 224 / 256", "_CROP = 223 / 256"),
        BACKBONES
        | INTRINSIC
        | AFTER_LABELED_IMAGES
        | FILTERS
        | CIFAR
        | LAYERS
        | GENERATED
        | {"prepare_cifar_training": 1, "compare_photographs": 1}
        | {"prepare_images": 1, "prepare_labeled": 1, "prepare_filters": 1, "corrupt_images": 1, "tabulate_networks": 1}
        | {"figure1": 1}
        | {"measure_baseline": 1, "measure_rotation": 1, "measure_backbone": 2},
    ),
    "an unused function in one figure's script": (
        edit("workflow/digits/figure3.py", "\n\n@stage", "\n\ndef unused():\n    pass\n\n\n@stage"),
        {"figure3": 1, "provenance": 1, "all": 1},
    ),
    "code of the device": (
        edit("srop/pipeline/device.py", "set_num_threads(1)", "set_num_threads(int(1))"),
        AFTER_MODELS
        | PENALIZED
        | VARIANT
        | DYNAMICS
        | WAVELETS
        | OCCLUSION
        | FILTERS
        | CIFAR
        | LAYERS
        | GENERATED
        | BACKBONES
        | {
            "train_digits": 4,
            "measure_digits": 4,
            "measure_baseline": 1,
            "measure_backbone": 2,
            "tabulate_networks": 1,
        },
    ),
    "constants that decide results": (
        edit("srop/experiments/intrinsic/limits.py", "TWONN_POINTS = 500", "TWONN_POINTS = 499"),
        INTRINSIC | {"claims": 1, "figure_claims": 1, "provenance": 1, "all": 1},
    ),
    "code of a script": (
        edit("workflow/digits/figure_kappa.py", "style()", "style(), style()"),
        {
            "figure_kappa": 1,
            "provenance": 1,
            "all": 1,
        },
    ),
    "figures.convention": (
        edit("config/figures.yaml", "published", "printed"),
        {rule: count for rule, count in FIGURES.items() if rule not in WITHOUT_CONVENTION} | {"table2": 1},
    ),
    "an architecture's layers": (
        edit("config/architecture/resnet18.yaml", "pool1: maxpool", "pool1: layer1"),
        BACKBONES | LAYERS | {"measure_backbone": 1, "tabulate_networks": 1},
    ),
    "backbones.architectures, one more": (
        edit("config/preset/smoke.yaml", "[alexnet, resnet18]", "[alexnet, resnet18, resnet34]"),
        WITHOUT_FIGURE4 | {"measure_backbone": 1, "tabulate_networks": 1},
    ),
    "weights that were missing": (bring_weights, WITHOUT_FIGURE4 | {"measure_backbone": 1, "tabulate_networks": 1}),
    "backbones.images": (
        edit("config/preset/smoke.yaml", "images: {count: 2}", "images: {count: 3}"),
        IMAGES | {"figure_intrinsic": 1},
    ),
    "backbones.seeds, one more": (
        edit("config/preset/smoke.yaml", "  noise: 2\n  seeds: [0]", "  noise: 2\n  seeds: [0, 1]"),
        BACKBONES | {"measure_backbone": 2},
    ),
    "digits.kappas": (
        edit("config/preset/smoke.yaml", "kappas: [0.5,", "kappas: [0.6,"),
        {"measure_kappa": 1, "figure_kappa": 1, "provenance": 1, "all": 1},
    ),
    "digits.conventions": (
        edit("config/digits.yaml", "[published, printed]", "[printed, published]"),
        AFTER_LAYERS | INTRINSIC | VARIANT | {"measure_digits": 4},
    ),
    "digits.training": (
        edit("config/digits.yaml", "lr: 0.001", "lr: 0.002"),
        AFTER_TRAININGS | LEARNING | OCCLUSION | FILTERS,
    ),
    "digits.data.frog": (
        edit("config/digits.yaml", "index: 4", "index: 7"),
        AFTER_MODELS
        | PENALIZED
        | DYNAMICS
        | REBUILT
        | OCCLUSION
        | FILTERS
        | {"prepare_filters": 1, "corrupt_images": 1}
        | GENERATED
        | {"prepare_digits": 1, "train_digits": 3, "measure_digits": 3},
    ),
    "beyond.layers": (edit("config/preset/smoke.yaml", "[resnet18], images: 1", "[resnet18], images: 2"), LAYERS),
    "beyond.bands": (edit("config/beyond.yaml", "rms: 0.3", "rms: 0.2"), BANDS),
    "beyond.photographs": (
        edit("config/beyond.yaml", "quality: 20", "quality: 30"),
        {"compare_photographs": 1, "figure_beyond": 1, "provenance": 1, "all": 1},
    ),
    "beyond.generator": (edit("config/beyond.yaml", "latent: 16", "latent: 8"), GENERATED),
    "uses.removal": (
        edit("config/preset/smoke.yaml", "shares: [0.5]", "shares: [0.4]"),
        AFTER_USES | {"remove_channels": 1},
    ),
    "uses.penalty": (edit("config/preset/smoke.yaml", "weights: [0, 1]", "weights: [0, 2]"), PENALIZED),
    "wavelets.neighbors": (
        edit("config/wavelets.yaml", "neighbors: 10", "neighbors: 9"),
        {
            rule: 1
            for rule in ["measure_association", "figure_association", "claims", "figure_claims", "provenance", "all"]
        },
    ),
    "wavelets.data": (
        edit("config/preset/smoke.yaml", "data: {count: 200}", "data: {count: 250}"),
        AFTER_LABELED_IMAGES | {"prepare_labeled": 1},
    ),
    "filters.noise": (
        edit("config/filters.yaml", "noise: 0.5", "noise: 0.4"),
        FILTERS,
    ),
    "filters.proportions, one more": (
        edit("config/preset/smoke.yaml", "proportions: [0, 1]", "proportions: [0, 0.5, 1]"),
        FILTERS | {"train_filters": 1},
    ),
    "filters.severities": (
        edit("config/filters.yaml", "severities: [3]", "severities: [4]"),
        FILTERS | {"corrupt_images": 1},
    ),
    "filters.cutoffs": (
        edit("config/filters.yaml", "cutoffs: [8, 10, 12]", "cutoffs: [8, 10, 11]"),
        FILTERS | {"tabulate_networks": 1, "figure5": 1},
    ),
    "cifar.arms": (
        edit("config/preset/smoke.yaml", "robust: {epochs: 1}", "robust: {epochs: 1, eps: 4}"),
        CIFAR | {"train_cifar": 1, "measure_cifar": 1, "measure_occlusion_trained": 1},
    ),
    "cifar.training": (edit("config/cifar.yaml", "lr: 0.2", "lr: 0.1"), CIFAR),
    "cifar.low_pass": (edit("config/preset/smoke.yaml", "cutoffs: [8, 22]", "cutoffs: [6, 22]"), CIFAR_ACCURACY),
    "cifar.frequencies": (
        edit("config/preset/smoke.yaml", "frequencies: {images: 2, heat: 1}", "frequencies: {images: 3, heat: 1}"),
        CIFAR_FREQUENCIES | {"measure_cifar_aliasing": 1},
    ),
    "adversarial.attacks": (
        edit("config/preset/smoke.yaml", "cw_searches: 1", "cw_searches: 2"),
        ATTACKED,
    ),
    "adversarial.training.eps": (
        edit("config/preset/smoke.yaml", "eps: [0, 0.3]", "eps: [0, 0.2]"),
        ATTACKED | LEANT_ON | {"train_adversarial": 1, "attack_adversarial": 1, "measure_occlusion_robust": 1},
    ),
    "a regime of the trainings that are watched": (
        edit("config/training_dynamics.yaml", "rate: 100", "rate: 10"),
        DYNAMICS | {"watch_training": 1},
    ),
    "training_dynamics.reference": (
        edit("config/preset/smoke.yaml", "reference: [1, 2]", "reference: [1, 3]"),
        DYNAMICS | {"watch_training": 1},
    ),
    "digits.w, one more": (
        edit("config/preset/smoke.yaml", "w: [0, 1]", "w: [0, 0.9, 1]"),
        AFTER_LAYERS | {"train_digits": 2, "measure_digits": 2},
    ),
    "digits.seeds, one more": (
        edit("config/preset/smoke.yaml", "w: [0, 1]\n  seeds: [0]", "w: [0, 1]\n  seeds: [0, 1]"),
        AFTER_MODELS | VARIANT | REBUILT | OCCLUDED | {"train_digits": 4, "measure_digits": 4},
    ),
    "digits.layers": (
        edit("config/digits.yaml", "layers: [conv2, relu2, pool]", "layers: [relu2, pool]"),
        AFTER_LAYERS | VARIANT | {"measure_digits": 4},
    ),
    "digits.variants, one more": (
        edit(
            "config/preset/smoke.yaml",
            "  variants:",
            "  variants:\n    sgd: {case: case2, w: 1, set: [digits.training.optimizer=sgd]}",
        ),
        VARIANT | {"train_digits": 1, "measure_digits": 1},
    ),
    "a variant's values": (
        edit("config/preset/smoke.yaml", "index=5", "index=7"),
        VARIANT | {"prepare_digits": 1, "train_digits": 1, "measure_digits": 1},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reruns_exactly(project, tmp_path, name):
    change, expected = CHANGES[name]
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    change(tmp_path)
    assert planned(tmp_path) == (expected | REPORT if expected else {})


def test_figure2_follows_its_layer_there_and_back(project, tmp_path):
    """Back at the first layer every file is there, but the main one shows the other layer."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    edit("config/figures.yaml", "layer: relu2", "layer: pool")(tmp_path)
    assert snakemake(tmp_path, "figure2").returncode == 0
    assert planned(tmp_path, "figure2") == {}
    edit("config/figures.yaml", "layer: pool", "layer: relu2")(tmp_path)
    assert planned(tmp_path, "figure2") == {"figure2": 1}


def test_settings_that_are_no_values_rerun_nothing(project):
    assert planned(project, config=("preset=smoke", "device=cpu", "set=data.root=/elsewhere")) == {}


def test_a_caption_reruns_the_report_alone(project, tmp_path):
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    edit("workflow/digits/figure3.rst", "Accuracy", "The accuracy")(tmp_path)
    assert planned(tmp_path) == {"report": 1, "all": 1}


def test_lost_figure_is_redrawn_alone(project, results):
    figure = results / "figures" / "figure3.svg"
    content = figure.read_bytes()
    figure.unlink()
    assert planned(project, "figure3") == {"figure3": 1}
    assert snakemake(project, "figure3").returncode == 0
    assert figure.read_bytes() == content
