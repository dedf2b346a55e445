"""Frequencies of filters, and networks whose filters are held or modulated."""

import hashlib
import io
import tarfile

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import nn

import srop
from srop.data.labeled import LabeledImages
from srop.data.labeled_sources import training_and_test
from srop.experiments.backbones.first_filters import low_proportions
from srop.experiments.filters.arms import Arm, arm_named, arm_names
from srop.experiments.filters.corrupted_images import archived_images, corrupted_images
from srop.experiments.filters.figures import figure_corruptions, figure_filters
from srop.experiments.filters.measure import (
    NETWORKS,
    network_row,
    robustness_table,
    trained_arm,
)
from srop.experiments.filters.modulation import Gates, perturbed
from srop.experiments.filters.tables import networks_table
from srop.filters import bands, center_range, filter_centers, hold_proportion, low_proportion
from srop.networks.first_convolution import first_convolution
from srop.networks.normalized import Normalized, color_statistics
from srop.occlusion import shells

TRAINING = {"optimizer": "adam", "lr": 0.01, "batch_size": 10, "epochs": 1, "precision": "float32"}


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# Centers and bands.


@pytest.mark.parametrize(("v", "u"), [(0, 0), (0, 5), (3, 4), (16, 0), (8, 15)])
def test_the_center_of_a_wave_is_its_frequency(v, u):
    y, x = np.mgrid[:32, :32]
    wave = np.cos(2 * np.pi * (v * y + u * x) / 32)
    assert filter_centers(torch.from_numpy(wave)[None, None]).item() == pytest.approx(np.hypot(v, u), abs=1e-9)


@given(seed=st.integers(0, 99), k=st.integers(1, 7))
def test_centers_are_those_of_a_direct_sum(seed, k):
    weight = noise(1, 2, k, k, seed=seed)
    power, total, moment = np.zeros((32, 32)), 0.0, 0.0
    for channel in weight[0].numpy():
        padded = np.zeros((32, 32))
        padded[:k, :k] = channel
        power += np.abs(np.fft.fft2(padded)) ** 2
    for v in range(32):
        for u in range(32):
            total += power[v, u]
            moment += np.hypot(min(v, 32 - v), min(u, 32 - u)) * power[v, u]
    assert filter_centers(weight).item() == pytest.approx(moment / total)


def test_filters_of_zeros_count_for_none():
    weight = torch.cat([torch.ones(1, 1, 3, 3), torch.zeros(1, 1, 3, 3)])
    assert filter_centers(weight).isnan().tolist() == [False, True]
    assert low_proportion(weight, 10) == 1
    assert np.isnan(low_proportion(torch.zeros(2, 1, 3, 3), 10))


@given(seed=st.integers(0, 99), k=st.integers(2, 7), cutoff=st.floats(1, 15))
def test_shares_of_bands_are_the_energy_below_the_cut_off(seed, k, cutoff):
    basis = bands(k, cutoff)
    assert torch.allclose(basis.filters.flatten(1) @ basis.filters.flatten(1).T, torch.eye(k * k).double(), atol=1e-9)
    radius = np.hypot(*np.meshgrid(*[np.fft.fftfreq(32, 1 / 32)] * 2))
    weight = noise(k, k, seed=seed)
    weight /= weight.norm()
    power = np.abs(np.fft.fft2(weight.numpy(), s=(32, 32))) ** 2 / 32**2
    parts = (basis.filters.flatten(1) @ weight.flatten()) ** 2
    assert (parts * basis.share).sum().item() == pytest.approx(power[radius <= cutoff].sum(), abs=1e-9)
    assert (basis.share.diff() <= 1e-12).all()


def test_few_small_filters_are_low():
    assert [(bands(3, cutoff).share > 0.5).sum().item() for cutoff in (8, 10)] == [1, 3]


@given(seed=st.integers(0, 99), proportion=st.floats(0, 1), cutoff=st.sampled_from([8, 10, 12]))
def test_a_proportion_that_is_held_is_the_one_that_is_measured(seed, proportion, cutoff):
    weight = noise(16, 2, 3, 3, seed=seed)
    hold_proportion(weight, proportion, cutoff)
    assert low_proportion(weight, cutoff) == pytest.approx(round(16 * proportion) / 16)
    again = weight.clone()
    hold_proportion(again, proportion, cutoff)
    assert torch.allclose(again, weight)


