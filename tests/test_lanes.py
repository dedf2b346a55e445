"""SROPs in lanes against the oracle and against the path that other maps take."""

import logging
from dataclasses import replace

import numpy as np
import oracle
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import checkerboard, noise, sparse
from numba import njit

from srop import HALF_PIXEL, PRINTED, PUBLISHED, dead_maps, lanes, rolloff_points
from srop.folding import fold, folds
from srop.rings import Band, outermost_ring, ring_weights
from srop.spectra import NotFiniteError

SIZES = {torch.float32: (4, 5, 7, 12, 28, 32, 56), torch.float64: (5, 12, 28)}
"""Few, because each is compiled where nothing was kept."""
CASES = [(dtype, size) for dtype, sizes in SIZES.items() for size in sizes]
TIE = {torch.float64: 1e-6, torch.float32: 1e-4}
LAYOUTS = {
    "contiguous": lambda maps: maps,
    "channels last": lambda maps: maps.to(memory_format=torch.channels_last),
    "cropped": lambda maps: torch.nn.functional.pad(maps, (1, 2, 3, 0), value=7)[..., 3:, 1:-2],
    "some channels": lambda maps: torch.cat([maps, maps], 1).to(memory_format=torch.channels_last)[:, : maps.shape[1]],
    "every other channel": lambda maps: maps.repeat_interleave(2, 1)[:, ::2],
}


@pytest.fixture(autouse=True, scope="module")
def _compiled():
    for dtype, sizes in SIZES.items():
        assert lanes.compile_ahead(sizes, [dtype]) == list(sizes)


@pytest.fixture
def no_other_path(monkeypatch):
    def fail(*_):
        raise AssertionError("this would take the other path")

    monkeypatch.setattr("srop.rolloff.half_plane", fail)
    monkeypatch.setattr("srop.rolloff.Spectra", fail)


def on_the_other_path(maps: torch.Tensor, **arguments) -> torch.Tensor:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srop.lanes.is_ready", lambda *_: False)
        return rolloff_points(maps, **arguments)


def check(maps: torch.Tensor, convention=PUBLISHED, reference: int | None = None) -> None:
    got = rolloff_points(maps, convention=convention, reference=reference).double().numpy()
    expected = oracle.rolloff_points(maps.numpy(), convention, reference)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    rings_apart = np.nan_to_num(np.abs(got - expected)) * outermost_ring(reference or maps.shape[-1])
    assert rings_apart.max() < 1.01
    decided = oracle.margins(maps.numpy(), convention, reference) > TIE[maps.dtype]
    assert (rings_apart[decided] < 0.01).all()


@pytest.mark.usefixtures("no_other_path")
@pytest.mark.parametrize(("dtype", "size"), CASES)
@pytest.mark.parametrize("kind", [noise, sparse])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_agrees_with_the_oracle(dtype, size, kind, layout):
    maps = LAYOUTS[layout](kind(2, 19, size, size, dtype=dtype))
    check(maps, reference=56 if size in (7, 28) else None)


