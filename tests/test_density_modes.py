"""Modes of samples whose modes are known."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from srop.ledger.density_modes import critical_bandwidth, modes


def mixture(*centers: float, spread: float = 0.02, size: int = 1000) -> np.ndarray:
    generator = np.random.default_rng(1)
    return generator.choice(centers, size) + spread * generator.standard_normal(size)


@pytest.mark.parametrize("centers", [(0.5,), (0.3, 0.6), (0.2, 0.5, 0.8), (0.1, 0.3, 0.5, 0.7)])
def test_modes_of_a_mixture(centers):
    found = modes(mixture(*centers))
    assert found.count == len(centers)
    assert found.places == pytest.approx(centers, abs=0.03)
    assert len(found.valleys) == len(centers) - 1
    assert all(low < valley < high for low, valley, high in zip(centers, found.valleys, centers[1:], strict=False))
    assert found.bandwidths[0] < found.bandwidths[1]


def test_a_flat_sample_has_one_mode():
    assert modes(np.random.default_rng(0).uniform(size=1000)).count == 1


def test_a_sample_without_spread_has_one_mode():
    found = modes(np.full(100, 0.3))
    assert (found.count, found.places.tolist(), len(found.valleys)) == (1, [0.3], 0)


def test_critical_bandwidth_is_where_a_mode_vanishes():
    """Counted on the exact kernel density of scipy."""
    values = mixture(0.3, 0.6)
    critical = critical_bandwidth(values, 1)
    grid = np.linspace(-1, 2, 20001)

    def count(bandwidth: float) -> int:
        density = gaussian_kde(values, bandwidth / values.std(ddof=1))(grid)
        return int(((density[1:-1] > density[:-2]) & (density[1:-1] > density[2:])).sum())

    assert count(1.01 * critical) == 1
    assert count(0.99 * critical) == 2


def test_modes_do_not_change_with_scale_and_order():
    values = mixture(0.2, 0.5, 0.8)
    again = modes(3 + 10 * values[::-1])
    assert again.count == 3
    assert again.places == pytest.approx(3 + 10 * modes(values).places, abs=0.2)


def test_steps_of_rounded_values_are_no_modes():
    values = 0.94 + 0.001 * np.random.default_rng(0).integers(1, 6, 1000)
    assert modes(values).count == 1
    assert modes(np.array([0.3] * 50 + [0.7] * 50)).count in (1, 2)