def test_holding_keeps_the_memory_format():
    weight = torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last)
    hold_proportion(weight, 0.5, 10)
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert low_proportion(weight, 10) == 0.5


@pytest.mark.parametrize("weight", [torch.ones(3, 3), torch.ones(1, 1, 3, 2), torch.ones(1, 1, 33, 33)])
def test_bad_weights_are_named(weight):
    with pytest.raises(ValueError, match="give filters x channels x k x k, k at most size=32"):
        filter_centers(weight)


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_filters_that_are_not_finite_are_named_by_their_number(wrong, kind):
    weight = noise(8, 2, 3, 3).to(kind)
    weight[5, 1, 0, 2] = wrong
    for call in (filter_centers, lambda weight: low_proportion(weight, 10)):
        with pytest.raises(ValueError, match=r"weight: filter 5 \(of 8\) with NaN or infinite values"):
            call(weight)
    weight[:, 0, 0, 0] = wrong
    with pytest.raises(ValueError, match=r"weight: filters 0, 1, 2, 3, 4 and 3 more \(of 8\) with NaN"):
        filter_centers(weight)


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-30, 1e30, 1e200, 1e300])
def test_the_center_does_not_hang_on_the_scale(scale):
    """The squares of filters this small or large are no numbers any more."""
    weight = noise(4, 2, 3, 3)
    assert filter_centers(scale * weight).numpy() == pytest.approx(filter_centers(weight).numpy(), rel=1e-6)


@given(seed=st.integers(0, 99), k=st.integers(1, 7))
def test_no_center_lies_beyond_what_its_size_can_reach(seed, k):
    low, high = center_range(k)
    centers = filter_centers(noise(50, 1, k, k, seed=seed))
    assert low - 1e-9 <= centers.min()
    assert centers.max() <= high + 1e-9


def test_what_a_size_can_reach_is_reached():
    """Filters of 1 x 1 are white; 2 x 2 have their extremes in the mean and the checkerboard."""
    radius = np.hypot(*np.meshgrid(*[np.fft.fftfreq(32, 1 / 32)] * 2))
    assert center_range(1) == pytest.approx((radius.mean(), radius.mean()))
    extremes = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, -1.0, 1.0]]).view(2, 1, 2, 2)
    assert center_range(2) == pytest.approx(tuple(filter_centers(extremes).tolist()))
    assert center_range(32) == pytest.approx((0, radius.max()))


@pytest.mark.parametrize(
    ("k", "cutoff", "share"), [(3, 30, 1), (3, 5, 0), (1, 12, 0), (1, 13, 1), (7, 2, 0), (5, -1, 0)]
)
def test_a_cut_off_that_no_filter_can_miss_is_told(k, cutoff, share):
    weight = noise(8, 2, k, k)
    with pytest.warns(
        UserWarning, match=f"cutoff={cutoff}: filters of {k} x {k} have .*share below is {share} for any"
    ):
        assert low_proportion(weight, cutoff) == share


def test_a_cut_off_that_tells_filters_apart_is_taken_without_a_word(recwarn):
    assert 0 < low_proportion(noise(100, 1, 3, 3), 12) < 1
    assert not recwarn.list


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: low_proportion(nn.Conv2d(1, 2, 3), 10), TypeError, r"weight: a Conv2d was given; give its \.weight"),
        (lambda: filter_centers(np.ones((2, 1, 3, 3))), TypeError, "weight: a ndarray was given"),
        (lambda: low_proportion(noise(2, 1, 3, 3), None), TypeError, "cutoff=None: it is a frequency in rings"),
        (lambda: low_proportion(noise(2, 1, 3, 3), float("nan")), ValueError, "cutoff=nan"),
        (lambda: filter_centers(noise(2, 1, 3, 3), size=32.0), TypeError, "size=32.0: it is a number of pixels"),
        (lambda: filter_centers(noise(2, 1, 3, 3).cfloat()), ValueError, "weight is complex; give real filters"),
        (lambda: filter_centers(noise(0, 1, 3, 3)), ValueError, "give filters x channels x k x k"),
    ],
)
def test_what_is_no_filter_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_they_are_public():
    assert srop.filter_centers is filter_centers
    assert srop.low_proportion is low_proportion


