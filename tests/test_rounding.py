"""What counts as rounding, whatever transform is behind it.

Errors of one component of ``torch.fft.rfft2``, in units of the last place times the norm of the map, against a long
double transform; root mean square / largest. The bounds in ``srop.spectra`` are four times the largest of them.

=====================  ==========  =====================  ==========  =============  =============
processor              FFT         maps                   size        float32        float64
=====================  ==========  =====================  ==========  =============  =============
Intel Xeon, AVX-512    MKL         checkerboard and mean  106         1.7 / 35       52 / 2,150
Intel Xeon, AVX-512    MKL         checkerboard and mean  226                        102 / 6,700
Intel Xeon, AVX-512    MKL         checkerboard and mean  254         2.1 / 123      128 / 8,100
Intel Xeon, AVX-512    MKL         checkerboard and mean  224                        .2 / 18
AMD EPYC, AVX-512      MKL 2024.2  checkerboard and mean  106         2.5 / 80       3.1 / 225
AMD EPYC, AVX-512      MKL 2024.2  checkerboard and mean  226         2.7 / 192      3.8 / 530
AMD EPYC, AVX-512      MKL 2024.2  checkerboard and mean  254         2.7 / 105      4.4 / 720
AMD EPYC, AVX-512      MKL 2024.2  checkerboard and mean  509         3.0 / 400      4.1 / 750
AMD EPYC, AVX-512      MKL 2024.2  checkerboard and mean  224         .5 / 46        1.7 / 116
AMD EPYC, AVX-512      MKL 2024.2  white noise            24 to 509   .8 to 2.8      .8 to 3.7
NVIDIA H100            cuFFT 13    checkerboard and mean  106         3.2 / 200      4.6 / 321
NVIDIA H100            cuFFT 13    checkerboard and mean  226         8.6 / 1,120    7.0 / 923
NVIDIA H100            cuFFT 13    checkerboard and mean  254         9.6 / 1,516    6.3 / 1,003
NVIDIA H100            cuFFT 13    checkerboard and mean  509         4.2 / 726      4.1 / 423
NVIDIA H100            cuFFT 13    checkerboard and mean  224         .8 / 114       1.1 / 166
NVIDIA H100            cuFFT 13    white noise            24 to 509   1.0 to 3.8     1.0 to 3.3
=====================  ==========  =====================  ==========  =============  =============

The largest errors stand next to the largest components, and grow with the size as these do.
"""

from dataclasses import replace
from itertools import permutations

import pytest
import torch
from maps import checkerboard, noise

from srop import CONVENTIONS, PRINTED, dead_maps, rolloff_points, rolloff_points_1d, spectra
from srop.rings import outermost_ring
from srop.rolloff import _points

ERRORS = {torch.float32: (9.6, 1516), torch.float64: (128, 8100)}
REAL = {torch.float32: 1e-5, torch.float64: 1e-9}


@pytest.fixture(params=["this transform", "a coarse one"])
def transform(request, monkeypatch):
    """The transform of this machine, and one with errors as large as any that were seen."""
    if request.param == "this transform":
        return

    def coarse(maps: torch.Tensor) -> torch.Tensor:
        exact = spectrum(maps)
        each, worst = (units * torch.finfo(maps.dtype).eps for units in ERRORS[maps.dtype])
        generator = torch.Generator().manual_seed(0)
        errors = each * torch.randn(exact.shape, generator=generator, dtype=exact.dtype) / 2**0.5
        # Component (0, 1), of the innermost ring, and one in a thousand.
        errors[:, 2] = worst
        errors[torch.rand(exact.shape, generator=generator) < 1e-3] = worst
        return exact + errors * torch.linalg.vector_norm(maps, dim=(-2, -1))[:, None]

    spectrum = spectra.half_plane
    monkeypatch.setattr("srop.spectra.half_plane", coarse)
    monkeypatch.setattr("srop.rolloff.half_plane", coarse)
    monkeypatch.setattr("srop.lanes.is_ready", lambda *_: False)


@pytest.fixture(params=["compiled loops", "tensors"])
def path(request, monkeypatch):
    """What a CPU computes, and what CUDA does."""
    if request.param == "tensors":
        monkeypatch.setattr("srop.rolloff._points_on_cpu", _points)


