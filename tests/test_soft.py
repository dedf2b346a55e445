"""The soft SROP, the slope and the gradients of spectra, against the SROP, closed forms and finite differences."""

from itertools import pairwise

import numpy as np
import pytest
import torch

import srop
from srop import radial_spectrum, rolloff_points, soft_rolloff_points, spectral_slope
from srop.rings import mean_frequencies, outermost_ring, ring_index

CONVENTIONS = ["published", "half_pixel", "printed"]


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def mixed(count: int, *size: int) -> torch.Tensor:
    """Maps from smooth to fine."""
    smooth = torch.nn.functional.avg_pool2d(noise(count, *(side + 4 for side in size)), 5, 1)
    share = torch.linspace(0, 1, count, dtype=torch.float64)[:, None, None]
    return smooth + share * noise(count, *size)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize(
    ("size", "reference"), [((8, 8), None), ((6, 6), 12), ((6, 6), 14), ((5, 8), None), ((5, 6), (8, 9))]
)
class TestGradients:
    def test_of_the_spectrum(self, convention, size, reference):
        assert torch.autograd.gradcheck(
            lambda maps: radial_spectrum(maps, convention=convention, reference=reference),
            noise(2, *size).requires_grad_(),
        )

    def test_of_the_soft_srop(self, convention, size, reference):
        for temperature in (0.02, 0.3):
            assert torch.autograd.gradcheck(
                lambda maps, t=temperature: soft_rolloff_points(
                    maps, temperature=t, convention=convention, reference=reference
                ),
                noise(2, *size).requires_grad_(),
            )


