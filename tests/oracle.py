"""A plain float64 SROP, written from the definition alone: no folding, no scaling, no trick shared with the package."""

import math
from functools import lru_cache

import numpy as np


def rolloff_points(maps: np.ndarray, convention, reference: int | tuple[int, int] | None = None) -> np.ndarray:
    """SROPs of (..., H, W) maps, NaN where a map has none."""
    return _each(maps, convention, reference)[..., 0]


def margins(maps: np.ndarray, convention, reference: int | tuple[int, int] | None = None) -> np.ndarray:
    """How near each map is to a tie: the smallest |C(k)/C(m) - kappa| over rings."""
    return _each(maps, convention, reference)[..., 1]


def outermost(size: tuple[int, int]) -> int:
    """Ring m, by the longer side."""
    return math.floor(math.sqrt(2) * (max(size) - 1) / 2) - 1


@lru_cache(maxsize=64)
def rings(height: int, width: int, center: str) -> np.ndarray:
    """Ring of each component of a spectrum with DC in its middle, from its cycles per pixel, in whole numbers."""
    longer = max(height, width)
    halves = [1 if center == "half_pixel" and side % 2 == 0 else 0 for side in (height, width)]
    ring = np.zeros((height, width), int)
    for row in range(height):
        # Twice N H times the frequency along the rows; half a ring is 1 / (2 N) cycles per pixel.
        down = 2 * longer * (row - height // 2) + halves[0] * height
        for column in range(width):
            across = 2 * longer * (column - width // 2) + halves[1] * width
            square = (down * width) ** 2 + (across * height) ** 2
            ring[row, column] = math.isqrt(square // (2 * height * width) ** 2)
    return ring


def _each(maps: np.ndarray, convention, reference: int | tuple[int, int] | None) -> np.ndarray:
    maps = np.asarray(maps)
    rounding = 32 * np.finfo(maps.dtype).eps if maps.dtype in (np.float32, np.float64) else 0
    flat = maps.astype(np.float64).reshape(-1, *maps.shape[-2:])
    reference = (reference, reference) if isinstance(reference, int) else reference
    return np.array([_one(x, convention, reference, rounding) for x in flat]).reshape(*maps.shape[:-2], 2)


def _one(x: np.ndarray, convention, reference: tuple[int, int] | None, rounding: float) -> tuple[float, float]:
    own = x.shape
    if x.max() - x.min() <= rounding * np.abs(x).max():
        return math.nan, math.inf
    if reference is not None and convention.reference_rule == "upsample":
        index = [[i * small // large for i in range(large)] for small, large in zip(own, reference, strict=True)]
        x = x[np.ix_(*index)]
    if convention.first_ring > 0:
        x = x - x.mean()  # DC is in ring 0, which is left out
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2(x)))
    if convention.spectrum == "power":
        spectrum = spectrum**2
    m = outermost(x.shape)
    ring = rings(*x.shape, convention.ring_center)
    spectra = np.zeros(m + 1)
    for k in range(m + 1):
        components = spectrum[ring == k]
        if len(components):
            spectra[k] = components.mean() if convention.ring_statistic == "mean" else components.sum()
    band = spectra[convention.first_ring :]
    if band.sum() <= 1e-12 * spectrum.sum():
        return math.nan, math.inf
    cumulative = np.cumsum(band) / band.sum()
    k = int(np.argmax(cumulative >= convention.kappa)) + convention.first_ring
    value = k / m
    if reference is not None and convention.reference_rule == "scale":
        value *= max(own) / max(reference)
    return value, float(np.abs(cumulative - convention.kappa).min())
