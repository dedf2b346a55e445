"""Maps that are not square: rings of equal frequency in cycles per pixel."""

from dataclasses import replace

import numpy as np
import oracle
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import noise, sparse

from srop import CONVENTIONS, PUBLISHED, dead_maps, radial_spectrum, rolloff_grid, rolloff_points
from srop.resolution import is_coarse, possible_srops
from srop.rings import outermost_ring, ring_index, ring_sizes
from srop.rolloff import _points
from srop.sizes import MapSize, as_reference, as_size

TIE = {torch.float64: 1e-6, torch.float32: 1e-4}


def wave(height: int, width: int, periods: float, *, along_rows: bool) -> torch.Tensor:
    """Give a wave whose value changes from row to row, or from column to column."""
    side = height if along_rows else width
    values = torch.cos(2 * torch.pi * periods * torch.arange(side, dtype=torch.float64) / side)
    return (values[:, None] if along_rows else values).expand(height, width)


# Rings.


@pytest.mark.parametrize("center", ["dc", "half_pixel"])
@pytest.mark.parametrize("size", [(5, 9), (9, 5), (4, 224), (5, 224), (7, 10), (24, 17), (1, 8), (2, 31), (12, 12)])
def test_rings_are_those_of_the_frequencies(size, center):
    ring = np.fft.fftshift(ring_index(size, center))
    assert np.array_equal(ring, oracle.rings(*size, center))
    # DC lies in ring 0, and no ring up to the last one that holds a component is empty.
    assert ring_index(size, center)[0, 0] == 0
    assert (np.bincount(ring.ravel()) > 0).all()


@pytest.mark.parametrize("size", range(4, 40))
@pytest.mark.parametrize("center", ["dc", "half_pixel"])
def test_rings_of_squares_are_distances(size, center):
    middle = (size - 1) / 2 if center == "half_pixel" else size // 2
    offset = np.fft.ifftshift(np.arange(size)) - middle
    assert np.array_equal(ring_index((size, size), center), np.floor(np.hypot(offset[:, None], offset)))
    assert np.array_equal(ring_index(size, center), ring_index((size, size), center))


def test_outer_rings_of_a_strip_are_empty():
    """Of 5 x 224 no frequency is above sqrt(.4^2 + .5^2) cycles per pixel, which lies in ring 143."""
    counts = ring_sizes((5, 224), "dc", 1)
    assert len(counts) == outermost_ring((5, 224)) == outermost_ring(224) == 156
    assert np.flatnonzero(counts == 0).tolist() == list(range(143, 156))
    assert possible_srops((5, 224)) == pytest.approx([k / 156 for k in range(1, 144)])
    spectrum = radial_spectrum(noise(3, 5, 224))
    assert (spectrum[:, 143:] == 0).all()
    assert spectrum.sum(-1) == pytest.approx(torch.ones(3).tolist(), abs=1e-5)


# Closed forms.


@pytest.mark.parametrize("other", [4, 5, 9, 13, 24, 56, 223, 224])
@pytest.mark.parametrize("periods", [1, 7, 56, 100])
@pytest.mark.parametrize("along_rows", [False, True])
def test_a_wave_along_the_longer_side_has_one_srop_whatever_the_other_side_is(other, periods, along_rows):
    size = (224, other) if along_rows else (other, 224)
    assert rolloff_points(wave(*size, periods, along_rows=along_rows)).item() * 156 == pytest.approx(periods)


@pytest.mark.parametrize("other", [24, 31, 56, 100, 224])
@pytest.mark.parametrize("periods", range(1, 12))
@pytest.mark.parametrize("along_rows", [False, True])
def test_a_wave_along_the_shorter_side_lies_in_the_ring_of_its_cycles_per_pixel(other, periods, along_rows):
    size = (24, other) if along_rows else (other, 24)
    ring = rolloff_points(wave(*size, periods, along_rows=along_rows)).item() * outermost_ring(other)
    assert round(ring) == pytest.approx(ring, abs=1e-6)
    assert round(ring) / other <= periods / 24 < (round(ring) + 1) / other


