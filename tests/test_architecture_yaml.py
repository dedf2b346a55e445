"""The YAML of an architecture: the command's reader and Hydra take the same, and say what is wrong with the rest."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from srop.networks.architecture import Architecture, read_architecture
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain

CONFIG = Path(__file__).parent.parent / "config"
FILES = sorted((CONFIG / "architecture").rglob("*.yaml"))

MINE = """
title: Mine
source: torchvision
model: resnet18
layers: {conv0: relu, resblk1.0: layer1.0}
downscaling: [conv0]
"""


@pytest.fixture
def written(tmp_path):
    def write(old: str, new: str) -> Path:
        file = tmp_path / "architecture" / "mine.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(MINE.replace(old, new, 1))
        return file

    return write


def by_hydra(file: Path) -> dict:
    return plain(OmegaConf.merge(OmegaConf.structured(Architecture), OmegaConf.load(file)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_of_ours_is_read_as_hydra_reads_it(file):
    name = str(file.relative_to(CONFIG / "architecture").with_suffix(""))
    assert read_architecture(file) == by_hydra(file) == plain(load_architecture(CONFIG, name))


@pytest.mark.parametrize(
    "more",
    [
        "arguments: {rate: 1e-3, big: 1E5, whole: 7, date: 2020-01-01, deep: {a: [1, null, yes]}}",
        "arguments: &a {x: 1}\nlayout: NHWC",
        "mean: [0, 1, 0.5]\nstd: ['0.5', 1e-1, 1]",
        "input_size: '32'",
        "weights: {m: {file: b, sha256: '" + 64 * "0" + "', megabytes: 3}}",
        "weights: {random: null}",
        "layout: {conv0: NHWC}",
        "grid: 7x7",
        "grid: {conv0: [7, 7]}",
        "presets: [paper]",
    ],
)
def test_values_are_read_as_hydra_reads_them(written, more):
    file = written("title", f"{more}\ntitle")
    assert read_architecture(file) == by_hydra(file)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("layers:", "laysers:", "architecture.laysers: there is no such key; there are title, source, model"),
        ("torchvision", "torchvison", "architecture.source=torchvison: there are torchvision, timm, antialiased_cnns"),
        ("model: resnet18\n", "", "architecture.model=None: it is required"),
        ("Mine", "???", "architecture.title=None: it is required"),
        ("Mine", "null", "architecture.title=None: give a text"),
        ("Mine", "[a]", r"architecture.title=\['a'\]: give a text"),
        ("Mine", "a\ntitle: b", "found duplicate key title.*line 3"),
        ("title", "input_size: 24.5\ntitle", "architecture.input_size=24.5: give a whole number"),
        ("title", "input_size: true\ntitle", "architecture.input_size=True: give a whole number"),
        ("title", "input_size: 3\ntitle", "architecture.input_size=3: a spectrum needs at least 4 x 4"),
        ("title", "mean: [a, 0, 0]\ntitle", r"architecture.mean\[0\]=a: give a number"),
        ("title", "mean: 0.5\ntitle", "architecture.mean=0.5: give a list"),
        ("relu", "null", "architecture.layers.conv0=None: give a text"),
        ("relu, ", "relu, 5: features.0, ", "architecture.layers.5: a name is a text; put it in quotes"),
        ("[conv0]", "conv0", "architecture.downscaling=conv0: give a list"),
        ("[conv0]", "[conv1]", r"architecture.downscaling=\['conv1'\]: there are conv0, resblk1.0"),
        ("title", "weights: {a: b.pth}\ntitle", "architecture.weights.a=b.pth: give a mapping"),
        ("title", "weights: {a: {set: b}}\ntitle", "architecture.weights.a.file=None: it is required"),
        ("title", "weights: {a: {fle: b}}\ntitle", "architecture.weights.a.fle: there is no such key; there are file"),
        ("title", "weights: {v1.0: {file: b}}\ntitle", "weights.v1.0.sha256=None: a file that is not in a library's"),
        ("title", "weights: {a/b: {file: b, set: c}}\ntitle", "weights.a/b=.*: its name becomes a folder"),
        ("title", "weights: {a: null}\ntitle", "architecture.weights.a=None: random weights, and only they"),
        ("title", "layout: [NCHW]\ntitle", r"architecture.layout=\['NCHW'\]: give NCHW or NHWC"),
        ("title", "layout: {conv0: [NCHW]}\ntitle", "architecture.layout=.*: give NCHW or NHWC"),
        ("title", "grid: 7by7\ntitle", "architecture.grid=7by7: grid '7by7': write it as '14x14'"),
        ("title", "grid: {conv9: 7}\ntitle", "architecture.grid=.*: grid names 'conv9', which is no layer here"),
        ("title", "presets: paper\ntitle", "architecture.presets=paper: give a list"),
    ],
)
def test_command_and_pipeline_say_the_same_of_a_mistake(written, tmp_path, old, new, message):
    file = written(old, new)
    for read in (lambda: read_architecture(file), lambda: load_architecture(tmp_path, "mine")):
        with pytest.raises(ValueError, match=rf"(?s)mine\.yaml: .*{message}"):
            read()


@pytest.mark.parametrize("text", ["", "[]", "a", "{", "\x00", "3"])
def test_a_file_that_is_no_architecture_is_refused(tmp_path, text):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"mine\.yaml: "):
        read_architecture(tmp_path / "mine.yaml")


def test_interpolation_is_the_pipelines(written, tmp_path, monkeypatch):
    file = written("resnet18", "${oc.env:SROP_MODEL}")
    monkeypatch.setenv("SROP_MODEL", "resnet34")
    assert load_architecture(tmp_path, "mine").model == "resnet34"
    with pytest.raises(ValueError, match=r"architecture\.model holds \$\{\.\.\.\}, which the pipeline alone fills in"):
        read_architecture(file)
