"""Random networks, the baseline, and the inputs themselves."""

import pandas as pd
import pytest
import torch

from srop import PUBLISHED, layer_statistics
from srop.backbones import low_nyquist_prior, measure_backbone, measure_baseline, networks
from srop.tables import PAPER_TABLE2, output_size, table2

IMAGES = torch.randint(0, 255, (2, 3, 224, 224), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
RESNET = {
    "source": "torchvision",
    "model": "resnet18",
    "arguments": {},
    "mean": [0.5] * 3,
    "std": [0.25] * 3,
    "weights": {"random": None},
    "layers": {"conv0": "relu", "pool1": "maxpool"},
}


@pytest.fixture(scope="module")
def baseline():
    options = {"noise": 20, "conventions": ["published", "centred"], "batch": 10}
    return layer_statistics(measure_baseline(IMAGES, **options))


def test_baseline_of_noise_is_the_papers(baseline):
    """The baseline column of Table 2, to 0.002 at each size."""
    noise = baseline[(baseline["input"] == "noise") & (baseline["convention"] == "published")]
    found = noise[noise["dead"] == "omit"].set_index("size")["mean"]
    assert found.index.tolist() == [224, 112, 56, 28, 14, 7]
    for row in PAPER_TABLE2.itertuples():
        assert found[row.output_size] == pytest.approx(row.paper_baseline, abs=0.002)


def found(architecture: dict, **options) -> list[tuple[int, str]]:
    chosen = {"seeds": [0, 1], "batch_norms": ["running", "batch"], "calibration": IMAGES[:, :, :64, :64]} | options
    return [tuple(keys.values()) for keys, _ in networks(architecture, "random", **chosen)]


def test_random_networks_run_under_both_batch_norms():
    assert found(RESNET) == [(0, "running"), (0, "batch"), (1, "running"), (1, "batch")]
    assert found(RESNET, batch_norms=["batch"], seeds=[3]) == [(3, "batch")]
    assert found(RESNET | {"model": "alexnet"}, seeds=[0]) == [(0, "none")]


def test_batch_norm_modes_differ_and_inputs_are_kept_apart():
    options = {"noise": 1, "conventions": ["published"], "batch": 2}
    images = IMAGES[:, :, :64, :64]
    tables = {
        keys["batch_norm"]: layer_statistics(measure_backbone(network, RESNET, images, **options))
        for keys, network in networks(RESNET, "random", seeds=[0], batch_norms=["running", "batch"], calibration=images)
    }
    keys = ["input", "layer", "size", "images", "reference"]
    rows = tables["batch"].loc[tables["batch"]["dead"] == "omit", keys].to_numpy().tolist()
    assert rows == [
        ["images", "conv0", 32, 2, 64],
        ["images", "pool1", 16, 2, 64],
        ["noise", "conv0", 32, 1, 64],
        ["noise", "pool1", 16, 1, 64],
    ]
    assert (tables["batch"]["mean"] != tables["running"]["mean"]).any()


def test_inputs_themselves():
    spectra, points = low_nyquist_prior(IMAGES, noise=3, convention=PUBLISHED)
    assert points.groupby("input").size().to_dict() == {"images": 6, "noise": 9}
    assert points["srop"].mean() == pytest.approx(0.852, abs=0.003)
    assert spectra.groupby("input")["radius"].agg(["size", "max"]).to_numpy().tolist() == [[156, 1], [156, 1]]
    assert (spectra["lower_quartile"] <= spectra["upper_quartile"]).all()
    assert spectra["median"].mean() == pytest.approx(1 / 156, rel=0.01)


def test_table_2_finds_the_least_layer_per_size(baseline):
    made_up = baseline[(baseline["input"] == "noise") & (baseline["dead"] == "omit")].assign(weights="random", seed=0)
    plain = made_up.assign(title="VGG16", antialiased=False, batch_norm="none", architecture="a")
    blurred = plain.assign(title="ResNet18", antialiased=True, batch_norm="batch", mean=plain["mean"] / 2)
    running = plain.assign(title="ResNet18", batch_norm="running", mean=plain["mean"] * 2)
    stranger = plain.assign(title="Mine", mean=0.0)
    table = table2(pd.concat([plain, blurred, running, stranger]), baseline)
    table = table[table["convention"] == "published"]
    by_mode = table.groupby("batch_norm")
    assert by_mode["layer"].first().to_dict() == {"batch": "input (ResNet18)", "running": "input (VGG16)"}
    assert by_mode["antialiased"].first().to_dict() == {"batch": True, "running": False}
    assert table["output_size"].tolist() == [224, 112, 56, 28, 14, 7] * 2
    halves = table[table["batch_norm"] == "batch"]
    assert (halves["minimum"] / halves["baseline"]).tolist() == pytest.approx([0.5] * 6)


def test_output_size_is_the_nearest_halving():
    sizes = pd.Series([224, 112, 55, 56, 27, 13, 6, 7])
    assert output_size(sizes, 224).tolist() == [224, 112, 56, 56, 28, 14, 7, 7]
    assert output_size(pd.Series([32, 16, 8]), 32).tolist() == [32, 16, 8]