@pytest.mark.parametrize("size", [(224, 320), (112, 160), (112, 320), (224, 160)])
@pytest.mark.parametrize("periods", [1, 2, 3])
def test_at_one_reference_waves_of_one_frequency_have_one_srop_along_both_axes(size, periods):
    """Even if a layer's stride differs along both axes, rings are those of the input's pixels."""
    rows = wave(*size, 7 * periods, along_rows=True)
    columns = wave(*size, 10 * periods, along_rows=False)
    points = rolloff_points(torch.stack([rows, columns]), reference=(224, 320)) * outermost_ring(320)
    assert points.tolist() == pytest.approx([10 * periods] * 2)


@pytest.mark.parametrize("size", [(5, 9), (9, 5), (24, 17), (7, 10), (1, 12)])
def test_a_single_pixel_has_a_flat_spectrum(size):
    """All rings that hold a component are equal: the first that reaches 85 % of their number."""
    pixel = torch.zeros(*size, dtype=torch.float64)
    pixel[size[0] // 2, size[1] // 3] = 1
    held = np.flatnonzero(ring_sizes(size, "dc", 1) > 0) + 1
    expected = held[np.ceil(0.85 * len(held) - 1e-9).astype(int) - 1] / outermost_ring(size)
    assert rolloff_points(pixel).item() == pytest.approx(expected)


# The oracle.

CASES = [
    *((size, None) for size in ((5, 9), (9, 5), (7, 10), (24, 17), (4, 31), (1, 9), (9, 1), (2, 8), (40, 24))),
    *((size, (56, 80)) for size in ((28, 40), (14, 40), (13, 11), (2, 3), (55, 80), (7, 10), (7, 7))),
    ((5, 9), (10, 18)),
    ((5, 9), (20, 27)),
    ((7, 10), (57, 64)),
    ((13, 11), (26, 33)),
    ((12, 12), (24, 36)),
    ((12, 12), (23, 36)),
    ((12, 24), (24, 24)),
    ((1, 1), (8, 9)),
]


def check_against_oracle(maps: torch.Tensor, convention, reference, device: str = "cpu") -> None:
    got = rolloff_points(maps.to(device), convention=convention, reference=reference).double().cpu().numpy()
    expected = oracle.rolloff_points(maps.numpy(), convention, reference)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    size = maps.shape[-2:]
    ring = 1 / rolloff_grid(tuple(size), convention=convention, reference=reference)[1]
    rings_apart = np.nan_to_num(np.abs(got - expected)) / ring
    assert rings_apart.max() < 1.01
    decided = oracle.margins(maps.numpy(), convention, reference) > TIE[maps.dtype]
    assert (rings_apart[decided] < 0.01).all()


def usable(size, convention, reference) -> bool:
    """Whether the spectrum is large enough."""
    own = reference if reference and convention.reference_rule == "upsample" else size
    return max(own) >= 4


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize(("size", "reference"), CASES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("kind", [noise, sparse])
@pytest.mark.parametrize("compiled", [True, False])
def test_agrees_with_the_oracle(name, size, reference, dtype, kind, compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr("srop.rolloff._points_on_cpu", _points)
    convention = CONVENTIONS[name]
    if usable(size, convention, reference):
        check_against_oracle(kind(20, *size, dtype=dtype), convention, reference)


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize("size", [(224, 320), (112, 160), (7, 10), (5, 9), (55, 79)])
def test_agrees_with_the_oracle_at_the_reference_of_an_input(name, size):
    check_against_oracle(noise(3, *size), CONVENTIONS[name], (224, 320))


@pytest.mark.parametrize("name", CONVENTIONS)
@given(st.integers(5, 224), st.integers(9, 320), st.sampled_from([None, (224, 320), (230, 331)]), st.integers(0, 999))
@settings(deadline=None, max_examples=12)
def test_agrees_with_the_oracle_at_any_size(name, height, width, reference, seed):
    check_against_oracle(noise(2, height, width, seed=seed), CONVENTIONS[name], reference)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize(("size", "reference"), [*CASES, ((224, 320), None), ((112, 160), (224, 320))])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_cuda_agrees_with_the_oracle(name, size, reference, dtype):
    convention = CONVENTIONS[name]
    if usable(size, convention, reference):
        check_against_oracle(noise(8, *size, dtype=dtype), convention, reference, device="cuda")


# Properties.


@given(st.integers(5, 60), st.integers(9, 80), st.integers(0, 999), st.sampled_from(list(CONVENTIONS)))
@settings(deadline=None, max_examples=40)
def test_transposition_changes_nothing_except_at_ties(height, width, seed, name):
    """Rings about a point half a pixel from DC are the same along both axes, too."""
    maps = noise(6, height, width, seed=seed, dtype=torch.float64)
    for reference in (None, (64, 96)):
        turned = None if reference is None else reference[::-1]
        points = rolloff_points(maps, convention=name, reference=reference)
        other = rolloff_points(maps.mT, convention=name, reference=turned)
        decided = torch.from_numpy(oracle.margins(maps.numpy(), CONVENTIONS[name], reference)) > 1e-9
        torch.testing.assert_close(points[decided], other[decided])


@given(st.integers(5, 40), st.integers(9, 60), st.integers(0, 999), st.floats(0.01, 100), st.floats(-50, 50))
@settings(deadline=None, max_examples=40)
def test_an_affine_change_leaves_the_srop(height, width, seed, gain, shift):
    maps = noise(6, height, width, seed=seed)
    apart = rolloff_points(gain * (maps + shift)) - rolloff_points(maps)
    decided = torch.from_numpy(oracle.margins(maps.numpy(), PUBLISHED)) > 1e-3
    assert (apart[decided].abs() < 1e-6).all()


@given(st.integers(5, 224), st.integers(9, 320), st.sampled_from(list(CONVENTIONS)), st.integers(0, 999))
@settings(deadline=None, max_examples=30)
def test_values_lie_in_the_unit_interval_and_rise_with_kappa(height, width, name, seed):
    maps = noise(3, height, width, seed=seed)
    previous = torch.zeros(3)
    for kappa in (0.3, 0.85, 0.99):
        points = rolloff_points(maps, convention=replace(CONVENTIONS[name], kappa=kappa))
        assert ((points >= previous) & (points <= 1)).all()
        previous = points


@pytest.mark.parametrize("reference", [None, (28, 40), (30, 41)])
def test_any_leading_shape_and_layout_and_chunk(reference, monkeypatch):
    maps = noise(2, 3, 5, 14, 20)
    expected = rolloff_points(maps, reference=reference)
    assert expected.shape == (2, 3, 5)
    assert torch.equal(rolloff_points(maps[1, 2, 3], reference=reference), expected[1, 2, 3])
    assert torch.equal(rolloff_points(maps.transpose(0, 2), reference=reference), expected.transpose(0, 2))
    last = maps[0].to(memory_format=torch.channels_last)
    assert torch.equal(rolloff_points(last, reference=reference), expected[0])
    assert rolloff_points(maps[:0], reference=reference).shape == (0, 3, 5)
    monkeypatch.setattr("srop.rolloff._CHUNK", {"cpu": 1})
    assert torch.equal(rolloff_points(maps, reference=reference), expected)


def test_several_conventions_equal_each_alone():
    maps = torch.relu(noise(20, 14, 20) - 0.5)
    conventions = [*CONVENTIONS.values(), replace(PUBLISHED, kappa=0.6)]
    for reference in (None, (28, 40), (30, 41)):
        together = rolloff_points(maps, convention=conventions, reference=reference)
        for points, convention in zip(together, conventions, strict=True):
            assert torch.equal(points, rolloff_points(maps, convention=convention, reference=reference))


def test_the_rolloff_point_is_read_from_the_radial_spectrum():
    maps = torch.relu(noise(10, 24, 36))
    for reference in (None, (48, 72), (50, 80)):
        spectrum = radial_spectrum(maps, reference=reference)
        ring = (spectrum.cumsum(-1) < 0.85).sum(-1) + 1
        unit = rolloff_grid((24, 36), reference=reference)[1]
        assert torch.equal(ring / unit, rolloff_points(maps, reference=reference))


def test_dead_and_constant_maps_have_no_srop():
    maps = torch.stack([torch.zeros(8, 11), torch.full((8, 11), 3.7), noise(8, 11), 1 + 1e-7 * noise(8, 11).sign()])
    assert dead_maps(maps).tolist() == [True, True, False, False]
    for convention in CONVENTIONS.values():
        for reference in (None, (16, 22), (20, 30)):
            points = rolloff_points(maps, convention=convention, reference=reference)
            assert points.isnan().tolist() == [True, True, False, True]


def test_a_checkerboard_is_out_of_band():
    rows, columns = torch.meshgrid(torch.arange(24), torch.arange(40), indexing="ij")
    board = ((rows + columns) % 2).float()
    assert rolloff_points(board).isnan()
    assert not dead_maps(board)


# How many SROPs there are.


@pytest.mark.parametrize(("size", "reference"), [((1, 4), (8, 32)), ((2, 3), (24, 36)), ((3, 5), (24, 40))])
def test_possible_srops_of_enlarged_maps_are_those_that_occur(size, reference):
    possible = torch.tensor(possible_srops(size, reference=reference))
    measured = rolloff_points(noise(20_000, *size), reference=reference).unique()
    assert torch.isin((measured * 1e4).round(), (possible * 1e4).round()).all()
    assert len(measured) >= len(possible) - 2
    assert is_coarse(size, reference=reference) == (len(possible) < 5)


@pytest.mark.parametrize("size", [(1, 65), (2, 33), (3, 22), (5, 13), (6, 11), (7, 10), (65, 1), (10, 7)])
def test_just_over_64_pixels_more_than_five_srops_are_possible(size):
    reference = (112, 160) if size[1] > size[0] else (160, 112)
    points = rolloff_points(
        torch.cat([noise(300, *size), noise(300, *size).cumsum(-1).cumsum(-2)]), reference=reference
    )
    assert points.unique().numel() > 5
    assert not is_coarse(size, reference=reference)


# Sizes as arguments.


@pytest.mark.parametrize("value", [(224, 320), [224, 320], "224x320", " 224 x 320 ", torch.Size([224, 320])])
def test_a_reference_may_be_written_in_several_ways(value):
    maps = noise(3, 7, 10)
    assert torch.equal(rolloff_points(maps, reference=value), rolloff_points(maps, reference=MapSize(224, 320)))
    assert rolloff_grid("7x10", reference=value) == (224, 224)


def test_a_size_in_a_table_reads_back():
    assert [MapSize(7, 7).plain, MapSize(7, 10).plain] == [7, "7x10"]
    assert [as_size(each) for each in (7, "7x7", "7x10")] == [MapSize(7, 7), MapSize(7, 7), MapSize(7, 10)]
    assert as_reference(None, MapSize(7, 10)) is None


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (320, ValueError, r"one edge length, and the maps are 7 x 10; give the rows and columns"),
        ("320", TypeError, "rows x columns such as '224x320'"),
        ((6, 320), ValueError, r"reference=\(6, 320\) is smaller than the maps, which are 7 x 10"),
        ((224, 9), ValueError, "is smaller than the maps"),
        ((0, 320), ValueError, "at least 1"),
        ("224 by 320", TypeError, "rows x columns such as '224x320'"),
        ((224, 320, 3), TypeError, "or two of them, rows and columns"),
        ((224, 320.0), TypeError, "give a whole number"),
        (True, TypeError, "give a whole number"),
    ],
)
def test_bad_references(value, error, message):
    for call in (rolloff_points, radial_spectrum):
        with pytest.raises(error, match=message):
            call(noise(2, 7, 10), reference=value)
    with pytest.raises(error, match=message):
        rolloff_grid((7, 10), reference=value)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (torch.zeros(2, 0, 9), "empty"),
        (torch.zeros(2, 5, 0), "empty"),
        (torch.zeros(2, 2, 3), "at least 4 along its longer side"),
        (torch.full((5, 9), torch.nan), "NaN or infinite"),
        (torch.zeros(2, 5, 9, dtype=torch.complex64), "complex"),
    ],
)
def test_bad_maps(maps, message):
    with pytest.raises(ValueError, match=message):
        rolloff_points(maps)
