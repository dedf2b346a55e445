"""What the README's first picture and the definition's page say in numbers, against plain NumPy."""

import re
from pathlib import Path

import numpy as np
import oracle
import pytest
import torch

from srop import PUBLISHED
from srop.data.noise import noise_maps
from srop.documents.definition import bright_pixel, enlarged_and_scaled, srop_and_power
from srop.documents.figures import figure_low_and_high

PROJECT = Path(__file__).resolve().parent.parent


def rings(n: int) -> np.ndarray:
    """Number the ring of each component of a shifted spectrum; m at 24 is 15."""
    offset = np.arange(n) - n // 2
    return np.floor(np.hypot(*np.meshgrid(offset, offset))).astype(int)


def by_ring(x: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums and means of the power over rings 1 to m."""
    power = np.abs(np.fft.fftshift(np.fft.fft2(x))) ** 2
    parts = [power[rings(len(x)) == k] for k in range(1, m + 1)]
    return np.array([part.sum() for part in parts]), np.array([part.mean() for part in parts])


def test_the_power_within_an_srop_is_that_of_plain_numpy():
    maps = noise_maps(20, 24).double()
    table = srop_and_power(maps)
    for x, row in zip(maps.numpy(), table.itertuples(), strict=True):
        sums, means = by_ring(x, 15)
        k = 1 + np.flatnonzero(means.cumsum() >= 0.85 * means.sum())[0]
        assert row.srop == k / 15
        assert row.power_within == pytest.approx(sums[:k].sum() / sums.sum())
        assert row.power_rolloff == (1 + np.flatnonzero(sums.cumsum() >= 0.85 * sums.sum())[0]) / 15


def test_a_bright_pixel_scores_like_noise_wherever_it_is():
    """Its ring means are equal, so its SROP is the share itself, rounded up to a ring."""
    for n, m in ((24, 15), (28, 18), (56, 37)):
        assert bright_pixel(n) == pytest.approx(np.ceil(0.85 * m) / m)
    pixel = torch.zeros(1, 24, 24)
    pixel[0, 8, 12] = 1
    counts = np.array([(rings(24) == k).sum() for k in range(1, 16)])
    (row,) = srop_and_power(pixel).itertuples()
    assert row.power_within == pytest.approx(counts[:13].sum() / counts.sum())
    assert row.power_rolloff == pytest.approx((1 + np.argmax(counts.cumsum() >= 0.85 * counts.sum())) / 15)


def test_a_reference_enlarges_and_does_not_scale():
    enlarged, scaled = enlarged_and_scaled(7, 28)
    maps = noise_maps(200, 7).numpy()
    repeated = maps.repeat(4, axis=-2).repeat(4, axis=-1)
    assert enlarged == pytest.approx(oracle.rolloff_points(repeated, PUBLISHED).mean())
    assert scaled == pytest.approx(oracle.rolloff_points(maps, PUBLISHED).mean() / 4)
    assert scaled > 1.1 * enlarged


def test_the_first_picture_draws_ring_averages_and_says_so():
    x = noise_maps(1, 24)[0].numpy()
    curve = figure_low_and_high({"one": x, "two": x}).axes[2]
    _, means = by_ring(x.astype(float), 15)
    assert curve.lines[0].get_xdata() == pytest.approx(np.arange(1, 16) / 15)
    assert curve.lines[0].get_ydata() == pytest.approx(means.cumsum() / means.sum(), rel=1e-4)
    assert curve.get_ylabel().replace("\n", " ") == "share of the sum of ring averages"
    alt = re.search(r"!\[(.*?)\]\(docs/figures/low_and_high.png\)", (PROJECT / "README.md").read_text("utf-8"))[1]
    assert "ring averages" in alt
    assert "power" not in alt
