"""Rings about DC as sums over a folded spectrum, which real arithmetic alone computes."""

from typing import NamedTuple

import numpy as np

from srop.rings import Band, ring_weights


class Folded(NamedTuple):
    """Rings, totals and energy as weighted sums over the folded power; the sums of all bands follow one another.

    Attributes:
        starts: Where each sum's entries begin ``(sums + 1,)``. A band's rings come first, then its total; the last two
            sums are the energy of a map's mean and of what varies in it.
        components: The folded components ``(entries,)``.
        weights: Their weights ``(entries,)``.
        rings: The number of each band's rings ``(bands,)``.
    """

    starts: np.ndarray
    components: np.ndarray
    weights: np.ndarray
    rings: np.ndarray


def folds(band: Band) -> bool:
    """Say whether a band's rings can be read from the folded power.

    They can for the power, in rings about DC, of square maps whose own spectrum is enough.
    """
    convention = band.convention
    is_plain = (convention.spectrum, convention.ring_center) == ("power", "dc")
    return is_plain and band.transform == band.size and band.size.is_square and band.ring_size.is_square


def fold(bands: tuple[Band, ...]) -> Folded:
    r"""Build the sums for bands of one size of maps.

    With cosines above sines in the rows of B, the products :math:`Y = B x B^T` are real, and

    .. math:: |F(u, v)|^2 + |F(-u, v)|^2 = 2 (Y_{cc}^2 + Y_{ss}^2 + Y_{sc}^2 + Y_{cs}^2) = 2 q(u, v).

    Rings about DC weigh :math:`(\pm u, \pm v)` and :math:`(v, u)` alike, so all they need is the folded power: q(u, u),
    and q(u, v) + q(v, u) for u < v, in the order of :func:`place`.

    Args:
        bands: Bands for which :func:`folds` holds.

    Reference:
        Yu et al. 2021, Eq. 3 and 6, for the rings.

    Example:
        >>> from srop.convention import PUBLISHED
        >>> folded = fold((Band.for_maps(4, PUBLISHED, None),))
        >>> folded.rings, folded.components[: folded.starts[1]], folded.weights[: folded.starts[1]]
        (array([1]), array([1, 3]), array([0.25, 0.5 ]))
    """
    size = bands[0].size.rows
    half = size // 2 + 1
    folded = place(*np.indices((half, half)), half).ravel()
    # A frequency that has a mirror image stands for two.
    mirrored = np.where((np.arange(half) > 0) & (2 * np.arange(half) < size), 2, 1)
    sums, rings = [], []
    for band in bands:
        weights = ring_weights(size, band.ring_size, band.convention)[: half * half]
        weights = (weights * np.repeat(mirrored, half)[:, None]).tocsc()
        # Both of a component's places have the same weight up to rounding; the lower one is taken.
        lower = np.flatnonzero(np.tril(np.ones((half, half), bool)).ravel())
        by_ring = weights[lower].tocsc()
        total = np.zeros(half * (half + 1) // 2)
        for ring in range(by_ring.shape[1]):
            entries = slice(by_ring.indptr[ring], by_ring.indptr[ring + 1])
            component = folded[lower[by_ring.indices[entries]]]
            total[component] += by_ring.data[entries]
            sums.append((component, by_ring.data[entries]))
        sums.append((np.flatnonzero(total), total[total > 0]))
        rings.append(by_ring.shape[1])
    energy = np.zeros(half * (half + 1) // 2)
    # Parseval's theorem.
    energy[folded] = np.outer(mirrored, mirrored).ravel() / size**2
    sums += [(np.arange(1), energy[:1]), (np.arange(1, len(energy)), energy[1:])]
    components, weights = (np.concatenate(parts) for parts in zip(*sums, strict=True))
    starts = np.cumsum([0, *(len(component) for component, _ in sums)])
    return Folded(starts, components.astype(np.int64), weights.astype(np.float64), np.array(rings))


def place(u: np.ndarray, v: np.ndarray, half: int) -> np.ndarray:
    """Give the place of components in the folded power: row by row, u <= v."""
    low, high = np.minimum(u, v), np.maximum(u, v)
    return low * half - low * (low - 1) // 2 + high - low
