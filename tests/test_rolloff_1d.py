"""The one-dimensional measure: closed forms, properties, and bad input."""

import numpy as np
import pytest
import torch

from srop import rolloff_points_1d


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("spectrum", ["magnitude", "power"])
@pytest.mark.parametrize("frequency", [1, 10, 49])
def test_sine_lies_in_its_bin(spectrum, frequency):
    sine = torch.sin(2 * torch.pi * frequency * torch.arange(100) / 100)
    assert rolloff_points_1d(sine, spectrum=spectrum).item() == pytest.approx(frequency / 50)
    assert rolloff_points_1d(sine, spectrum=spectrum, band=(1, 49)).item() == pytest.approx((frequency - 1) / 48)


def test_impulse_has_a_flat_spectrum():
    impulse = torch.zeros(99)
    impulse[40] = 1
    # 50 equal bins, 0 to 49: the 43rd is the first to reach 85 %.
    assert rolloff_points_1d(impulse).item() == pytest.approx(42 / 49)


@pytest.mark.parametrize(("spectrum", "power"), [("magnitude", 1), ("power", 2)])
def test_agrees_with_a_float64_form(spectrum, power):
    signals = noise(200, 64)
    bins = np.abs(np.fft.rfft(signals.double().numpy())) ** power
    share = bins.cumsum(-1) / bins.sum(-1, keepdims=True)
    expected = (share >= 0.85).argmax(-1) / 32
    np.testing.assert_allclose(rolloff_points_1d(signals, spectrum=spectrum).numpy(), expected, atol=1e-6)


def test_leading_shape_constant_and_out_of_band_signals():
    signals = noise(2, 3, 32)
    signals[0, 0] = 2.5
    signals[1, 2] = torch.tensor([1.0, -1.0]).repeat(16)
    missing = rolloff_points_1d(signals, band=(0, 15)).isnan()
    assert missing.nonzero().tolist() == [[0, 0], [1, 2]]
    assert rolloff_points_1d(signals)[1, 2].item() == 1


@pytest.mark.parametrize(
    ("signals", "arguments", "message"),
    [
        (torch.zeros(1), {}, "at least 2 samples"),
        (torch.tensor(1.0), {}, "at least 2 samples"),
        (torch.zeros(3, 0), {}, "at least 2 samples"),
        (torch.zeros(8, dtype=torch.complex64), {}, "complex"),
        (torch.full((8,), torch.inf), {}, "NaN or infinite"),
        (torch.zeros(8), {"band": (0, 5)}, "band="),
        (torch.zeros(8), {"band": (3, 3)}, "band="),
        (torch.zeros(8), {"kappa": 1.0}, "kappa"),
        (torch.zeros(8), {"spectrum": "energy"}, "spectrum"),
    ],
)
def test_bad_signals(signals, arguments, message):
    with pytest.raises(ValueError, match=message):
        rolloff_points_1d(signals, **arguments)
