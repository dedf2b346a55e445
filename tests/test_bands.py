"""Noise of one band and accuracy under it, against loops in float64 and networks whose answer is known."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from test_guest import NAMES, PARTS, network, random_states, state_of
from torch import Tensor, nn

from srop import band_accuracy, band_noise, plot_bands
from srop.bands import component_frequencies

LABELS = torch.tensor([0, 3, 1, 1, 2])


def pictures(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def classifier(height: int = 8, width: int = 8) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.Tanh(), nn.Flatten(), nn.Linear(6 * (height - 2) * (width - 2), 4)
    ).double()


def halve(images: Tensor) -> Tensor:
    return images.sub_(0.5).div_(0.25)


def frequency(u: int, v: int, size: tuple[int, int], bands: str) -> float:
    """Give the frequency of one component, written from the definition alone."""
    down, across = (2 * min(k, side - k) / side for k, side in zip((u, v), size, strict=True))
    return math.hypot(down, across) if bands == "rings" else max(down, across)


@pytest.mark.parametrize("bands", ["rings", "squares"])
@pytest.mark.parametrize("size", [(8, 8), (7, 7), (6, 9), (1, 5)])
def test_frequencies_are_those_of_a_loop(size, bands):
    expected = [[frequency(u, v, size, bands) for v in range(size[1])] for u in range(size[0])]
    np.testing.assert_allclose(component_frequencies(size, bands), expected, atol=1e-9)


@pytest.mark.parametrize("bands", ["rings", "squares"])
@pytest.mark.parametrize("size", [(16, 16), (15, 15), (12, 20)])
@pytest.mark.parametrize("norm_of", ["l2", "rms", "white"])
def test_noise_has_its_norm_and_its_power_in_its_band(size, bands, norm_of):
    noise = band_noise((4, 3, *size), (0.3, 0.6), norm=0.7, norm_of=norm_of, bands=bands, seed=3)
    power = torch.fft.fft2(noise).abs().square().sum((0, 1))
    inside = torch.tensor([[0.3 <= frequency(u, v, size, bands) < 0.6 for v in range(size[1])] for u in range(size[0])])
    assert power[~inside].max() < 1e-20 * power.sum()
    assert (power[inside] > 1e-3 * power.mean()).all()
    norms = noise.flatten(1).norm(dim=1).numpy()
    if norm_of == "white":
        # What is left of white noise is the share of its components.
        share = (inside.sum() / inside.numel()).item()
        assert norms.mean() == pytest.approx(0.7 * math.sqrt(3 * size[0] * size[1] * share), rel=0.15)
    else:
        assert norms == pytest.approx(0.7 * (math.sqrt(noise[0].numel()) if norm_of == "rms" else 1))


def test_colors_images_seeds_and_distributions():
    colored, gray = (band_noise((3, 2, 8, 8), (0, 1), norm=1.0, gray=gray) for gray in (False, True))
    torch.testing.assert_close(gray[:, 0], gray[:, 1])
    assert not torch.equal(colored[:, 0], colored[:, 1])
    assert not torch.equal(colored[0], colored[1])
    torch.testing.assert_close(colored[:2], band_noise((2, 2, 8, 8), (0, 1), norm=1.0))
    assert not torch.equal(colored, band_noise((3, 2, 8, 8), (0, 1), norm=1.0, seed=1))
    signs = band_noise((2, 3, 8, 8), (0, 2), norm=0.3, norm_of="white", distribution="sign", dc=True)
    torch.testing.assert_close(signs.abs(), torch.full_like(signs, 0.3))
    assert band_noise((2, 1, 8, 8), (0, 2), norm=1.0).mean((-2, -1)).abs().max() < 1e-12


def loop(model: nn.Module, images: Tensor, labels: Tensor, ends: tuple[float, float], **options) -> list[float]:
    """Add noise to one image at a time, by a discrete Fourier transform of NumPy."""
    right = []
    for number, (image, label) in enumerate(zip(images.numpy(), labels.tolist(), strict=True)):
        picture = (image - 0.5) / 0.25 if options["space"] == "input" else image
        spectrum = np.fft.fft2(np.random.default_rng([5, number]).standard_normal(image.shape))
        for u in range(image.shape[1]):
            for v in range(image.shape[2]):
                if not ends[0] <= frequency(u, v, image.shape[1:], options["bands"]) < ends[1] or u == v == 0:
                    spectrum[:, u, v] = 0
        noise = np.fft.ifft2(spectrum).real
        noisy = picture + options["norm"] * noise / np.linalg.norm(noise)
        if options["clip"]:
            noisy = noisy.clip(0, 1)
        inputs = noisy if options["space"] == "input" else (noisy - 0.5) / 0.25
        with torch.no_grad():
            right.append(float(model.eval()(torch.from_numpy(inputs)[None]).argmax() == label))
    return right


@pytest.mark.parametrize(
    "options",
    [
        {"space": "pixels", "clip": False, "bands": "rings"},
        {"space": "pixels", "clip": True, "bands": "rings"},
        {"space": "input", "clip": False, "bands": "squares"},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(8, 8), (7, 10)])
def test_the_accuracy_is_that_of_a_loop(options, size):
    model, images = classifier(*size), pictures(5, 3, *size)
    with torch.no_grad():
        labels = model(halve(images.clone())).argmax(dim=1)
    options["norm"] = 8.0
    table = band_accuracy(model, images, labels, normalize=halve, width=0.25, seed=5, batch_size=3, **options)
    table = table[table["components"] > 0]
    assert table["clean"].eq(1).all()
    for row in table.itertuples():
        assert row.accuracy == pytest.approx(np.mean(loop(model, images, labels, (row.low, row.high), **options)))
    assert table["fall"].max() > 0
    if options["clip"]:
        assert (table["l2"] < 7.9).all()
    else:
        assert table["l2"].to_numpy() == pytest.approx(8.0)


def test_the_batch_size_changes_nothing():
    model, images = classifier(), pictures(5, 3, 8, 8)
    one, all_at_once = (
        band_accuracy(model, images, LABELS, norm=2.0, draws=3, batch_size=size, normalize=halve) for size in (1, 1000)
    )
    pd.testing.assert_frame_equal(one, all_at_once)
    first = band_accuracy(model, images, LABELS, norm=2.0, draws=1, normalize=halve)
    assert not first["accuracy"].equals(one["accuracy"])


def test_a_network_that_looks_at_one_band_errs_under_its_noise_alone():
    """The logits of both classes are the product with a wave of 3 periods of 16, at 0.375 pi."""
    wave = torch.cos(2 * torch.pi * 3 * torch.arange(16, dtype=torch.float64) / 16).expand(16, 16)
    model = nn.Sequential(nn.Flatten(), nn.Linear(256, 2, bias=False)).double()
    model[1].weight.data = torch.stack([wave.flatten(), -wave.flatten()])
    images = (0.5 + torch.tensor([0.2, -0.2]).repeat(50)[:, None, None, None] * wave).double()
    labels = torch.tensor([0, 1]).repeat(50)
    table = band_accuracy(model, images, labels, norm=40.0, centers=[0.125, 0.375, 0.65, 0.9], width=0.05)
    assert table["accuracy"][[0, 2, 3]].eq(1).all()
    assert 0.5 < table["accuracy"][1] < 0.9
    assert table["lower"][1] <= table["fall"][1] <= table["upper"][1]
    assert table["lower"][0] == table["fall"][0] == 0


def test_a_band_without_a_component_has_no_noise():
    table = band_accuracy(classifier(), pictures(5, 3, 8, 8), LABELS, norm=1.0, centers=[0.1, 0.25], width=0.1)
    assert table["components"].tolist() == [0, 4]
    assert table.loc[0, ["accuracy", "clean", "fall", "lower", "upper", "l2", "rms"]].isna().all()
    assert table.loc[1, ["accuracy", "clean", "fall", "lower", "upper", "l2", "rms"]].notna().all()
    plot_bands(table).canvas.draw()
    alone = band_accuracy(classifier(), pictures(1, 3, 8, 8), LABELS[:1], norm=1.0, centers=[0.25])
    assert alone[["lower", "upper"]].isna().all(axis=None)


def test_bands_touch_from_zero_to_the_finest_frequency():
    table = band_accuracy(classifier(), pictures(5, 3, 8, 8), LABELS, norm=1.0, width=0.25, bands="squares")
    assert table["low"].tolist() == [0, 0.25, 0.5, 0.75]
    # All but zero frequency, and the components of exactly half a cycle per pixel along an axis.
    assert table["components"].sum() == 64 - 1 - 15
    assert len(band_accuracy(classifier(), pictures(5, 3, 8, 8), LABELS, norm=1.0)) == 10


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_it_leaves_no_trace(part):
    model = network(part)
    images = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    before, states, given = state_of(model), random_states(), images.clone()
    band_accuracy(model, images, torch.tensor([0, 1, 0, 1]), norm=1.0, normalize=halve, space="input")
    assert state_of(model) == before
    assert random_states() == states
    assert torch.equal(images, given)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"norm": 0}, ValueError, "norm=0: the norm of noise is positive"),
        ({"norm": "a"}, TypeError, "norm='a'"),
        ({"norm_of": "max"}, ValueError, "norm_of='max': there are l2, rms, white"),
        ({"width": 0}, ValueError, "width=0: the width of a band is positive"),
        ({"width": 1.5}, ValueError, "no band of it fits"),
        ({"centers": []}, ValueError, "an empty list"),
        ({"centers": "0.1"}, TypeError, "give a list of frequencies"),
        ({"centers": [-0.5]}, ValueError, "-0.5 lies below zero frequency"),
        ({"bands": "disks"}, ValueError, "bands='disks': there are rings, squares"),
        ({"distribution": "laplace"}, ValueError, "there are normal, sign"),
        ({"space": "logits"}, ValueError, "space='logits': there are pixels, input"),
        ({"clip": 1}, TypeError, "clip=1"),
        ({"clip": True, "space": "input"}, ValueError, "only pixels lie in"),
        ({"gray": "yes"}, TypeError, "gray='yes'"),
        ({"draws": 0}, ValueError, "draws=0"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"images": torch.full((5, 3, 8, 8), 2.0)}, ValueError, "lie in"),
        ({"labels": torch.tensor([9] * 5)}, ValueError, "labels reach 9"),
        ({"normalize": lambda images: images[0], "space": "input"}, ValueError, "normalize gives 3 x 8 x 8"),
        ({"model": nn.Conv2d(3, 4, 3)}, ValueError, "give a classifier"),
    ],
)
def test_what_is_wrong_is_named(change, error, message):
    given = {"model": classifier().float(), "images": pictures(5, 3, 8, 8).float(), "labels": LABELS, "norm": 1.0}
    with pytest.raises(error, match=message):
        band_accuracy(**given | change)


def test_what_is_wrong_with_noise_is_named():
    with pytest.raises(ValueError, match="give images, colors, rows and columns"):
        band_noise((3, 8, 8), (0, 1), norm=1.0)
    with pytest.raises(ValueError, match="no component of 8 x 8 lies in it"):
        band_noise((1, 1, 8, 8), (0.1, 0.2), norm=1.0)
    with pytest.raises(TypeError, match="band=None"):
        band_noise((1, 1, 8, 8), (None, 0.2), norm=1.0)


def test_the_picture_has_a_line_for_each_network():
    tables = {
        name: band_accuracy(classifier(), pictures(5, 3, 8, 8), LABELS, norm=norm, norm_of="rms", width=0.25)
        for name, norm in (("a$", 0.5), ("b", 0.5))
    }
    figure = plot_bands(tables, title="$x")
    figure.canvas.draw()
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["a$", "b"]
    assert "root mean square 0.5, added before normalization" in figure.get_supxlabel()
    with pytest.raises(TypeError, match="a list was given"):
        plot_bands([])
    with pytest.raises(ValueError, match="no column center"):
        plot_bands(pd.DataFrame({"a": [1]}))
    with pytest.raises(ValueError, match=r"holds a band twice; give the tables .* as \{name: table\}"):
        plot_bands(pd.concat([tables["b"], tables["b"]]))
    with pytest.raises(ValueError, match="tables of 2 noises"):
        plot_bands({"a": tables["b"], "b": tables["b"].assign(norm=2.0)})
