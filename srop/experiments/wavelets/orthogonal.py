"""Which wavelets are orthogonal."""

import re
from itertools import groupby

import numpy as np

_ROUNDING = 1e-9
"""Orthogonal filters miss the equations by up to 1.4e-11 (``sym20``), by rounding; the truncated ``dmey`` by .002."""


def is_orthogonal(wavelet: str) -> bool:
    r"""Say whether the filters of a wavelet are orthogonal to each other and to their own even shifts.

    .. math:: \sum_n h_n h_{n+2k} = \sum_n g_n g_{n+2k} = \delta_k, \quad \sum_n h_n g_{n+2k} = 0

    Only then do the coefficients of an image have its energy.

    Args:
        wavelet: Name of a discrete wavelet of PyWavelets. Biorthogonal ones count as not orthogonal, although the
            filters of ``bior1.1`` and ``rbio1.1`` are those of ``haar``.

    Returns:
        Whether it is orthogonal; False also for a name that PyWavelets does not know.

    Example:
        >>> is_orthogonal("db1"), is_orthogonal("bior2.2"), is_orthogonal("dmey")
        (True, False, False)
    """
    import pywt

    if wavelet.lower() not in pywt.wavelist(kind="discrete"):
        return False
    filters = pywt.Wavelet(wavelet)
    low, high = np.array(filters.dec_lo), np.array(filters.dec_hi)
    products = np.array([_even_shifts(*pair) for pair in ((low, low), (high, high), (low, high))])
    products[:2, products.shape[1] // 2] -= 1
    return bool(filters.orthogonal and np.abs(products).max() <= _ROUNDING)


def _even_shifts(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Compute the products of a filter with another shifted by 2k, with k = 0 in the middle."""
    products = np.correlate(one, other, "full")
    return products[(len(one) - 1) % 2 :: 2]


def orthogonal_wavelets() -> str:
    """List the orthogonal wavelets of PyWavelets as text.

    Example:
        >>> orthogonal_wavelets()
        'coif1 to coif17, db1 to db38, haar, sym2 to sym20'
    """
    import pywt

    names = [name for name in pywt.wavelist(kind="discrete") if is_orthogonal(name)]
    families = [list(family) for _, family in groupby(names, lambda name: re.sub(r"\d+$", "", name))]
    return ", ".join(family[0] if len(family) == 1 else f"{family[0]} to {family[-1]}" for family in families)