def test_networks_have_their_proportions():
    architecture = {
        "source": "module",
        "model": "srop.networks.digit_cnn:digit_cnn",
        "arguments": {},
        "weights": {"random": None},
    }
    proportions = low_proportions(architecture, "random", cutoffs=[8, 12], size=32)
    torch.manual_seed(0)
    weight = first_convolution(NETWORKS["digit_cnn"]()).weight
    assert proportions == {f"low_{cutoff}": low_proportion(weight, cutoff) for cutoff in (8, 12)}
    assert 0 < proportions["low_12"] < 1
    assert np.isnan(low_proportions(architecture, "random", cutoffs=[1], size=2)["low_1"])


# Gates and perturbation.


def test_gates_scale_each_band_of_each_filter():
    gates, weight = Gates(2, 3, 10), noise(2, 1, 3, 3).float()
    basis = bands(3, 10)
    with torch.no_grad():
        gates.logits[1, 0] = 50.0
        gates.logits[1, 1] = -50.0
    gated = gates(weight).detach()
    assert torch.allclose(gated[0], weight[0], atol=1e-6)
    parts = [basis.filters.float().flatten(1) @ weights[1].flatten() for weights in (weight, gated)]
    assert parts[1][0] == pytest.approx(2 * parts[0][0].item(), rel=1e-4)
    # The second and the third filter have one share, and one gate.
    assert parts[1][1:3].abs().max() < 1e-5
    assert torch.allclose(parts[1][3:], parts[0][3:], atol=1e-5)


@given(seed=st.integers(0, 99), strength=st.floats(0, 1))
def test_perturbation_keeps_phases_and_scales_rings(seed, strength):
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    noisy = perturbed(images, strength, torch.Generator().manual_seed(seed))
    before, after = (torch.fft.fft2(batch) for batch in (images, noisy))
    factor = after / before
    assert factor.imag.abs().max() < 1e-9
    power = factor.real.square()
    # The factors are drawn in float32.
    assert power.min() >= 1 - strength - 1e-6
    assert power.max() <= 1 + strength + 1e-6
    assert torch.allclose(noisy.mean(dim=(2, 3)), images.mean(dim=(2, 3)))
    ring = shells(8, "dft")
    for number in range(int(ring.max()) + 1):
        # All colors and components of a ring alike.
        factors = power[:, :, ring == number].flatten(1)
        assert (factors.amax(dim=1) - factors.amin(dim=1)).max() < 1e-9


def test_too_strong_a_perturbation_is_named():
    with pytest.raises(ValueError, match=r"noise=1\.5"):
        perturbed(torch.rand(1, 1, 4, 4), 1.5, torch.Generator())


# Trainings.


