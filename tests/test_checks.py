"""What public functions say of what they cannot take."""

import numpy as np
import pytest
import torch
from torch import nn

from srop import (
    checks,
    dead_maps,
    profile,
    radial_spectrum,
    rolloff_grid,
    rolloff_points,
    rolloff_points_1d,
    summarize,
)

MAPS = torch.arange(64.0).reshape(1, 8, 8) ** 2
POINTS, MASK = torch.tensor([0.2, 0.4]), torch.tensor([False, False])
NETWORK = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rolloff_points(MAPS.numpy()), TypeError, "maps: a ndarray was given; give a torch.Tensor"),
        (lambda: rolloff_points([[1.0]]), TypeError, "maps: a list was given"),
        (lambda: rolloff_points(torch.ones(8, 8).to_sparse()), TypeError, "maps: a sparse tensor .*to_dense"),
        (lambda: rolloff_points(torch.ones(2, 8, 8, device="meta")), TypeError, "maps: a meta tensor"),
        (lambda: dead_maps(torch.nested.nested_tensor([MAPS[0]])), TypeError, "maps: a nested tensor .*torch.stack"),
        (
            lambda: rolloff_points(torch.quantize_per_tensor(MAPS, 0.1, 0, torch.quint8)),
            TypeError,
            "maps: a quantized tensor .*dequantize",
        ),
        (
            lambda: profile(nn.DataParallel(NETWORK), [torch.ones(1, 3, 8, 8)], ["1"]),
            TypeError,
            "DataParallel runs several copies of a network; give model.module",
        ),
        (lambda: rolloff_points(None), TypeError, "maps: a NoneType was given"),
        (lambda: radial_spectrum(MAPS.numpy()), TypeError, "maps: a ndarray was given"),
        (lambda: rolloff_points_1d([1.0, 2.0]), TypeError, "signals: a list was given"),
        (lambda: dead_maps([1.0]), TypeError, "maps: a list was given"),
        (
            lambda: rolloff_points(MAPS, convention=None),
            TypeError,
            "None is no convention; give a Convention",
        ),
        (lambda: rolloff_points(MAPS, convention=[]), ValueError, "convention is empty"),
        (lambda: rolloff_points(MAPS, convention=["published", 3]), TypeError, "3 is no convention"),
        (lambda: rolloff_points(MAPS, reference=224.0), TypeError, r"reference=224.0: it is a number of pixels"),
        (lambda: rolloff_points(MAPS, reference="224"), TypeError, "reference='224'"),
        (lambda: rolloff_points(MAPS, reference=-3), ValueError, "reference=-3: .* at least 1"),
        (lambda: rolloff_grid(-3), ValueError, "size=-3"),
        (lambda: rolloff_grid(24.0), TypeError, "size=24.0"),
        (lambda: rolloff_grid(24, reference=7), ValueError, "reference=7 is smaller than the maps"),
        (lambda: dead_maps(torch.ones(5)), ValueError, r"maps of shape \(5,\)"),
        (lambda: dead_maps(torch.ones(2, 0, 0)), ValueError, r"maps of shape \(2, 0, 0\)"),
        (lambda: summarize(POINTS[:0], MASK[:0], dead="one"), ValueError, r"points of shape \(0,\) are empty"),
        (lambda: summarize(POINTS.int(), MASK, dead="one"), TypeError, "points are torch.int32"),
        (lambda: summarize(POINTS, MASK.int(), dead="one"), TypeError, "dead_mask is torch.int32"),
        (lambda: summarize(POINTS.tolist(), MASK, dead="one"), TypeError, "points: a list was given"),
        (
            lambda: profile(NETWORK, [torch.ones(1, 3, 8, 8)], "1"),
            TypeError,
            r"layers='1': give a list of names",
        ),
        (lambda: profile(NETWORK, [torch.ones(1, 3, 8, 8)], ["1"], reference=8.0), TypeError, "reference=8.0"),
        (lambda: profile(print, [torch.ones(1, 3, 8, 8)], ["1"]), TypeError, "model: a builtin_function"),
        (
            lambda: profile(torch.jit.script(NETWORK), [torch.ones(1, 3, 8, 8)], ["1"]),
            TypeError,
            "TorchScript runs its layers without hooks; give the torch.nn.Module",
        ),
        (
            lambda: profile(torch.export.export(NETWORK, (torch.ones(1, 3, 8, 8),)).module(), [], ["1"]),
            TypeError,
            "torch.export leaves operations, not layers; give the torch.nn.Module that was exported",
        ),
        (lambda: profile(torch.compile(NETWORK), [torch.ones(1, 3, 8, 8)], ["1"]), TypeError, "model._orig_mod"),
        (
            lambda: profile(nn.Conv2d(3, 4, 3, device="meta"), [torch.ones(1, 3, 8, 8)], [""]),
            ValueError,
            "it is on the meta device",
        ),
    ],
)
def test_what_is_wrong_is_reported(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_what_is_meant_is_taken():
    """NumPy's integers, and names or conventions in tuples."""
    assert rolloff_points(MAPS, reference=np.int64(16)).shape == (1,)
    assert rolloff_points(MAPS, convention=("published", "half_pixel")).shape == (2, 1)
    assert profile(NETWORK, [torch.rand(2, 3, 8, 8)], ["1"], reference=np.int64(8)).shape[0] == 4
    assert summarize(POINTS.half(), MASK, dead="one").mean == pytest.approx(0.3, abs=1e-3)


# What the checks themselves say.


class Whole:
    """A whole number of somebody's own."""

    def __index__(self) -> int:
        return 3


@pytest.mark.parametrize("given", [3, np.int64(3), np.uint8(3), torch.tensor(3), Whole()])
def test_any_whole_number_is_one(given):
    for number in (checks.require_size("every", given, "steps"), checks.require_seed(given)):
        assert number == 3
        assert type(number) is int


@pytest.mark.parametrize("given", [1.0, np.float32(1), "1", None, True, [1], torch.tensor(1.0)])
def test_no_whole_number_is_named_with_its_unit(given):
    with pytest.raises(TypeError, match=r"every=.*: it is a number of steps; give a whole number"):
        checks.require_size("every", given, "steps")
    with pytest.raises(TypeError, match=r"seed=.*: it is a seed of random numbers, 0 to .*; give a whole number"):
        checks.require_seed(given)


def test_numbers_within_limits():
    with pytest.raises(ValueError, match="every=0: it is a number of steps, at least 1"):
        checks.require_size("every", 0, "steps")
    with pytest.raises(ValueError, match="first=-1: it is the place of an image, 0 or more"):
        checks.require_place("first", -1, "the place of an image")
    with pytest.raises(ValueError, match="seed=-1: it is a seed of random numbers, 0 to 9223372036854775807"):
        checks.require_seed(-1)
    with pytest.raises(ValueError, match="cutoff=nan: it is a frequency; give a finite number"):
        checks.require_number("cutoff", float("nan"), "a frequency")
    with pytest.raises(TypeError, match="cutoff='10': it is a frequency; give a number"):
        checks.require_number("cutoff", "10", "a frequency")
    assert checks.require_number("cutoff", torch.tensor(2.5), "a frequency") == 2.5


def test_a_module_in_place_of_a_tensor():
    with pytest.raises(TypeError, match=r"weight: a Conv2d was given; give its \.weight"):
        checks.require_tensor("weight", nn.Conv2d(1, 2, 3))
    with pytest.raises(TypeError, match=r"maps: a ReLU was given; give a torch\.Tensor"):
        checks.require_tensor("maps", nn.ReLU())


def test_what_makes_networks_in_place_of_one():
    def build() -> nn.Module:
        return nn.ReLU()

    with pytest.raises(TypeError, match=r"model: the function build was given; .* perhaps build\(\)"):
        checks.require_hookable(build)
    with pytest.raises(TypeError, match=r"model: the class ReLU was given; give an instance, such as ReLU\(\.\.\.\)"):
        checks.require_hookable(nn.ReLU)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_rounding_beyond_one_is_clipped_and_no_more(kind):
    images = torch.rand(2, 1, 4, 4).to(kind)
    assert checks.within_one("images", images) is images
    images[0, 0, 0] = 1.0000001
    images[0, 0, 1] = -1e-7
    kept = images.clone()
    clipped = checks.within_one("images", images)
    assert torch.equal(images, kept)
    assert clipped.min() >= 0
    assert clipped.max() <= 1
    images[0, 0, 0] = 1.01
    with pytest.raises(ValueError, match=r"images lie in \[-.*e-.*, 1\.0.*\]; give them in \[0, 1\], up to rounding"):
        checks.within_one("images", images)


def test_limits_are_given_to_the_digit_that_matters():
    images = torch.rand(1, 1, 4, 4)
    images[0, 0, 0, 0] = 1.0001
    with pytest.raises(ValueError, match=r", 1\.0001\]"):
        checks.within_one("images", images)


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
def test_images_that_are_not_finite_lie_not_in_it(wrong):
    images = torch.rand(1, 1, 4, 4)
    images[0, 0, 0, 0] = wrong
    with pytest.raises(ValueError, match="images lie in"):
        checks.within_one("images", images)


def test_layers_from_a_generator_are_kept():
    assert checks.layer_names(name for name in "ab") == ["a", "b"]
    assert checks.layer_names({"mine": "a"}) == {"mine": "a"}
    with pytest.raises(TypeError, match="layers='conv1': give a list of names"):
        checks.layer_names("conv1")
    with pytest.raises(TypeError, match="layers=3: give a list of names"):
        checks.layer_names(3)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_has_the_srops_of_its_values(kind):
    maps = torch.rand(3, 9, 9).to(kind)
    for function in (rolloff_points, radial_spectrum):
        assert torch.equal(function(maps), function(maps.float()))
    assert torch.equal(rolloff_points_1d(maps), rolloff_points_1d(maps.float()))


@pytest.mark.parametrize(
    ("band", "error"), [(5, TypeError), ((1.0, 4), TypeError), ((1, 2, 3), TypeError), ((3, 2), ValueError)]
)
def test_a_band_that_is_none_is_named(band, error):
    with pytest.raises(error, match="band"):
        rolloff_points_1d(torch.rand(20), band=band)


@pytest.mark.parametrize(("kappa", "error"), [("0.85", TypeError), (None, TypeError), (1.0, ValueError)])
def test_a_share_that_is_none_is_named(kappa, error):
    with pytest.raises(error, match="kappa"):
        rolloff_points_1d(torch.rand(20), kappa=kappa)
