"""The commands bands and aliasing, from end to end."""

import json

import pandas as pd
import pytest
import torch
from PIL import Image

from srop import aliasing, band_accuracy
from srop.cli import main
from srop.data.images import read_image
from srop.networks.named import load, network_spec

NETWORKS = """
from torch import nn


def plain():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 3),
    )


def blurred():
    from antialiased_cnns import BlurPool

    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), BlurPool(4, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 3),
    )


def flat():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
"""
SMALL = ("--weights", "random", "--size", "16", "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NETWORKS)
    (tmp_path / "photos").mkdir()
    for place in range(3):
        Image.effect_noise((20, 20), 30 + 30 * place).convert("RGB").save(tmp_path / "photos" / f"{place}.png")

    def call(command: str, network: str, *options: str) -> tuple[int, str, str]:
        code = main([command, f"nets.py:{network}", "photos", *SMALL, *options])
        return code, *capsys.readouterr()

    return call


def loaded(name: str) -> tuple[torch.nn.Module, torch.Tensor]:
    network = load(network_spec(f"nets.py:{name}"), "random").network
    return network, torch.stack([read_image(f"photos/{place}.png", 16, resize=18) for place in range(3)]) / 255


def test_bands(run, tmp_path):
    code, out, err = run("bands", "plain", "--width", "0.25", "--norm", "0.3", "--draws", "2")
    assert (code, err) == (0, "")
    assert "Accuracy without noise is 1.00" in out
    table = pd.read_csv(tmp_path / "srop-plain-bands.csv")
    network, images = loaded("plain")
    normalize = lambda images: (images - 0.5) / 0.25  # noqa: E731
    labels = network(normalize(images)).argmax(dim=1)
    options = {"norm": 0.3, "norm_of": "rms", "width": 0.25, "draws": 2}
    expected = band_accuracy(network, images, labels, normalize=normalize, **options)
    pd.testing.assert_frame_equal(table.drop(columns="origin"), expected, check_dtype=False, rtol=1e-5)
    record = json.loads((tmp_path / "srop-plain-bands.json").read_text())
    assert {name: record[name] for name in options} == options
    assert Image.open(tmp_path / "srop-plain-bands.png").size[0] > 300


def test_the_norm_of_the_bands_is_by_default_that_of_the_heat_map(run, tmp_path):
    run(
        "bands",
        "plain",
        "--norm-of",
        "l2",
        "--bands",
        "squares",
        "--distribution",
        "sign",
        "--space",
        "input",
        "--gray",
    )
    record = json.loads((tmp_path / "srop-plain-bands.json").read_text())
    assert record["norm"] == pytest.approx(0.07 * 16 * 3**0.5)
    assert (record["bands"], record["distribution"], record["space"]) == ("squares", "sign", "input")
    code, _, err = run("bands", "plain", "--space", "input", "--clip", "--force")
    assert (code, "only pixels lie in [0, 1]" in err) == (1, True)


def test_aliasing(run, tmp_path):
    code, out, err = run("aliasing", "plain", "--second", "nets.py:blurred", "--second-weights", "random")
    assert (code, err) == (0, "")
    assert "plain, weights: random, seed 0:\n" in out
    table = pd.read_csv(tmp_path / "srop-plain-aliasing.csv")
    assert table["network"].tolist() == ["plain", "plain", "blurred"]
    assert table["kind"].tolist() == ["convolution", "max pool", "blur"]
    network, images = loaded("plain")
    expected = aliasing(network, [(images - 0.5) / 0.25])
    assert table["median"][:2].tolist() == pytest.approx(expected["median"].tolist(), rel=1e-4)
    record = json.loads((tmp_path / "srop-plain-aliasing.json").read_text())
    assert record["second"] == {"network": "nets.py:blurred", "weights": "random, seed 0", "sha256": None}
    assert Image.open(tmp_path / "srop-plain-aliasing.png").size[0] > 300


def test_layers_of_aliasing(run, tmp_path):
    code, out, _ = run("aliasing", "plain", "--layers", "[1-9]")
    assert (code, "max pool" in out, "convolution" in out) == (0, True, False)
    assert len(pd.read_csv(tmp_path / "srop-plain-aliasing.csv")) == 1
    for network, options, message in (
        ("plain", ("--layers", "x*"), "--layers x*: no layer of plain that subsamples has such a name; there are 0, 2"),
        ("plain", ("--second", "nets.py:plain", "--second-weights", "random"), "has the same weights"),
        ("plain", ("--second-weights", "random"), "--second-weights is of a second network; give --second NETWORK"),
        ("plain", ("--second", "nets.py:blurred", "--second-weights", "gone.pth"), "gone.pth: there is no such file"),
        ("flat", (), "subsamples nowhere"),
    ):
        code, _, err = run("aliasing", network, "--force", *options)
        assert (code, message in err) == (1, True), err
