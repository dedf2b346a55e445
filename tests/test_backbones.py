"""Random networks, the baseline, and the inputs themselves."""

import pandas as pd
import pytest
import torch
from torch.nn.functional import max_pool2d

from srop import PUBLISHED, reduced_layers, rolloff_points
from srop.data.noise import noise_batches
from srop.experiments.backbones.measure import measure_backbone, measure_baseline, summarize_layers
from srop.experiments.backbones.paper import PAPER_TABLE2
from srop.experiments.backbones.tables import output_size, profiles, table2
from srop.experiments.inputs.input_spectra import low_nyquist_prior
from srop.networks.instances import networks

IMAGES = torch.randint(0, 255, (2, 3, 224, 224), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
RESNET = {
    "source": "torchvision",
    "model": "resnet18",
    "arguments": {},
    "mean": [0.5] * 3,
    "std": [0.25] * 3,
    "weights": {"random": None},
    "layers": {"conv0": "relu", "pool1": "maxpool"},
    "downscaling": [],
}


@pytest.fixture(scope="module")
def baseline():
    options = {"noise": 20, "conventions": ["published", "half_pixel"], "batch": 10}
    return summarize_layers(measure_baseline(IMAGES, **options))


def test_baseline_of_noise_is_the_papers(baseline):
    """The baseline column of Table 2, to 0.002 at each size."""
    noise = baseline[(baseline["input"] == "noise") & (baseline["convention"] == "published")]
    means = noise[noise["dead"] == "omit"].set_index("size")["mean"]
    assert means.index.tolist() == [224, 112, 56, 28, 14, 7]
    for row in PAPER_TABLE2.itertuples():
        assert means[row.output_size] == pytest.approx(row.paper_baseline, abs=0.002)


def network_keys(architecture: dict, **options) -> list[tuple[int, str]]:
    chosen = {"seeds": [0, 1], "batch_norms": ["running", "batch"], "calibration": IMAGES[:, :, :64, :64]} | options
    return [tuple(keys.values()) for keys, _ in networks(architecture, "random", **chosen)]


def test_random_networks_run_under_both_batch_norms():
    assert network_keys(RESNET) == [(0, "running"), (0, "batch"), (1, "running"), (1, "batch")]
    assert network_keys(RESNET, batch_norms=["batch"], seeds=[3]) == [(3, "batch")]
    assert network_keys(RESNET | {"model": "alexnet"}, seeds=[0]) == [(0, "none")]


def test_batch_norm_modes_differ_and_inputs_are_kept_apart():
    options = {"noise": 1, "conventions": ["published"], "batch": 2}
    # Dark, for the statistics of images about the mean are nearly those that a network begins with.
    images = IMAGES[:, :, :64, :64] // 2
    tables = {
        keys["batch_norm"]: summarize_layers(measure_backbone(network, RESNET, images, **options)[0])
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
    apart = (tables["batch"]["mean"] - tables["running"]["mean"]).abs()
    assert apart.max() > 1e-4


def test_benchmark_curves_pool_the_layers_before():
    layers = {"conv0": "relu", "pool1": "maxpool", "resblk1.0": "layer1.0", "resblk1.1": "layer1.1"}
    layers |= {"resblk2.0": "layer2.0"}
    chosen = RESNET | {"layers": layers, "downscaling": ["conv0", "pool1", "resblk2.0"]}
    images = IMAGES[:, :, :64, :64]
    ((_, network),) = networks(chosen, "random", seeds=[0], batch_norms=["running"], calibration=images)
    table, _ = measure_backbone(network, chosen, images, noise=1, conventions=["published"], batch=2)
    rows = table[(table["input"] == "noise") & (table["dead"] == "omit")]
    means = rows.groupby(["curve", "layer", "depth", "size"])["mean"].mean()
    assert [key[:3] for key in means.index] == [
        ("ds", "pool1", 1),
        ("ds", "resblk2.0", 4),
        *(("layer", layer, depth) for depth, layer in enumerate(layers)),
        ("pool-only", "pool1", 1),
        ("pool-only", "resblk2.0", 4),
    ]
    pooled = {}
    with (
        torch.inference_mode(),
        reduced_layers(network, ["relu", "maxpool", "layer1.1"], lambda _layer, maps: max_pool2d(maps, 2)) as outputs,
    ):
        network(next(noise_batches(1, 64, 1)))
    for layer, (maps,) in outputs.items():
        pooled[layer] = rolloff_points(maps, reference=64).nanmean().item()
    for curve, layer, module in (
        ("ds", "pool1", "relu"),
        ("pool-only", "pool1", "relu"),
        ("ds", "resblk2.0", "maxpool"),
        ("pool-only", "resblk2.0", "layer1.1"),
    ):
        assert means[curve, layer].item() == pytest.approx(pooled[module], abs=1e-4)


def test_inputs_themselves():
    smooth = torch.linspace(0, 255, 224).to(torch.uint8).expand(2, 3, 224, 224)
    spectra, points = low_nyquist_prior(smooth, noise=3, convention=PUBLISHED)
    assert points.groupby("input").size().to_dict() == {"images": 6, "noise": 9}
    means = points.groupby("input")["srop"].mean()
    assert means["noise"] == pytest.approx(0.852, abs=0.003)
    assert means["images"] < 0.02
    assert spectra.groupby("input")["radius"].agg(["size", "max"]).to_numpy().tolist() == [[156, 1], [156, 1]]
    assert (spectra["lower_quartile"] <= spectra["upper_quartile"]).all()
    assert spectra.loc[spectra["input"] == "noise", "median"].mean() == pytest.approx(1 / 156, rel=0.01)


def test_table_2_finds_the_least_layer_per_size(baseline):
    made_up = baseline[(baseline["input"] == "noise") & (baseline["dead"] == "omit")].assign(weights="random", seed=0)
    plain = made_up.assign(title="VGG16", antialiased=False, batch_norm="none", architecture="a")
    lower = plain.assign(title="ResNet18", batch_norm="batch", mean=plain["mean"] / 2)
    blurred = plain.assign(title="ResNet18", antialiased=True, batch_norm="batch", mean=plain["mean"] / 4)
    running = plain.assign(title="ResNet18", batch_norm="running", mean=plain["mean"] * 2)
    stranger = plain.assign(title="Mine", mean=0.0)
    table = table2(pd.concat([plain, lower, blurred, running, stranger]), baseline)
    table = table[table["convention"] == "published"]
    by_mode = table.groupby("batch_norm")
    assert by_mode["layer"].first().to_dict() == {"batch": "input (ResNet18)", "running": "input (VGG16)"}
    assert not table["antialiased"].any()
    assert table["output_size"].tolist() == [224, 112, 56, 28, 14, 7] * 2
    halves = table[table["batch_norm"] == "batch"]
    assert (halves["minimum"] / halves["baseline"]).tolist() == pytest.approx([0.5] * 6)


@pytest.fixture
def made_up(baseline) -> pd.DataFrame:
    noise = baseline[(baseline["input"] == "noise") & (baseline["convention"] == "published")]
    return noise.assign(architecture="a", title="VGG16", antialiased=False, weights="random", batch_norm="none", seed=0)


def test_table_2_keeps_sets_of_weights_apart(made_up, baseline):
    sets = [made_up.assign(weights=name, mean=made_up["mean"] * factor) for name, factor in (("a", 1), ("b", 0.5))]
    table = table2(pd.concat(sets), baseline)
    assert set(table["weights"]) == {"trained"}
    assert set(table["set"]) == {"b"}
    assert (table["minimum"] / table["baseline"]).tolist() == pytest.approx([0.5] * len(table))


def test_table_2_without_batch_norm_and_with_sizes_that_have_no_value(made_up, baseline):
    gone = made_up.assign(mean=made_up["mean"].where(made_up["size"] > 7))
    table = table2(gone, baseline)
    assert set(table["batch_norm"]) == {"none"}
    assert sorted(set(table["output_size"])) == [14, 28, 56, 112, 224]


def test_curves_of_figure_5_are_means_over_seeds(made_up):
    seeds = [made_up.assign(seed=seed, mean=made_up["mean"] + seed, batch_norm="batch") for seed in (0, 1, 2)]
    running = made_up.assign(batch_norm="running", mean=9.0)
    trained = made_up.assign(weights="imagenet", batch_norm="trained")
    chosen = pd.concat([*seeds, running, trained]).query("dead == 'omit'")
    curves = profiles(chosen, "batch").set_index(["kind", "layer"])
    expected = made_up.query("dead == 'omit'").set_index("layer")["mean"]
    for layer, value in expected.items():
        assert curves.loc[("random", layer), "mean"] == pytest.approx(value + 1)
        assert curves.loc[("random", layer), "seeds"] == 3
        assert curves.loc[("trained", layer), "mean"] == pytest.approx(value)
    assert len(curves) == 2 * len(expected)


def test_output_size_is_the_nearest_halving():
    sizes = pd.Series([224, 112, 55, 56, 27, 13, 6, 7])
    assert output_size(sizes, 224).tolist() == [224, 112, 56, 56, 28, 14, 7, 7]
    assert output_size(pd.Series([32, 16, 8]), 32).tolist() == [32, 16, 8]
