"""Compiled loops over the spectra of maps on a CPU: NumPy arrays in, NumPy arrays out."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from srop.compiled import jit

_LANES = 32
"""Components are padded to a multiple of this many, so that vector loops have no remainder."""
_MOST_BYTES = 2**20
"""Running totals are kept at every ring if they fit into this many bytes, and else at so few rings that they do: a fast
cache holds them."""
UNSETTLED = -1.0
"""A mark in place of an SROP: the map must be scaled, or its mean subtracted, before its spectrum is exact enough."""
LARGEST_MEAN = 16.0
"""A mean of up to this many standard deviations may stay in a map: it decides no tie that float32 alone would not."""
SMALLEST, LARGEST = 1e-15, 1e25
"""Spectra with energies outside these limits need scaling, or a square would under- or overflow in float32."""


class Rings(NamedTuple):
    """The linear map from a spectrum to the running totals of its rings, in two steps.

    Attributes:
        running: ``(blocks, components)``: the running total at the last ring of each block of ``step`` rings.
        step: Rings in a block.
        starts: ``(rings + 1,)``: where each ring's entries begin in ``components`` and ``weights``.
        components: The components of the spectrum that are in each ring.
        weights: The weights of these components.
        empty: Total up to which the band counts as empty, for a map of norm 1.
        magnitude: Whether the rings are of |F| instead of its square.
        dc_counts: Whether DC is in the band.
    """

    running: np.ndarray
    step: int
    starts: np.ndarray
    components: np.ndarray
    weights: np.ndarray
    empty: float
    magnitude: bool
    dc_counts: bool


def prepare(weights: csr_array, dtype: np.dtype, *, empty: float, magnitude: bool, dc_counts: bool) -> Rings:
    """Prepare the search for the roll-off ring.

    Args:
        weights: ``(components, rings)``, as :func:`srop.rings.ring_weights` gives them.
        dtype: The type of the computation.
        empty: As for :class:`Rings`.
        magnitude: As for :class:`Rings`.
        dc_counts: As for :class:`Rings`.

    Returns:
        The rings, for :func:`rolloff` and :func:`search`.
    """
    components, number = weights.shape
    padded = -(-components // _LANES) * _LANES
    step = -(-number * padded * np.dtype(dtype).itemsize // _MOST_BYTES)
    last = np.append(np.arange(step, number, step), number) - 1
    running = np.zeros((len(last), padded), dtype)
    by_ring = weights.tocsc()
    by_ring.sort_indices()
    starts, component, shares = by_ring.indptr.astype(np.int64), by_ring.indices, by_ring.data
    total = np.zeros(components)
    for block, first in enumerate([0, *last[:-1] + 1]):
        # Ring by ring, so that the totals round as a running sum does.
        for ring in range(first, last[block] + 1):
            entries = slice(starts[ring], starts[ring + 1])
            total[component[entries]] += shares[entries]
        running[block, :components] = total
    return Rings(running, step, starts, component.astype(np.int32), shares.astype(dtype), empty, magnitude, dc_counts)


@jit
def dead(
    values: np.ndarray, starts: np.ndarray, height: int, width: int, row_step: int, column_step: int
) -> np.ndarray:
    """Find the maps whose values are all equal and finite.

    Args:
        values: Memory that holds the maps, as :func:`srop.memory.in_place` gives it.
        starts: Where each map begins in it ``(maps,)``.
        height: Rows of a map.
        width: Columns of a map.
        row_step: From a row to the next.
        column_step: From a column to the next.

    Returns:
        Booleans ``(maps,)``.
    """
    result = np.empty(len(starts), np.bool_)
    for i, start in enumerate(starts):
        first = values[start]
        # From the first value on: NaN is not equal to itself.
        equal, r = True, 0
        while equal and r < height:
            c = 0
            while c < width and values[start + r * row_step + c * column_step] == first:
                c += 1
            equal, r = c == width, r + 1
        result[i] = equal and np.isfinite(first)
    return result


@jit
def is_constant(
    values: np.ndarray, start: int, height: int, width: int, row_step: int, column_step: int, rounding: float
) -> bool:
    """Say whether a map, as in :func:`dead`, is finite and spreads by at most a share of its largest magnitude."""
    low, high, finite = values[start], values[start], np.isfinite(values[start])
    for r in range(height):
        for c in range(width):
            value = values[start + r * row_step + c * column_step]
            low, high = min(low, value), max(high, value)
            finite &= np.isfinite(value)
    return finite and high - low <= rounding * max(abs(low), abs(high))


@jit
def constant(maps: np.ndarray, height: int, width: int, rounding: float) -> np.ndarray:
    """Find the maps ``(batch * height * width,)`` for which :func:`is_constant` holds: booleans ``(batch,)``."""
    pixels = height * width
    result = np.empty(len(maps) // pixels, np.bool_)
    for i in range(len(result)):
        result[i] = is_constant(maps, i * pixels, height, width, width, 1, rounding)
    return result


@jit
def _product(values: np.ndarray, rows: np.ndarray, row: int) -> float:
    total = values.dtype.type(0)
    for j in range(len(values)):
        total += values[j] * rows[row, j]
    return total


# Arrays are separate arguments, because Numba fetches and counts an array of a tuple at every use.
@jit
def _position(
    values: np.ndarray,
    norm: float,
    share: float,
    running: np.ndarray,
    step: int,
    starts: np.ndarray,
    components: np.ndarray,
    weights: np.ndarray,
    empty: float,
    magnitude: bool,
) -> float:
    if magnitude:
        for j in range(len(values)):
            values[j] = np.sqrt(values[j])
    else:
        norm = norm * norm
    high = len(running) - 1
    total = _product(values, running, high)
    if not total > empty * norm:
        return np.nan
    target = share * total
    low, below = -1, values.dtype.type(0)
    while high - low > 1:
        middle = (low + high) // 2
        reached = _product(values, running, middle)
        if reached < target:
            low, below = middle, reached
        else:
            high = middle
    # Between two running totals the rings are added one by one.
    position = (low + 1) * step
    last = min(position + step, len(starts) - 1) - 1
    while position < last:
        for entry in range(starts[position], starts[position + 1]):
            below += values[components[entry]] * weights[entry]
        if below >= target:
            break
        position += 1
    return position


@jit
def rolloff(
    spectra: np.ndarray, pixels: int, share: float, rings: Rings, first: float, unit: float, points: np.ndarray
) -> int:
    """Compute SROPs from spectra in the order of ``rfft2``.

    Args:
        spectra: ``(batch, 2 h (w // 2 + 1))``, real and imaginary parts in turn.
        pixels: Number of pixels of a map, h w.
        share: The share of the total that the roll-off ring reaches.
        rings: The rings.
        first: Number of the innermost ring.
        unit: The ring at which the SROP is 1.
        points: ``(batch,)``, to be filled with the SROPs: NaN where there is no power in the band, :data:`UNSETTLED`
            where the spectrum is not exact enough.

    Returns:
        The number of unsettled points.
    """
    running, step, starts, components, weights, empty, magnitude, dc_counts = rings
    unsettled = 0
    values = np.zeros(running.shape[1], spectra.dtype)
    for i in range(len(spectra)):
        total = spectra.dtype.type(0)
        for j in range(spectra.shape[1] // 2):
            power = spectra[i, 2 * j] * spectra[i, 2 * j] + spectra[i, 2 * j + 1] * spectra[i, 2 * j + 1]
            values[j] = power
            total += power
        # Parseval's theorem, except for the one or two columns whose conjugates lie in the same half plane: the energy
        # is up to twice too large, and the norm up to a root of 2.
        energy = 2 * total / pixels
        varying = 2 * (total - values[0]) / pixels
        points[i] = UNSETTLED
        if SMALLEST < energy < LARGEST and values[0] / pixels <= LARGEST_MEAN**2 * varying:
            norm = np.sqrt(energy)
            position = _position(values, norm, share, running, step, starts, components, weights, empty, magnitude)
            # Without DC, a band may be empty compared with the norm, which includes the mean, and still hold power
            # compared with what varies.
            if dc_counts or not np.isnan(position):
                points[i] = points.dtype.type(position + first) / points.dtype.type(unit)
        if points[i] == UNSETTLED:
            unsettled += 1
    return unsettled


@jit
def search(power: np.ndarray, norm: np.ndarray, share: float, rings: Rings, first: float, unit: float) -> np.ndarray:
    """Compute SROPs from power.

    Args:
        power: ``(batch, components)``.
        norm: ``(batch,)``, the norms of the maps, at the size of the transform.
        share: The share of the total that the roll-off ring reaches.
        rings: The rings.
        first: As for :func:`rolloff`.
        unit: As for :func:`rolloff`.

    Returns:
        SROPs ``(batch,)``, NaN where there is no power in the band.
    """
    running, step, starts, components, weights, empty, magnitude, _ = rings
    points = np.empty(len(power), power.dtype)
    values = np.zeros(running.shape[1], power.dtype)
    for i in range(len(power)):
        values[: power.shape[1]] = power[i]
        position = _position(values, norm[i], share, running, step, starts, components, weights, empty, magnitude)
        points[i] = points.dtype.type(position + first) / points.dtype.type(unit)
    return points


@jit
def upsampled_power(parts: np.ndarray, power: np.ndarray) -> None:
    """Compute the power of spectra from products of maps with cosines and sines.

    Args:
        parts: ``(batch, 2 h, 2 w)``: cosines before sines along both axes.
        power: ``(batch, 2, h, w)``, to be filled with the power at (u, v) and at (-u, v), for u from 0 to h - 1 and v
            from 0 to w - 1.
    """
    height, width = power.shape[-2:]
    for i in range(len(parts)):
        for u in range(height):
            for v in range(width):
                even, odd = parts[i, u, v], parts[i, height + u, width + v]
                mixed, mixed_t = parts[i, height + u, v], parts[i, u, width + v]
                power[i, 0, u, v] = (even - odd) ** 2 + (mixed + mixed_t) ** 2
                power[i, 1, u, v] = (even + odd) ** 2 + (mixed - mixed_t) ** 2
