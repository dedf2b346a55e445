"""A plain float64 SROP, written from the definition alone: no folding, no scaling, no trick shared with the package."""

import math

import numpy as np


def rolloff_points(maps: np.ndarray, convention, reference: int | None = None) -> np.ndarray:
    """SROPs of (..., n, n) maps, NaN where a map has none."""
    return _each(maps, convention, reference)[..., 0]


def margins(maps: np.ndarray, convention, reference: int | None = None) -> np.ndarray:
    """How near each map is to a tie: the smallest |C(k)/C(m) - kappa| over rings."""
    return _each(maps, convention, reference)[..., 1]


def _each(maps: np.ndarray, convention, reference: int | None) -> np.ndarray:
    maps = np.asarray(maps)
    rounding = 32 * np.finfo(maps.dtype).eps if maps.dtype in (np.float32, np.float64) else 0
    flat = maps.astype(np.float64).reshape(-1, *maps.shape[-2:])
    return np.array([_one(x, convention, reference, rounding) for x in flat]).reshape(*maps.shape[:-2], 2)


def _one(x: np.ndarray, convention, reference: int | None, rounding: float) -> tuple[float, float]:
    own = x.shape[-1]
    if x.max() - x.min() <= rounding * np.abs(x).max():
        return math.nan, math.inf
    if reference is not None and convention.reference_rule == "upsample":
        index = [i * own // reference for i in range(reference)]
        x = x[np.ix_(index, index)]
    if convention.first_ring > 0:
        x = x - x.mean()  # DC is in ring 0, which is left out
    n = x.shape[-1]
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2(x)))
    if convention.spectrum == "power":
        spectrum = spectrum**2
    center = (n - 1) / 2 if convention.ring_center == "half_pixel" else n // 2
    m = math.floor(math.sqrt(2) * (n - 1) / 2) - 1
    rings = np.zeros(m + 1)
    counts = np.zeros(m + 1)
    row, column = np.indices((n, n))
    ring = np.floor(np.hypot(row - center, column - center)).astype(int)
    for k in range(m + 1):
        rings[k] = spectrum[ring == k].sum()
        counts[k] = (ring == k).sum()
    if convention.ring_statistic == "mean":
        rings /= counts
    band = rings[convention.first_ring :]
    if band.sum() <= 1e-12 * spectrum.sum():
        return math.nan, math.inf
    cumulative = np.cumsum(band) / band.sum()
    k = int(np.argmax(cumulative >= convention.kappa)) + convention.first_ring
    value = k / m
    if reference is not None and convention.reference_rule == "scale":
        value *= own / reference
    return value, float(np.abs(cumulative - convention.kappa).min())
