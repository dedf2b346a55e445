"""How many peaks a sample's density has: Silverman's test."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import find_peaks

_BINS = 1024
_LEVEL = 0.05
_RESAMPLES = 200
_MOST = 6


@dataclass(frozen=True)
class Modes:
    """How many modes a sample has, and where.

    Attributes:
        count: The least number that Silverman's test does not reject at the 5 % level; 6 stands for six or more.
        bandwidths: The range of bandwidths in which a Gaussian kernel density has that many modes; infinite above for
            one mode.
        places: Where the modes are at the lower end of that range, ascending.
        valleys: The least density between each mode and the next, ``count - 1`` places.
    """

    count: int
    bandwidths: tuple[float, float]
    places: np.ndarray
    valleys: np.ndarray


def modes(values: np.ndarray) -> Modes:
    """Find the modes of a sample by Silverman's test.

    For k = 1, 2, ... the critical bandwidth is the least at which the kernel density has at most k modes. k modes are
    rejected if at most 5 % of 200 smoothed bootstrap samples, of the sample's own variance, have more than k at it. The
    bootstrap draws from a fixed seed. No bandwidth is below the least distance between two different values, so that
    the steps of a sample of rounded values are no modes.

    Args:
        values: ``(n,)``, finite, in any order.

    Returns:
        The modes; a sample without spread has one.

    Reference:
        Silverman 1981, Journal of the Royal Statistical Society B 43.

    Example:
        >>> two = np.concatenate([np.linspace(0, 1, 50), np.linspace(5, 6, 50)])
        >>> modes(two).count
        2
    """
    values = np.sort(values)
    if len(values) < 2 or np.ptp(values) == 0:
        return Modes(1, (0.0, np.inf), values[:1], values[:0])
    generator = np.random.default_rng(0)
    above = np.inf
    for count in range(1, _MOST + 1):
        critical = critical_bandwidth(values, count)
        if count == _MOST or _accepted(values, count, critical, generator):
            break
        above = critical
    grid, density = _density(values, critical)
    peaks = _peaks(density)
    valleys = [low + density[low:high].argmin() for low, high in pairwise(peaks)]
    return Modes(len(peaks), (critical, above), grid[peaks], grid[valleys])


def critical_bandwidth(values: np.ndarray, count: int) -> float:
    """Give the least bandwidth at which a Gaussian kernel density of the values has at most so many modes."""
    low, high = float(np.diff(np.unique(values.round(6))).min(initial=np.inf)), float(np.ptp(values))
    if low >= high or len(_peaks(_density(values, low)[1])) <= count:
        return min(low, high)
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        if len(_peaks(_density(values, middle)[1])) > count:
            low = middle
        else:
            high = middle
    return high


def _accepted(values: np.ndarray, count: int, bandwidth: float, generator: np.random.Generator) -> bool:
    shrink = (1 + bandwidth**2 / values.var()) ** -0.5
    more = 0
    for _ in range(_RESAMPLES):
        noise = bandwidth * generator.standard_normal(len(values))
        resample = values.mean() + shrink * (generator.choice(values, len(values)) - values.mean() + noise)
        more += len(_peaks(_density(resample, bandwidth)[1])) > count
        if more > _LEVEL * _RESAMPLES:
            return True
    return False


def _density(values: np.ndarray, bandwidth: float) -> tuple[np.ndarray, np.ndarray]:
    """Give a Gaussian kernel density on a grid, by a fast Fourier transform of fine bars."""
    low, high = values.min() - 4 * bandwidth, values.max() + 4 * bandwidth
    bars, edges = np.histogram(values, bins=_BINS, range=(low, high))
    frequencies = 2 * np.pi * np.fft.rfftfreq(_BINS, d=edges[1] - edges[0])
    smooth = np.fft.irfft(np.fft.rfft(bars) * np.exp(-((frequencies * bandwidth) ** 2) / 2), n=_BINS)
    return (edges[:-1] + edges[1:]) / 2, smooth


def _peaks(density: np.ndarray) -> np.ndarray:
    # What rounding makes of the flat tails is no peak.
    return find_peaks(density, prominence=1e-6 * density.max())[0]