@pytest.mark.usefixtures("no_other_path")
@pytest.mark.parametrize("size", SIZES[torch.float32])
def test_agrees_with_the_oracle_at_the_papers_reference(size):
    check(noise(17, size, size), reference=size * (224 // size))


@pytest.mark.usefixtures("no_other_path")
@pytest.mark.parametrize("field", [{"ring_statistic": "sum"}, {"first_ring": 0}, {"kappa": 0.5}])
@pytest.mark.parametrize("reference", [None, 56])
def test_conventions_about_dc(field, reference):
    check(noise(20, 28, 28), replace(PUBLISHED, **field), reference)
    check(noise(20, 28, 28) + 1, replace(PUBLISHED, **field, reference_rule="scale"))


@settings(max_examples=60)
@given(
    case=st.sampled_from(CASES),
    shape=st.lists(st.integers(0, 20), max_size=2).map(tuple),
    layout=st.sampled_from([None, "channels last", "some channels", "every other channel"]),
    seed=st.integers(0, 99),
    shift=st.sampled_from([0.0, 1.0, 15.0, 100.0]),
    share_dead=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_both_paths_agree(case, shape, layout, seed, shift, share_dead):
    dtype, size = case
    maps = noise(*shape, size, size, seed=seed, dtype=dtype) + shift
    maps[noise(1, *shape, seed=seed + 1)[0].sigmoid() < share_dead] = shift
    if layout and maps.ndim == 4:
        maps = LAYOUTS[layout](maps)
    got, expected = rolloff_points(maps), on_the_other_path(maps)
    assert got.shape == maps.shape[:-2]
    assert torch.equal(got.isnan(), expected.isnan())
    differs = got.nan_to_num() != expected.nan_to_num()
    assert not differs.any() or (oracle.margins(maps[differs].numpy(), PUBLISHED) < TIE[dtype] * (1 + shift)).all()


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.bool, torch.float16, torch.bfloat16])
def test_other_types_are_computed_in_float32(dtype):
    maps = (noise(3, 20, 12, 12) * 3).clamp(0, 9).to(dtype)
    assert torch.equal(rolloff_points(maps), rolloff_points(maps.float()))


@pytest.mark.usefixtures("no_other_path")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_dead_maps_are_settled_at_once(layout):
    maps = noise(2, 19, 12, 12)
    maps[0, ::3], maps[1, 4] = 0, 3.7
    maps = LAYOUTS[layout](maps)
    without = rolloff_points(maps).isnan()
    assert torch.equal(without, dead_maps(maps))
    assert torch.equal(dead_maps(maps, among=without), dead_maps(maps))
    assert dead_maps(maps).sum() == 8


@pytest.mark.parametrize("layout", LAYOUTS)
def test_neither_scale_nor_mean_nor_neighbors_matter(layout):
    maps = noise(2, 19, 28, 28)
    expected = rolloff_points(maps)
    changed = maps.clone()
    changed[:, ::4] *= 1e-30
    changed[:, 1::4] *= 1e30
    changed[:, 2::4] += 30
    assert torch.equal(rolloff_points(LAYOUTS[layout](changed)), expected)
    changed[0, 3], changed[1, 4, 5, 6], changed[1, 6, 0, 0] = 0, torch.nan, -torch.inf
    points = rolloff_points(LAYOUTS[layout](changed), check_finite=False)
    without = torch.zeros(2, 19, dtype=torch.bool)
    without[0, 3] = without[1, 4] = without[1, 6] = True
    assert torch.equal(points.isnan(), without)
    assert torch.equal(points[~without], expected[~without])
    with pytest.raises(NotFiniteError):
        rolloff_points(LAYOUTS[layout](changed))


def test_what_rounding_alone_keeps_from_being_constant_has_no_srop():
    maps = torch.full((20, 12, 12), 0.7)
    maps[:, 3, 4] *= 1 + 2**-22
    assert rolloff_points(maps).isnan().all()
    assert rolloff_points(torch.stack([checkerboard(12), 0.05 * checkerboard(12) + 0.79])).isnan().all()


@pytest.mark.parametrize("dtype", SIZES)
def test_rounding_settles_no_tie(dtype):
    """17 of the 20 equal rings of a single pixel are 85 % exactly, whatever its height and place."""
    if dtype == torch.float64:
        lanes.compile_ahead([32], [dtype])
    maps = torch.zeros(100, 32, 32, dtype=dtype)
    place = torch.arange(100)
    maps[place, place % 32, 7 * place % 32] = noise(100, dtype=dtype)
    assert outermost_ring(32) == 20
    assert (rolloff_points(maps) * 20).round().unique().tolist() == [17]


@pytest.mark.parametrize("number", [1, 15, 16, 17])
def test_any_number_of_maps(number):
    maps = noise(17, 7, 7)
    assert torch.equal(rolloff_points(maps[:number]), rolloff_points(maps)[:number])
    assert torch.equal(rolloff_points(maps[0]), rolloff_points(maps)[0])
    assert rolloff_points(maps[:0]).shape == (0,)
    assert rolloff_points(maps.reshape(17, 1, 7, 7)[:, :0]).shape == (17, 0)


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr("srop.lanes._SHARE", 1)
    maps = noise(5, 50, 12, 12)
    maps[0, :9] = 0
    maps[1, :9] *= 1e-30
    threads = torch.get_num_threads()
    points = []
    try:
        for number in (1, 2, 3, 64):
            torch.set_num_threads(number)
            points += [rolloff_points(layout(maps)) for layout in LAYOUTS.values()]
    finally:
        torch.set_num_threads(threads)
    for each in points:
        torch.testing.assert_close(each, points[0], rtol=0, atol=0, equal_nan=True)


def test_several_bands_at_once():
    maps = noise(40, 28, 28)
    conventions = [PUBLISHED, replace(PUBLISHED, kappa=0.5), replace(PUBLISHED, first_ring=0)]
    together = rolloff_points(maps, convention=conventions, reference=56)
    for points, convention in zip(together, conventions, strict=True):
        assert torch.equal(points, rolloff_points(maps, convention=convention, reference=56))


@pytest.mark.parametrize(("size", "reference"), [(5, None), (12, None), (7, 56), (12, 48), (28, 28)])
def test_folded_rings_are_the_rings(size, reference):
    x, half = noise(size, size, dtype=torch.float64).numpy(), size // 2 + 1
    angles = 2 * np.pi * np.outer(np.arange(half), np.arange(size)) / size
    # Sines that are zero add nothing.
    cosines, sines = np.cos(angles), np.sin(angles)
    power = sum((a @ x @ b.T) ** 2 for a in (cosines, sines) for b in (cosines, sines))
    power = (power + power.T)[np.triu_indices(half)] / np.where(np.equal(*np.triu_indices(half)), 2, 1)

    band = Band.for_maps(size, PUBLISHED, reference)
    assert folds(band)
    starts, components, weights, rings = fold((band,))
    sums = np.add.reduceat(weights * power[components], starts[:-1])
    spectrum = np.abs(np.fft.rfft2(x)) ** 2
    expected = spectrum.flatten() @ ring_weights(size, band.ring_size, PUBLISHED)
    np.testing.assert_allclose(sums[: rings[0]], expected)
    energies = (x.sum() / size) ** 2, ((x - x.mean()) ** 2).sum()
    np.testing.assert_allclose(sums[rings[0] :], [expected.sum(), *energies])


def test_what_does_not_fold():
    assert not folds(Band.for_maps(12, HALF_PIXEL, None))
    assert not folds(Band.for_maps(12, PRINTED, None))
    assert not folds(Band.for_maps(12, PUBLISHED, 56))


def test_vectors_are_as_wide_as_the_processors():
    signature = lanes._signature(torch.float32)
    loops = njit(nogil=True)(lanes._loops(4, lanes.lanes_of(torch.float32)).py_func)
    loops.compile(signature)
    assert f"<{lanes.lanes_of(torch.float32)} x float>" in loops.inspect_llvm(signature)
    code = loops.inspect_asm(signature)
    features = lanes._features()
    if "+avx512f" in features:
        assert code.count("zmm") > 100
    elif "+avx" in features:
        assert code.count("ymm") > 100


class Uncompiled:
    """Loops that only count how often they are compiled."""

    def __init__(self) -> None:
        self.compiled = 0

    def compile(self, _signature) -> None:
        self.compiled += 1


def test_loops_are_compiled_where_that_pays(monkeypatch, caplog):
    loops = Uncompiled()
    monkeypatch.setattr("srop.lanes.is_compiled", lambda *_: False)
    monkeypatch.setattr("srop.lanes._loops", lambda *_: loops)
    monkeypatch.setattr("srop.lanes._pays", 2**22)
    with caplog.at_level(logging.INFO, "srop"):
        assert not lanes.is_ready(13, torch.float32, 2**30)
        assert not lanes.is_ready(160, torch.float32, 1)
        few = lanes._pays // 160**2 // 2 + 1
        assert [lanes.is_ready(160, torch.float32, few) for _ in range(3)] == [False, True, True]
        assert loops.compiled == 1
        lanes.compile_at_first_use()
        assert lanes.is_ready(80, torch.float32, 16)
        assert loops.compiled == 2
    assert caplog.messages[0] == "maps of 160 x 160: the loops are compiled, once for this processor; about a second"
    lanes._waits.cache_clear()


def test_sizes_that_are_no_sizes():
    with pytest.raises(TypeError):
        lanes.compile_ahead([7.5])
    with pytest.raises(ValueError, match="size"):
        lanes.compile_ahead([0])
    assert lanes.compile_ahead([13]) == []
