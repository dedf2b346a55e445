"""The peaks of a sample's density, and how much of the sample each holds."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.signal import find_peaks

BANDWIDTHS = {"Scott's": 1.0, "half of it": 0.5, "twice it": 2.0}
"""Bandwidths of a kernel density as multiples of Scott's, the default of common plotting libraries."""


MIN_SHARE = 0.02
"""A peak that holds a smaller share of the sample is not a mode, since five outliers make a peak of any density."""


_POINTS = 4096


class Modes(NamedTuple):
    """The modes of a sample's density.

    Attributes:
        places: Where they are, ascending.
        counts: How many values belong to each: those between the minima of the density on its two sides.
        above: The value above which the sample belongs to the last mode.
    """

    places: np.ndarray
    counts: np.ndarray
    above: float


def modes(values: np.ndarray, bandwidth: float = 1.0, *, step: float = 0.0) -> Modes:
    r"""Find the modes of a Gaussian kernel density that hold at least 2 % of the sample.

    The bandwidth is :math:`b s n^{-1/5}`, with the sample's standard deviation s and Scott's rule at b = 1. It is never
    smaller than the step of the lattice on which the values lie: a smaller one makes a mode of each point of the
    lattice.

    Args:
        values: ``(n,)``, finite, in any order.
        bandwidth: b.
        step: The step of the lattice, 0 for values that lie on none.

    Returns:
        The modes; a sample without spread has one.

    Reference:
        Scott 1992, Multivariate Density Estimation, Eq. 6.44.

    Example:
        >>> two = np.concatenate([np.linspace(0, 1, 50), np.linspace(5, 6, 150)])
        >>> modes(two).counts
        array([ 50, 150])
    """
    if np.ptp(values) == 0:
        return Modes(values[:1], np.array([len(values)]), -np.inf)
    grid, density = _density(values, max(bandwidth * values.std(ddof=1) * len(values) ** -0.2, step))
    # In the flat tails rounding makes peaks.
    peaks = find_peaks(density, prominence=1e-6 * density.max())[0]
    valleys = [low + density[low:high].argmin() for low, high in pairwise(peaks)]
    edges = np.concatenate([[-np.inf], grid[valleys], [np.inf]])
    counts = np.histogram(values, bins=edges)[0]
    held = counts >= MIN_SHARE * len(values)
    return Modes(grid[peaks][held], counts[held], float(edges[:-1][held][-1]))


def _density(values: np.ndarray, bandwidth: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute a Gaussian kernel density on a grid, by a fast Fourier transform.

    The two nearest points of the grid share each value. SROPs are multiples of a step; a histogram with another step
    would beat with it.
    """
    low, high = values.min() - 4 * bandwidth, values.max() + 4 * bandwidth
    grid, step = np.linspace(low, high, _POINTS, retstep=True)
    places = (values - low) / step
    left = places.astype(int)
    right_part = places - left
    weights = np.bincount(left, 1 - right_part, _POINTS) + np.bincount(left + 1, right_part, _POINTS)
    frequencies = 2 * np.pi * np.fft.rfftfreq(_POINTS, d=step)
    smooth = np.fft.irfft(np.fft.rfft(weights) * np.exp(-((frequencies * bandwidth) ** 2) / 2), n=_POINTS)
    return grid, smooth