def test_a_large_spectrum_has_the_gradient_of_finite_differences():
    """Its rings are a sparse matrix."""
    maps, direction = noise(1, 512, 512), noise(2, 512, 512)[1:]
    maps.requires_grad_()
    (gradient,) = torch.autograd.grad(soft_rolloff_points(maps).sum(), maps)
    with torch.no_grad():
        ends = [soft_rolloff_points(maps + sign * 1e-5 * direction).sum() for sign in (1, -1)]
    assert (gradient * direction).sum().item() == pytest.approx((ends[0] - ends[1]).item() / 2e-5, rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("reference", [None, 24])
def test_the_spectrum_is_the_same_with_and_without_a_gradient(dtype, reference):
    maps = mixed(6, 10, 10).to(dtype)
    with_gradient = radial_spectrum(maps.clone().requires_grad_(), reference=reference)
    assert with_gradient.requires_grad
    torch.testing.assert_close(with_gradient.detach(), radial_spectrum(maps, reference=reference))
    assert not radial_spectrum(maps).requires_grad
    with torch.no_grad():
        assert not radial_spectrum(maps.requires_grad_()).requires_grad


def test_a_spectrum_that_was_first_measured_in_inference_mode_has_gradients():
    for size in (9, 23):
        with torch.inference_mode():
            rolloff_points(noise(2, size, size))
            radial_spectrum(noise(2, size, size))
            radial_spectrum(noise(2, size, size), reference=41)
            srop.fine_share(noise(2, size, size), 2)
        maps = noise(2, size, size).requires_grad_()
        total = radial_spectrum(maps)[:, 0] + radial_spectrum(maps, reference=41)[:, 0] + srop.fine_share(maps, 2)
        total.sum().backward()
        assert maps.grad.isfinite().all()


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("reference", [None, 48, (50, 60)])
def test_it_converges_to_the_srop(convention, reference):
    maps = mixed(40, 24, 24)
    exact = rolloff_points(maps, convention=convention, reference=reference)
    assert exact.unique().numel() > (1 if convention == "printed" else 8)
    errors = [
        (soft_rolloff_points(maps, temperature=t, convention=convention, reference=reference) - exact).abs().max()
        for t in (0.1, 0.01, 0.001, 1e-4, 1e-6)
    ]
    assert errors[-1] < 1e-9
    assert all(later < earlier for earlier, later in pairwise(errors))


def test_its_limits_are_a_tie_and_the_centroid():
    spectrum = radial_spectrum(noise(1, 24, 24))[0]
    first, last = spectrum[:4].sum().item(), 15
    tie = srop.Convention(kappa=first)
    soft = soft_rolloff_points(noise(1, 24, 24), temperature=1e-4, convention=tie)
    assert soft.item() * last == pytest.approx(4.5, abs=0.01)
    centroid = (spectrum * torch.arange(1, last + 1)).sum().item() / last
    soft = soft_rolloff_points(noise(1, 24, 24), temperature=1e5)
    assert soft.item() == pytest.approx(centroid, rel=1e-6)
    assert soft_rolloff_points(noise(1, 24, 24).float(), temperature=1e5).item() == pytest.approx(centroid, rel=1e-5)


def test_a_wave_has_the_ring_of_its_frequency_at_any_temperature():
    x = torch.arange(24, dtype=torch.float64) / 24
    wave = torch.cos(2 * torch.pi * 5 * x).expand(24, 24)
    for temperature in (1e-3, 0.1, 10.0):
        assert soft_rolloff_points(wave, temperature=temperature).item() == pytest.approx(5 / 15)


def test_a_dead_map_is_nan_and_spoils_no_gradient():
    x = torch.arange(16) / 16
    checkerboard = torch.cos(torch.pi * torch.arange(16))[:, None] * torch.cos(torch.pi * torch.arange(16))
    maps = torch.stack([torch.zeros(16, 16), torch.full((16, 16), 0.3), checkerboard, torch.rand(16, 16)])
    maps[3] = torch.cos(2 * torch.pi * 3 * x)
    for convention in CONVENTIONS:
        for measure in (soft_rolloff_points, radial_spectrum):
            given = maps.clone().requires_grad_()
            values = measure(given, convention=convention)
            assert values[0].isnan().all()
            values.nan_to_num(1.0).square().sum().backward()
            assert given.grad.isfinite().all()
            assert (given.grad[0] == 0).all()
    given = maps.clone().requires_grad_()
    spectral_slope(given).nan_to_num(0.0).sum().backward()
    assert given.grad.isfinite().all()


def test_descent_goes_to_a_wanted_srop():
    for wanted in (0.2, 0.6):
        maps = noise(4, 24, 24).requires_grad_()
        optimizer = torch.optim.Adam([maps], lr=0.05)
        for _ in range(150):
            optimizer.zero_grad()
            (soft_rolloff_points(maps) - wanted).square().mean().backward()
            optimizer.step()
        assert rolloff_points(maps).numpy() == pytest.approx(wanted, abs=2.01 / 15)


@pytest.mark.parametrize("measure", [soft_rolloff_points, spectral_slope, radial_spectrum])
def test_channels_last_half_precision_and_autocast(measure):
    maps = noise(3, 5, 12, 12).float()

    def gradient(given: torch.Tensor, autocast: bool = False) -> torch.Tensor:
        leaf = given.clone().requires_grad_()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            value = measure(1 * leaf)[..., :2].square().sum()
        value.backward()
        return leaf.grad

    expected = gradient(maps)
    torch.testing.assert_close(gradient(maps.to(memory_format=torch.channels_last)), expected)
    half = maps.to(torch.bfloat16)
    assert measure(half).dtype == torch.float32
    torch.testing.assert_close(gradient(half), gradient(half.float()).to(torch.bfloat16))
    torch.testing.assert_close(gradient(maps, autocast=True), expected)
    assert measure(maps[:0]).shape[:2] == (0, 5)


class TestSlope:
    @pytest.mark.parametrize("size", [(32, 32), (33, 33), (20, 32)])
    @pytest.mark.parametrize("exponent", [-1.0, 0.0, 2.0, 3.5])
    def test_of_a_spectrum_that_has_one(self, size, exponent):
        """The amplitude of each component is that of its ring."""
        frequency = np.concatenate([[1.0], mean_frequencies(size)])
        ring = np.minimum(ring_index(size, "dc"), outermost_ring(size))
        amplitude = torch.from_numpy(np.nan_to_num(frequency[ring], nan=1.0) ** (-exponent / 2))
        phases = torch.fft.fft2(noise(*size))
        maps = torch.fft.ifft2(amplitude * phases / phases.abs()).real
        assert spectral_slope(maps).item() == pytest.approx(exponent, abs=1e-9)
        assert spectral_slope(maps, rings=(3, 8)).item() == pytest.approx(exponent, abs=1e-9)
        assert spectral_slope((7 * maps + 3)[None]).tolist() == pytest.approx([exponent], abs=1e-9)

    def test_has_gradients(self):
        assert torch.autograd.gradcheck(spectral_slope, noise(2, 8, 8).requires_grad_())
        assert torch.autograd.gradcheck(lambda x: spectral_slope(x, rings=(1, 3)), noise(2, 5, 8).requires_grad_())

    def test_of_white_noise_one_pixel_and_a_dead_map(self):
        slopes = spectral_slope(noise(200, 32, 32), rings=(4, 16))
        assert slopes.mean().abs() < 3 * slopes.std() / 200**0.5 + 0.03
        # Logarithms of means of few components are low, and the inner rings have few.
        assert -0.15 < spectral_slope(noise(200, 32, 32)).mean() < 0
        pixel = torch.zeros(16, 16)
        pixel[3, 4] = 1
        assert spectral_slope(pixel).abs() < 1e-5
        assert spectral_slope(torch.zeros(2, 16, 16)).isnan().all()

    @pytest.mark.parametrize(
        ("rings", "error", "message"),
        [
            (3, TypeError, "rings=3: give the first and the last ring"),
            ("12", TypeError, "give the first and the last ring"),
            ((1, 2.5), TypeError, "rings=2.5: it is a ring"),
            ((0, 4), ValueError, "rings=0: it is a ring, 1 to 15"),
            ((1, 16), ValueError, "rings=16"),
            ((4, 4), ValueError, "give a first ring below the last"),
        ],
    )
    def test_bad_rings(self, rings, error, message):
        with pytest.raises(error, match=message):
            spectral_slope(noise(24, 24), rings=rings)


@pytest.mark.parametrize(
    ("temperature", "error", "message"),
    [
        (0, ValueError, "temperature=0: it is the width"),
        (-1.0, ValueError, "above 0"),
        ("a", TypeError, "give a number"),
    ],
)
def test_bad_temperatures(temperature, error, message):
    with pytest.raises(error, match=message):
        soft_rolloff_points(noise(8, 8), temperature=temperature)
    with pytest.raises(TypeError, match="a list was given"):
        soft_rolloff_points([1.0])
