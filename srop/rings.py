"""The rings of a two-dimensional spectrum, and the fixed linear map from a spectrum to its rings."""

from dataclasses import replace
from functools import lru_cache
from math import isqrt
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from srop.convention import Convention


def outermost_ring(size: int) -> int:
    r"""Give the outermost ring of the band, :math:`m = \lfloor \sqrt{2} (n - 1) / 2 \rfloor - 1`.

    Args:
        size: Edge length n of the spectrum.

    Returns:
        m; at least 1 from n = 4 upward, 156 at 224, 15 at 24.

    Reference:
        Yu et al. 2021, Eq. 5.

    Example:
        >>> outermost_ring(224), outermost_ring(24)
        (156, 15)
    """
    return isqrt((size - 1) ** 2 // 2) - 1


@lru_cache(maxsize=32)
def ring_index(size: int, center: str) -> np.ndarray:
    r"""Give the ring number of every component of a spectrum, :math:`k = \lfloor r \rfloor`.

    Args:
        size: Edge length N of the spectrum.
        center: ``"dc"`` or ``"half_pixel"``, see :class:`~srop.convention.Convention`.

    Returns:
        Integers ``(N, N)`` in the order of an FFT, DC first.

    Example:
        >>> ring_index(4, "dc")
        array([[0, 1, 2, 1],
               [1, 1, 2, 1],
               [2, 2, 2, 2],
               [1, 1, 2, 1]], dtype=int32)
    """
    # Coordinates are doubled, so that half pixels are integers and no rounding moves a component to another ring.
    middle = size - 1 if center == "half_pixel" else 2 * (size // 2)
    offset = 2 * np.fft.ifftshift(np.arange(size)) - middle
    ring = np.empty((size, size), np.int32)
    # Row by row, because for large spectra whole planes of intermediate values would need the most memory.
    for row, across in zip(ring, offset, strict=True):
        row[:] = np.sqrt((across**2 + offset**2) / 4)
    return ring


@lru_cache(maxsize=32)
def ring_sizes(size: int, center: str, first_ring: int) -> np.ndarray:
    """Count the components in each ring of the band, integers ``(rings,)``."""
    last = outermost_ring(size)
    return np.bincount(ring_index(size, center).ravel())[first_ring : last + 1]


class Band(NamedTuple):
    """The rings for maps of a size under a convention; kappa plays no part.

    Attributes:
        convention: The convention, with kappa set to 0.5 so that all kappas share the cache of the rings.
        size: Edge length n of the maps.
        ring_size: Edge length N of the spectrum that the rings are taken from.
    """

    convention: Convention
    size: int
    ring_size: int

    @classmethod
    def for_maps(cls, size: int, convention: Convention, reference: int | None) -> "Band":
        """Give the rings for maps of a size, with a reference size or without."""
        upsampled = reference is not None and convention.reference_rule == "upsample"
        return cls(replace(convention, kappa=0.5), size, reference if upsampled else size)

    @property
    def transform(self) -> int:
        """Edge length of the spectra to compute: the maps' own size if upsampling repeats their spectrum."""
        return self.size if self.ring_size % self.size == 0 else self.ring_size

    @property
    def dc_counts(self) -> bool:
        """Whether DC is in a ring."""
        return self.convention.first_ring == 0

    @property
    def magnitude(self) -> bool:
        """Whether the rings hold the magnitude instead of the power."""
        return self.convention.spectrum == "magnitude"


def ring_weights(size: int, transform: int, convention: Convention) -> csr_array:
    r"""Build the linear map from the half-plane spectrum of an n x n map to the rings of its N x N upsampling.

    Nearest-neighbor upsampling by an integer factor f = N/n repeats the map's spectrum and damps it:

    .. math:: |F_N(u, v)|^2 = |F_n(u \bmod n, v \bmod n)|^2 \, D(u) \, D(v), \quad
              D(u) = \left(\frac{\sin(\pi u / n)}{\sin(\pi u / N)}\right)^2, \; D(0) = f^2,

    so no N x N transform is needed. Rings about a point half a pixel away from DC are not symmetric; the components
    that the half plane of a real map leaves out are folded onto their conjugates.

    Args:
        size: Edge length n of the map; divides ``transform``.
        transform: Edge length N of the spectrum that the rings are taken from.
        convention: Gives the spectrum, ring statistic, center and first ring.

    Returns:
        float64 ``(n * (n // 2 + 1), rings)``: the flattened ``rfft2`` power (or magnitude) of the map, times this
        matrix, gives the ring statistics of the upsampled map. It is sparse and stored by rows: almost every component
        of a map's own spectrum lies in a single ring.
    """
    u = np.arange(transform)
    # At multiples of n the quotient is 0/0 (u = 0) or 0, which floating point only approximates.
    folds = u % size == 0
    gain = (np.sin(np.pi * u / size) / np.where(folds, 1, np.sin(np.pi * u / transform))) ** 2
    gain = np.where(folds, 0.0, gain)
    gain[0] = (transform / size) ** 2
    if convention.spectrum == "magnitude":
        gain = np.sqrt(gain)

    half = size // 2 + 1
    rings = outermost_ring(transform) + 1 - convention.first_ring
    column = u % size
    conjugate = column >= half
    column = np.where(conjugate, -column % size, column)
    index = np.int32 if size * half * rings < 2**31 else np.int64
    cells, gains, filled = np.empty(transform**2, index), np.empty(transform**2), 0
    for v, ring in enumerate(ring_index(transform, convention.ring_center)):
        row = np.where(conjugate, -v % size, v % size)
        ring = ring - convention.first_ring
        band = (ring >= 0) & (ring < rings)
        places = slice(filled, filled + np.count_nonzero(band))
        cells[places] = ((row * half + column) * rings + ring)[band]
        gains[places] = (gain[v] * gain)[band]
        filled = places.stop
    cell, place = np.unique(cells[:filled], return_inverse=True)
    weights = np.bincount(place, gains[:filled])
    del cells, gains, place
    component, ring = np.divmod(cell, index(rings))
    if convention.ring_statistic == "mean":
        weights /= ring_sizes(transform, convention.ring_center, convention.first_ring)[ring]
    # Where upsampling repeats a spectrum, many components have a gain of 0.
    positive = weights > 0
    component, ring, weights = component[positive], ring[positive], weights[positive]
    starts = np.searchsorted(component, np.arange(size * half + 1))
    return csr_array((weights, ring, starts), shape=(size * half, rings))
