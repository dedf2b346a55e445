"""Modes of samples whose modes are known."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from srop.ledger.density_modes import BANDWIDTHS, modes


def mixture(*centers: float, spread: float = 0.02, size: int = 1000) -> np.ndarray:
    generator = np.random.default_rng(1)
    return generator.choice(centers, size) + spread * generator.standard_normal(size)


@pytest.mark.parametrize("centers", [(0.5,), (0.3, 0.6), (0.2, 0.5, 0.8), (0.1, 0.3, 0.5, 0.7)])
def test_modes_of_a_mixture(centers):
    measured = modes(mixture(*centers))
    assert measured.places == pytest.approx(centers, abs=0.03)
    assert measured.counts.sum() >= 990
    assert measured.counts == pytest.approx(1000 / len(centers), rel=0.2)
    assert (measured.above == -np.inf) if len(centers) == 1 else (centers[-2] < measured.above < centers[-1])


@pytest.mark.parametrize("bandwidth", BANDWIDTHS.values())
def test_modes_are_those_of_the_exact_density(bandwidth):
    values = mixture(0.3, 0.36, 0.5)
    density = gaussian_kde(values, bandwidth * len(values) ** -0.2)
    grid = np.linspace(0.1, 0.7, 4001)
    drawn = density(grid)
    peaks = grid[1:-1][(drawn[1:-1] > drawn[:-2]) & (drawn[1:-1] > drawn[2:])]
    measured = modes(values, bandwidth)
    assert set(measured.places.round(2)) <= set(peaks.round(2))
    assert len(measured.places) == {0.5: 3, 1.0: 2, 2.0: 2}[bandwidth]


@pytest.mark.parametrize("steps", [480, 960, 1000])
def test_steps_of_the_values_are_no_modes(steps):
    values = (mixture(0.6, spread=0.03, size=10000) * steps).round() / steps
    assert len(modes(values, 0.75).places) == 1


def test_a_bandwidth_is_no_smaller_than_the_lattice():
    """Half of the sample is on one point of the lattice and the next, so that Scott's rule resolves their step."""
    step = 1 / 960
    values = np.concatenate([0.9 + step * (np.arange(6000) % 6), np.full(30, 0.5)])
    narrow = modes(values, 0.1)
    assert len(narrow.places) == 6
    assert len(modes(values, 0.1, step=step).places) == 1
    assert modes(mixture(0.2, 0.6), step=1e-6).places.tolist() == modes(mixture(0.2, 0.6)).places.tolist()


def test_a_few_outliers_are_no_mode():
    values = np.concatenate([mixture(0.5), np.full(5, 0.9)])
    assert len(modes(values).places) == 1
    assert len(modes(np.concatenate([mixture(0.5), np.full(30, 0.9)])).places) == 2


def test_a_sample_without_spread_has_one_mode():
    measured = modes(np.full(100, 0.3))
    assert (measured.places.tolist(), measured.counts.tolist(), measured.above) == ([0.3], [100], -np.inf)


def test_modes_do_not_change_with_scale_and_order():
    values = mixture(0.2, 0.5, 0.8)
    again = modes(3 + 10 * values[::-1])
    assert again.places == pytest.approx(3 + 10 * modes(values).places, abs=0.2)
    assert again.counts.tolist() == modes(values).counts.tolist()
