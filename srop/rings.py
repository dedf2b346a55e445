"""The rings of a two-dimensional spectrum, and the fixed linear map from a spectrum to its rings."""

from dataclasses import replace
from functools import lru_cache
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from srop.convention import PUBLISHED, Convention
from srop.sizes import MapSize, as_reference, as_size

if TYPE_CHECKING:
    from torch import Tensor


def outermost_ring(size: int | tuple[int, int]) -> int:
    r"""Give the outermost ring of the band, :math:`m = \lfloor \sqrt{2} (N - 1) / 2 \rfloor - 1`.

    Args:
        size: Edge length N of the spectrum, or its rows and columns, of which N is the larger number.

    Returns:
        m; at least 1 from N = 4 upward, 156 at 224, 15 at 24.

    Reference:
        Yu et al. 2021, Eq. 5.

    Example:
        >>> outermost_ring(224), outermost_ring((5, 24))
        (156, 15)
    """
    return isqrt((as_size(size).longer - 1) ** 2 // 2) - 1


@lru_cache(maxsize=32)
def ring_index(size: int | tuple[int, int], center: str) -> np.ndarray:
    r"""Give the ring number of every component of a spectrum, :math:`k = \lfloor r \rfloor`.

    .. math:: r = N \sqrt{(u / H)^2 + (v / W)^2}, \quad N = \max(H, W)

    So a ring is 1 / N cycles per pixel wide along both axes, and r is the distance from the center in components if
    H = W. The center ``"half_pixel"`` lies half a ring from DC, along each axis of even length.

    Args:
        size: Edge length N of the spectrum, or its rows H and columns W.
        center: ``"dc"`` or ``"half_pixel"``, see :class:`~srop.convention.Convention`.

    Returns:
        Integers ``(H, W)`` in the order of an FFT, DC first. DC is in ring 0. Every ring from there to the last holds
        a component.

    Example:
        >>> ring_index(4, "dc")
        array([[0, 1, 2, 1],
               [1, 1, 2, 1],
               [2, 2, 2, 2],
               [1, 1, 2, 1]], dtype=int32)
        >>> ring_index((2, 4), "dc")
        array([[0, 1, 2, 1],
               [2, 2, 2, 2]], dtype=int32)
    """
    size = as_size(size)
    shorter, longer = min(size), max(size)
    # Offsets times twice the shorter side are whole numbers, so that no rounding moves a component to another ring.
    down, across = (
        2 * (np.fft.ifftshift(np.arange(side)) - side // 2) * (shorter * longer // side)
        + (shorter if center == "half_pixel" and side % 2 == 0 else 0)
        for side in size
    )
    ring = np.empty(size, np.int32)
    # Row by row, because for large spectra whole planes of intermediate values would need the most memory.
    for row, offset in zip(ring, down, strict=True):
        row[:] = np.sqrt((across**2 + offset**2) // (2 * shorter) ** 2)
    return ring


@lru_cache(maxsize=32)
def ring_sizes(size: int | tuple[int, int], center: str, first_ring: int) -> np.ndarray:
    """Count the components in each ring of the band, integers ``(rings,)``; 0 for a ring that holds none."""
    last = outermost_ring(size)
    return np.bincount(ring_index(size, center).ravel(), minlength=last + 1)[first_ring : last + 1]


@lru_cache(maxsize=32)
def mean_frequencies(size: int | tuple[int, int]) -> np.ndarray:
    """Give the mean frequency of the components of each ring of the published convention, in cycles per pixel.

    Args:
        size: Edge length N of the maps, or their rows and columns.

    Returns:
        float64 ``(m,)`` for rings 1 to m; NaN for a ring without a component.

    Example:
        >>> mean_frequencies(8).round(3)
        array([0.151, 0.291, 0.413])
    """
    size = as_size(size)
    down, across = (np.fft.fftfreq(side) for side in size)
    ring = ring_index(size, PUBLISHED.ring_center).ravel()
    last = outermost_ring(size)
    counts = np.bincount(ring, minlength=last + 1)[1 : last + 1]
    sums = np.bincount(ring, np.hypot(down[:, None], across).ravel(), minlength=last + 1)[1 : last + 1]
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def ring_means(values: "Tensor", ring: "Tensor") -> "Tensor":
    """Compute the mean of the components in each ring, with gradients.

    Args:
        values: ``(..., components)``.
        ring: Integers ``(components,)`` on the same device, the ring of each; every ring from 0 to the last holds one.

    Returns:
        ``(..., rings)``.

    Example:
        >>> import torch
        >>> ring_means(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0, 1, 1]))
        tensor([1., 3.])
    """
    counts = ring.bincount()
    return values.new_zeros(*values.shape[:-1], len(counts)).index_add(-1, ring, values) / counts


class Band(NamedTuple):
    """The rings for maps of a size under a convention; kappa plays no part.

    Attributes:
        convention: The convention, with kappa set to 0.5 so that all kappas share the cache of the rings.
        size: Size of the maps.
        ring_size: Size of the spectrum that the rings are taken from.
    """

    convention: Convention
    size: MapSize
    ring_size: MapSize

    @classmethod
    def for_maps(
        cls, size: int | tuple[int, int], convention: Convention, reference: int | tuple[int, int] | None
    ) -> "Band":
        """Give the rings for maps of a size, with a reference size or without."""
        size = as_size(size)
        own = as_reference(reference, size)
        upsampled = own is not None and convention.reference_rule == "upsample"
        return cls(replace(convention, kappa=0.5), size, own if upsampled else size)

    @property
    def transform(self) -> MapSize:
        """Size of the spectra to compute: the maps' own size if upsampling repeats their spectrum along both axes."""
        repeats = all(large % small == 0 for large, small in zip(self.ring_size, self.size, strict=True))
        return self.size if repeats else self.ring_size

    @property
    def outermost(self) -> int:
        """The outermost ring m."""
        return outermost_ring(self.ring_size)

    @property
    def dc_counts(self) -> bool:
        """Whether DC is in a ring."""
        return self.convention.first_ring == 0

    @property
    def magnitude(self) -> bool:
        """Whether the rings hold the magnitude instead of the power."""
        return self.convention.spectrum == "magnitude"


def ring_weights(size: int | tuple[int, int], transform: int | tuple[int, int], convention: Convention) -> csr_array:
    r"""Build the linear map from the half-plane spectrum of an h x w map to the rings of its H x W upsampling.

    Nearest-neighbor upsampling by whole factors H/h and W/w repeats the map's spectrum and damps it:

    .. math:: |F_{HW}(u, v)|^2 = |F_{hw}(u \bmod h, v \bmod w)|^2 \, D_{hH}(u) \, D_{wW}(v), \quad
              D_{nN}(u) = \left(\frac{\sin(\pi u / n)}{\sin(\pi u / N)}\right)^2, \; D_{nN}(0) = (N/n)^2,

    so no transform of the upsampled map is needed. Rings about a point half a pixel away from DC are not symmetric; the
    components that the half plane of a real map leaves out are folded onto their conjugates.

    Args:
        size: Edge length n of the map, or its rows h and columns w; each divides its side of ``transform``.
        transform: Edge length N of the spectrum that the rings are taken from, or its rows H and columns W.
        convention: Gives the spectrum, ring statistic, center and first ring.

    Returns:
        float64 ``(h * (w // 2 + 1), rings)``: the flattened ``rfft2`` power (or magnitude) of the map, times this
        matrix, gives the ring statistics of the upsampled map; 0 for a ring without a component. It is sparse and
        stored by rows: almost every component of a map's own spectrum lies in a single ring.
    """
    (height, width), transform = as_size(size), as_size(transform)
    down, across = _gain(height, transform.rows, convention), _gain(width, transform.columns, convention)
    half = width // 2 + 1
    rings = outermost_ring(transform) + 1 - convention.first_ring
    column = np.arange(transform.columns) % width
    conjugate = column >= half
    column = np.where(conjugate, -column % width, column)
    index = np.int32 if height * half * rings < 2**31 else np.int64
    cells, gains, filled = np.empty(transform.pixels, index), np.empty(transform.pixels), 0
    for u, ring in enumerate(ring_index(transform, convention.ring_center)):
        row = np.where(conjugate, -u % height, u % height)
        ring = ring - convention.first_ring
        band = (ring >= 0) & (ring < rings)
        places = slice(filled, filled + np.count_nonzero(band))
        cells[places] = ((row * half + column) * rings + ring)[band]
        gains[places] = (down[u] * across)[band]
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
    starts = np.searchsorted(component, np.arange(height * half + 1))
    return csr_array((weights, ring, starts), shape=(height * half, rings))


def _gain(side: int, upsampled: int, convention: Convention) -> np.ndarray:
    """Give the factor of each component along an axis of an upsampled spectrum."""
    u = np.arange(upsampled)
    # At multiples of n the quotient is 0/0 (u = 0) or 0, which floating point only approximates.
    folds = u % side == 0
    gain = (np.sin(np.pi * u / side) / np.where(folds, 1, np.sin(np.pi * u / upsampled))) ** 2
    gain = np.where(folds, 0.0, gain)
    gain[0] = (upsampled / side) ** 2
    return np.sqrt(gain) if convention.spectrum == "magnitude" else gain