def stripes(count: int, size: int = 28, colors: int = 1, seed: int = 0) -> LabeledImages:
    """Images of two classes: stripes across, and stripes down."""
    labels = torch.arange(count) % 2
    wave = (torch.arange(size) // 3 % 2 * 200).to(torch.uint8)
    across, down = wave.expand(size, size), wave[:, None].expand(size, size)
    images = torch.where(labels[:, None, None] == 0, across, down)[:, None].expand(-1, colors, -1, -1)
    dirt = torch.randint(0, 30, images.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return LabeledImages((images + dirt).contiguous(), labels)


def train_one(arm: str, **options) -> nn.Module:
    training = TRAINING | options
    return trained_arm(
        arm_named(arm, 0.5),
        stripes(60),
        stripes(20, seed=1),
        network="digit_cnn",
        seed=0,
        cutoff=10,
        size=32,
        training=training,
    )


@pytest.mark.parametrize(("arm", "low"), [("p0", 0), ("p0.5", 0.5), ("p1", 1)])
def test_the_proportion_is_held_to_the_end(arm, low):
    model = train_one(arm)
    assert low_proportion(first_convolution(model).weight, 10) == low
    test = stripes(20, seed=1)
    table = robustness_table(model, test, dict(corrupted_images(test.images, ["contrast", "gaussian_noise"], [1, 5])))
    assert table["corruption"].tolist() == ["none", "contrast", "contrast", "gaussian_noise", "gaussian_noise"]
    assert table["severity"].tolist() == [0, 1, 5, 1, 5]
    assert table.loc[0, "accuracy"] > 0.9
    row = network_row(model, stripes(20, seed=1), cutoffs=[8, 10], size=32, images=4)
    assert row["low_10"] == low
    assert 0 < row["srop_first"] < 1


def test_each_arm_is_what_its_name_says():
    arms = {name: arm_named(name, 0.3) for name in arm_names([0, 0.25, 1 / 3, 1])}
    assert list(arms) == ["p0", "p0.25", f"p{1 / 3!r}", "p1", "plain", "gates", "perturbed", "both"]
    assert [arm.proportion for arm in arms.values()] == [0, 0.25, 1 / 3, 1, None, None, None, None]
    assert arms["p1"] == Arm("p1", "held", proportion=1.0)
    assert arms["gates"] == Arm("gates", "modulated", gates=True)
    assert arms["both"] == Arm("both", "modulated", gates=True, noise=0.3)


@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_color_that_never_varies_is_brought_to_zero(value):
    images = torch.randint(0, 256, (50, 3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    images[:, 1] = value
    model = Normalized(nn.Identity(), *color_statistics(images))
    given = model(images.float() / 255)
    assert given[:, 1].abs().max() < 1e-6
    assert given[:, [0, 2]].mean(dim=(0, 2, 3)).tolist() == pytest.approx([0, 0], abs=1e-5)
    assert given[:, [0, 2]].std(dim=(0, 2, 3)).tolist() == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize("name", ["held", "p", "pnan", "0.5", "p-1", ""])
def test_an_arm_that_is_none_is_named(name):
    with pytest.raises(ValueError, match=f"there is no arm {name}; give plain, gates, perturbed, both, or p and"):
        arm_named(name, 0.5)


def test_gates_are_learned_and_others_have_none():
    model = train_one("both")
    assert [name for name, _ in model.named_parameters() if "logits" in name] == [
        "network.conv1.parametrizations.weight.0.logits"
    ]
    gates = first_convolution(model).parametrizations.weight[0]
    assert gates.logits.abs().max() > 0
    assert not any("logits" in name for name, _ in train_one("perturbed").named_parameters())
    row = network_row(model, stripes(20, seed=1), cutoffs=[10], size=32, images=4)
    assert row["low_10"] == low_proportion(first_convolution(model).weight, 10)


def test_arms_differ_and_seeds_repeat():
    plain, again, perturbed_arm = (first_convolution(train_one(arm)).weight for arm in ("plain", "plain", "perturbed"))
    assert torch.equal(plain, again)
    assert not torch.equal(plain, perturbed_arm)


@pytest.mark.parametrize("name", ["resnet20", "resnet18"])
def test_networks_for_color_take_it(name):
    network = NETWORKS[name]()
    assert first_convolution(network).weight.shape[1:] == (3, 3, 3)
    with torch.no_grad():
        assert network.eval()(torch.rand(2, 3, 32, 32)).shape == (2, 10)


def test_a_network_without_convolution_is_named():
    with pytest.raises(ValueError, match="a Linear has no convolution"):
        first_convolution(nn.Linear(2, 2))


def test_a_folder_has_training_and_test(tmp_path):
    for part, count in (("train", 3), ("test", 2)):
        for label in ("cat", "dog"):
            folder = tmp_path / part / label
            folder.mkdir(parents=True)
            for number in range(count):
                Image.new("RGB", (32, 32), (40 * number, 0, 0)).save(folder / f"{number}.png")
    options = {"root": "", "folder": str(tmp_path), "size": 32, "download": False}
    train, test = training_and_test("folder", train=6, test=4, **options)
    assert train.images.shape == (6, 3, 32, 32)
    assert test.labels.tolist() == [0, 0, 1, 1]
    (tmp_path / "test" / "cow").mkdir()
    with pytest.raises(ValueError, match=r"has the classes cat, dog, .* cat, cow, dog"):
        training_and_test("folder", train=6, test=4, **options)


# Figures.


def test_figures_show_arms_and_corruptions():
    keys = [("held", f"p{p:g}", p, seed) for p in (0, 1) for seed in (0, 1)]
    keys += [("modulated", arm, np.nan, seed) for arm in ("plain", "both") for seed in (0, 1)]
    named = pd.DataFrame(keys, columns=["group", "arm", "proportion", "seed"])
    networks = named.assign(low_8=0.1, low_10=0.5, low_12=0.9, srop_first=0.3, srop_last=0.2)
    parts = [
        named.assign(corruption=name, severity=3, accuracy=accuracy) for name, accuracy in (("none", 0.9), ("fog", 0.6))
    ]
    robustness = pd.concat(parts, ignore_index=True)
    table = networks_table(robustness, networks)
    assert (table["clean"] == 0.9).all()
    assert (table["corrupted"] == 0.6).all()
    figure = figure_filters(robustness, table)
    assert [label.get_text() for label in figure.axes[3].get_yticklabels()] == [
        "proportion 0",
        "proportion 1",
        "both",
    ]
    assert [text.get_text() for text in figure.axes[2].get_legend().get_texts()] == [
        "proportion held",
        "proportion free",
    ]
    sheet = figure_corruptions(torch.rand(1, 28, 28), ["contrast", "pixelate"])
    assert len(sheet.axes) == 12
    assert [ax.get_ylabel() for ax in sheet.axes[::2]] == ["image", *(f"severity {each}" for each in range(1, 6))]


@pytest.mark.parametrize("arm", ["p0.5", "both"])
def test_a_training_that_is_resumed_ends_as_one_that_was_not(tmp_path, arm, monkeypatch):
    from srop.experiments.filters import measure
    from srop.networks.checkpoint import Checkpoint

    setting = arm_named(arm, 0.5)
    options = {"network": "digit_cnn", "seed": 0, "cutoff": 10, "size": 32, "training": TRAINING | {"epochs": 2}}
    whole = trained_arm(setting, stripes(40), stripes(20), **options).state_dict()
    checkpoint = Checkpoint(tmp_path / "filters.pt", {"of": "this"})
    calls = []

    def cut(*given, **rest):
        calls.append(given)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return cross_entropy(*given, **rest)

    cross_entropy = measure.cross_entropy
    monkeypatch.setattr(measure, "cross_entropy", cut)
    with pytest.raises(KeyboardInterrupt):
        trained_arm(setting, stripes(40), stripes(20), checkpoint=checkpoint, **options)
    resumed = trained_arm(setting, stripes(40), stripes(20), checkpoint=checkpoint, **options).state_dict()
    assert len(calls) == 6 + 4
    assert all(torch.equal(resumed[name], value) for name, value in whole.items())


def test_cifar10c_is_read_from_its_archive(tmp_path, monkeypatch):
    from srop.data import cifar10c as room

    monkeypatch.setattr(room, "_IMAGES", 4)
    file = tmp_path / "CIFAR-10-C.tar"
    images = np.arange(5 * 4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 32, 32, 3), dtype=np.uint8)
    with tarfile.open(file, "w") as archive:
        for name, array in (("fog", images), ("labels", np.tile(np.arange(4, dtype=np.uint8), 5))):
            content = io.BytesIO()
            np.save(content, array)
            info = tarfile.TarInfo(f"CIFAR-10-C/{name}.npy")
            info.size = content.tell()
            content.seek(0)
            archive.addfile(info, content)
    with pytest.raises(ValueError, match=r"is not CIFAR-10-C\.tar, or damaged: its MD5 is"):
        room.require_archive(file)
    monkeypatch.setattr(room, "MD5", hashlib.md5(file.read_bytes()).hexdigest())
    room.require_archive(file)
    with pytest.raises(FileNotFoundError, match=r"zenodo\.org/records/2535967"):
        room.require_archive(tmp_path / "other.tar")
    sample = room.cifar10c(file, "fog", 3, 2)
    assert sample.images.shape == (2, 3, 32, 32)
    assert sample.images[:, 0, 0, 0].tolist() == [8, 10]
    assert sample.labels.tolist() == [0, 2]
    with pytest.raises(ValueError, match="holds no snow"):
        room.cifar10c(file, "snow", 1, 2)
    test = LabeledImages(torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.tensor([0, 2]))
    read = dict(archived_images(test, ["fog"], [1, 5], archive=str(file)))
    assert {key: images[:, 0, 0, 0].tolist() for key, images in read.items()} == {
        ("fog", 1): [0, 2],
        ("fog", 5): [16, 18],
    }
    other = LabeledImages(test.images, torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="the labels of fog differ"):
        dict(archived_images(other, ["fog"], [1], archive=str(file)))
