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
    r"""Number the ring of every component of a spectrum, :math:`k = \lfloor r \rfloor`.

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
    # Twice the coordinates, so that half pixels stay integers and no rounding moves a component across a ring.
    middle = size - 1 if center == "half_pixel" else 2 * (size // 2)
    offset = 2 * np.fft.ifftshift(np.arange(size)) - middle
    ring = np.empty((size, size), np.int32)
    # Row by row: of large spectra, whole planes of intermediate values would take more memory than all else.
    for row, across in zip(ring, offset, strict=True):
        row[:] = np.sqrt((across**2 + offset**2) / 4)
    return ring


@lru_cache(maxsize=32)
def ring_sizes(size: int, center: str, first_ring: int) -> np.ndarray:
    """Count the components in each ring of the band, integers ``(rings,)``."""
    last = outermost_ring(size)
    return np.bincount(ring_index(size, center).ravel())[first_ring : last + 1]


class Band(NamedTuple):
    """The rings of maps of a size under a convention, whatever its kappa.

    Attributes:
        convention: The convention, its kappa set to 0.5 so that all kappas share what is cached for the rings.
        size: Edge length n of the maps.
        ring_size: Edge length N of the spectrum that the rings are taken from.
    """

    convention: Convention
    size: int
    ring_size: int

    @classmethod
    def of(cls, size: int, convention: Convention, reference: int | None) -> "Band":
        """Give the rings of maps of a size, referred to a size or to their own."""
        upsampled = reference is not None and convention.reference_rule == "upsample"
        return cls(replace(convention, kappa=0.5), size, reference if upsampled else size)

    @property
    def transform(self) -> int:
        """Edge length of the maps' spectra: where upsampling repeats a spectrum, the maps' own will do."""
        return self.size if self.ring_size % self.size == 0 else self.ring_size

    @property
    def dc_counts(self) -> bool:
        """Whether DC is in a ring."""
        return self.convention.first_ring == 0

    @property
    def magnitude(self) -> bool:
        """Whether the rings are of |F| instead of its square."""
        return self.convention.spectrum == "magnitude"


def ring_weights(size: int, transform: int, convention: Convention) -> csr_array:
    r"""Build the linear map from the half-plane spectrum of an n x n map to the rings of its N x N upsampling.

    Nearest-neighbor upsampling by an integer factor f = N/n repeats the map's spectrum and damps it:

    .. math:: |F_N(u, v)|^2 = |F_n(u \bmod n, v \bmod n)|^2 \, D(u) \, D(v), \quad
              D(u) = \left(\frac{\sin(\pi u / n)}{\sin(\pi u / N)}\right)^2, \; D(0) = f^2,

    so no N x N transform is needed. Rings half a pixel beside DC are not symmetric; the components that
    a real map's half plane leaves out are folded onto their conjugates.

    Args:
        size: Edge length n of the map; divides ``transform``.
        transform: Edge length N of the spectrum that the rings are taken from.
        convention: Its spectrum, ring statistic, center and first ring.

    Returns:
        float64 ``(n * (n // 2 + 1), rings)``: the flattened ``rfft2`` power (or magnitude) of the map, times this,
        gives the ring statistics of the upsampled map. Sparse, a row after the other: of a map's own spectrum almost
        every component lies in one ring.
    """
    u = np.arange(transform)
    # At multiples of n the quotient is 0/0 (u = 0) or 0, which floating point would only approach.
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
    some = weights > 0
    component, ring, weights = component[some], ring[some], weights[some]
    starts = np.searchsorted(component, np.arange(size * half + 1))
    return csr_array((weights, ring, starts), shape=(size * half, rings))