@pytest.mark.usefixtures("transform", "path")
@pytest.mark.parametrize("size", [8, 24, 70, 106, 224, 226, 254])
@pytest.mark.parametrize("dtype", ERRORS)
@pytest.mark.parametrize("mean", [0.79, 1.1, 10.3])
def test_checkerboard_is_out_of_band_and_not_dead(size, dtype, mean):
    """With means of 16 to 22 standard deviations, which stay in the map at first, and of 206.

    Sizes with a large prime factor have the largest rounding.
    """
    maps = 0.05 * checkerboard(size, dtype) + mean
    assert not dead_maps(maps)
    for name, convention in CONVENTIONS.items():
        point = rolloff_points(maps, convention=convention)
        # As printed, DC is in the band: all the band holds is ring 0.
        assert point == 0 if convention == PRINTED else point.isnan(), name
    assert rolloff_points(checkerboard(size), convention=PRINTED).isnan()


@pytest.mark.parametrize("mean", [0, 0.79, 10.3])
def test_a_map_is_out_of_band_whatever_other_conventions_say(mean):
    """As printed, DC is in the band, and settles what the others do not."""
    maps = torch.stack([0.05 * checkerboard(24) + mean, noise(1, 24, 24)[0], torch.zeros(24, 24)])
    alone = {name: rolloff_points(maps, convention=name) for name in CONVENTIONS}
    for names in permutations(CONVENTIONS):
        together = rolloff_points(maps, convention=names)
        for name, points in zip(names, together, strict=True):
            torch.testing.assert_close(points, alone[name], rtol=0, atol=0, equal_nan=True)


@pytest.mark.usefixtures("transform", "path")
@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize("size", [4, 8, 24, 106, 254])
@pytest.mark.parametrize("dtype", REAL)
def test_real_power_is_not_lost(name, size, dtype):
    """A plane wave of 1e-5 or 1e-9 of the energy, in the first, a middle and the last ring, with a checkerboard."""
    wave_numbers = sorted({1, size // 4, min(size // 2 - 1, outermost_ring(size))} - {0})
    x = torch.arange(size, dtype=torch.float64) / size
    waves = torch.stack([torch.cos(2 * torch.pi * k * x).expand(size, size) for k in wave_numbers])
    maps = checkerboard(size, torch.float64) + (2 * REAL[dtype]) ** 0.5 * waves
    assert not rolloff_points(maps.to(dtype), convention=CONVENTIONS[name]).isnan().any()


@pytest.mark.usefixtures("transform")
@pytest.mark.parametrize("dtype", ERRORS)
def test_rounding_settles_no_tie(dtype):
    """17 of the 20 equal rings of a single pixel are 85 % exactly."""
    maps = torch.zeros(50, 31, 31, dtype=dtype)
    maps[:, 12, 7] = torch.rand(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    assert outermost_ring(31) == 20
    assert (rolloff_points(maps) * 20).round().unique().tolist() == [17]


@pytest.mark.parametrize("dtype", ERRORS)
@pytest.mark.parametrize("spectrum", ["power", "magnitude"])
def test_signals(spectrum, dtype):
    """A signal of the highest frequency has nothing below it; a trace of 1e-5 or 1e-9 there is found."""
    alternating = 1 - 2 * (torch.arange(508) % 2).to(dtype)
    trace = (2 * REAL[dtype]) ** 0.5 * torch.cos(2 * torch.pi * 10 * torch.arange(508, dtype=dtype) / 508)
    points = rolloff_points_1d(torch.stack([alternating, alternating + trace]), spectrum=spectrum, band=(0, 100))
    assert points[0].isnan()
    assert not points[1].isnan()


def test_a_wave_that_is_all_there_is_counts_whatever_its_height():
    for height in (1e-30, 1e-3, 1e30):
        wave = height * torch.cos(2 * torch.pi * 3 * torch.arange(24) / 24).expand(24, 24)
        assert not rolloff_points(wave).isnan()
        assert not rolloff_points(wave, convention=replace(PRINTED, ring_statistic="mean")).isnan()
    assert not rolloff_points(noise(3, 24, 24) * 1e-20).isnan().any()
