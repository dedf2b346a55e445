"""The SROPs that are possible for maps of a size: small maps have few."""

from functools import lru_cache

import numpy as np
from scipy.optimize import minimize_scalar

from srop.convention import PUBLISHED, Convention, as_convention
from srop.rings import Band, ring_index, ring_sizes
from srop.rolloff import rolloff_grid
from srop.sizes import MapSize, as_reference, as_size

FEWEST = 5
"""A size with fewer possible SROPs is coarse: statistics of so few values say little."""

_LARGEST = 64
"""Enlarged maps of more than this many pixels have more than FEWEST possible SROPs."""

_ROUNDING = 1e-9


def possible_srops(
    size: int | tuple[int, int],
    *,
    reference: int | tuple[int, int] | None = None,
    convention: Convention | str = PUBLISHED,
) -> tuple[float, ...]:
    r"""List the SROPs that are possible for maps of a size, whatever they show.

    An SROP is a ring number, and a small map that is enlarged to the reference cannot distribute its power freely over
    the rings. With :math:`C_k(x) = x^T A_k x`, the sum of the ring averages of a map x up to ring k, ring k is
    possible if some map has :math:`C_k \ge \kappa C_m` and :math:`C_{k-1} < \kappa C_m`. Values of two quadratic forms
    on the unit sphere form a convex set, so this is decided exactly by the dual problem, one eigenvalue for each
    multiplier.

    Args:
        size: Edge length n of the maps, at most 8 if they are enlarged; or their rows and columns, at most 64 pixels
            together if they are enlarged.
        reference: Size N that the SROPs refer to, or its rows and columns; None means the maps' own size.
        convention: The definition of the SROP, or its name.

    Returns:
        The SROPs in ascending order; an empty tuple for maps of a single value.

    Raises:
        TypeError: If a size is neither a whole number nor two.
        ValueError: If a size is not positive, the reference does not fit the maps, enlarged maps are larger than 8 x 8,
            or the convention sums magnitudes of enlarged maps, which are not quadratic forms.

    Reference:
        Brickman 1961, on the convexity; Yu et al. 2021, Eq. 4-6.

    Example:
        >>> [len(possible_srops(size, reference=224)) for size in (2, 3, 4, 5, 7, 8)]
        [1, 2, 3, 4, 5, 6]
    """
    definition, size = as_convention(convention), as_size(size)
    unit = rolloff_grid(size, convention=definition, reference=reference)[1]
    band = Band.for_maps(size, definition, reference)
    if size.pixels == 1:
        return ()
    if band.ring_size == size:
        held = ring_sizes(size, definition.ring_center, definition.first_ring) > 0
        rings = definition.first_ring + np.flatnonzero(held)
    elif size.pixels > _LARGEST:
        raise ValueError(
            f"size={size.plain}: give at most 8, or rows and columns of at most {_LARGEST} pixels, for maps that are "
            "enlarged to a reference; larger maps have more possible SROPs"
        )
    elif band.magnitude:
        raise ValueError(
            "convention: it has the spectrum 'magnitude', and the possible SROPs of enlarged maps are known only for "
            "'power'; give such a convention, or no reference="
        )
    else:
        rings = _possible_rings(band, definition.kappa)
    return tuple((np.asarray(rings) / unit).tolist())


def is_coarse(
    size: int | tuple[int, int],
    *,
    reference: int | tuple[int, int] | None = None,
    convention: Convention | str = PUBLISHED,
) -> bool:
    """Check whether fewer than five SROPs are possible for maps of a size.

    :func:`possible_srops` does not know the magnitudes of enlarged maps; for these the answer is that for the power.

    Args:
        size: As for :func:`possible_srops`, of any size.
        reference: As for :func:`possible_srops`.
        convention: As for :func:`possible_srops`.

    Example:
        >>> is_coarse(4, reference=224), is_coarse(7, reference=224), is_coarse(7)
        (True, False, True)
    """
    size = as_size(size)
    return _is_coarse(size, as_convention(convention), as_reference(reference, size))


@lru_cache(maxsize=512)
def _is_coarse(size: MapSize, convention: Convention, reference: MapSize | None) -> bool:
    band = Band.for_maps(size, convention, reference)
    if band.ring_size == size:
        return len(possible_srops(size, reference=reference, convention=convention)) < FEWEST
    return size.pixels <= _LARGEST and len(_possible_rings(band, convention.kappa, FEWEST)) < FEWEST


def _possible_rings(band: Band, kappa: float, enough: int | None = None) -> list[int]:
    """Find the rings that are the roll-off point of some enlarged map; only the first ``enough`` of them if given."""
    down, across = map(_spread, band.size, band.ring_size)
    ring, values = ring_index(band.ring_size, band.convention.ring_center), band.size.pixels
    total, sums = np.zeros((values, values)), []
    for number in range(band.convention.first_ring, band.outermost + 1):
        u, v = np.nonzero(ring == number)
        rows = (down[u][:, :, None] * across[v][:, None, :]).reshape(len(u), values)
        gram = rows.real.T @ rows.real + rows.imag.T @ rows.imag
        total = total + (gram / max(len(u), 1) if band.convention.ring_statistic == "mean" else gram)
        sums.append(total)
    power, basis = np.linalg.eigh(total)
    some = power > _ROUNDING * power[-1]
    whiten = basis[:, some] / np.sqrt(power[some])
    below, rings = np.zeros((whiten.shape[1], whiten.shape[1])), []
    for number, running in enumerate(sums, band.convention.first_ring):
        upto = whiten.T @ running @ whiten
        if np.linalg.eigvalsh(below)[0] >= kappa or len(rings) == enough:
            break

        def bound(multiplier: float, upto: np.ndarray = upto, below: np.ndarray = below) -> float:
            return np.linalg.eigvalsh(upto - multiplier * below)[-1] + multiplier * kappa

        if minimize_scalar(bound, bounds=(0, 100), method="bounded").fun > kappa + _ROUNDING:
            rings.append(number)
        below = upto
    return rings


def _spread(side: int, reference: int) -> np.ndarray:
    """Give D for an axis of an upsampled spectrum D X D^T: a column for each value, of the pixels that it fills."""
    pixels = np.arange(reference)
    spread = np.zeros((reference, side))
    spread[pixels, pixels * side // reference] = 1
    return np.fft.fft(spread, axis=0)
