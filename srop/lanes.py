"""SROPs of many maps at once on a CPU: one map in each lane of the processor's vectors, without complex numbers."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import torch
from numba import types
from numba.core.registry import cpu_target
from torch import Tensor

from srop.checks import require_size
from srop.codelets import has_codelet
from srop.compiled import is_compiled, jit
from srop.folding import Folded
from srop.kernels import LARGEST, LARGEST_MEAN, SMALLEST, UNSETTLED, is_constant
from srop.memory import blocks
from srop.vectors import add_square, add_squares, add_weighted, count_less, transform, transpose

log = logging.getLogger(__name__)

_TYPES = {torch.float32: types.float32, torch.float64: types.float64}
_pays = 2**22
"""After this many values in maps of one size, the loops for this size are compiled."""
_SHARE = 2**18
"""A thread gets no fewer values than this many."""
_STAMP = int.from_bytes(
    sha256(
        b"".join((files("srop") / f"{name}.py").read_bytes() for name in ("codelets", "vectors", "kernels"))
    ).digest()[:4]
)
"""A hash that is compiled in: Numba looks for changes in this file alone, and so notices changes of the others."""


_ROWS = 7
_MEAN, _VARYING, _EXACT, _TOTAL, _TARGET, _RUNNING, _RING = range(_ROWS)
"""Rows of a table with a column for each lane: the energy of the mean and of what varies; whether the power is exact
enough; a band's total, its target, the running total, and the ring that it belongs to."""


class Bands(NamedTuple):
    """What is searched for in the folded power.

    Attributes:
        folded: The sums.
        shares: For each band the share of its total that the roll-off ring reaches.
        empty: For each band the total up to which it counts as empty, for a map of norm 1.
        dc_counts: For each band whether DC is in it.
        first: For each band its innermost ring.
        units: For each band the ring at which the SROP is 1.
    """

    folded: Folded
    shares: np.ndarray
    empty: np.ndarray
    dc_counts: np.ndarray
    first: np.ndarray
    units: np.ndarray


def compile_ahead(sizes: Iterable[int], dtypes: Iterable[torch.dtype] = (torch.float32,)) -> list[int]:
    """Compile the loops for maps of some sizes before they are needed, unless they were kept on disk.

    Each size takes about a second. Jobs that run at the same time would compile the same loops each for itself.

    Args:
        sizes: Edge lengths n.
        dtypes: Types of the computation.

    Returns:
        The sizes that have such loops: 1, 3, 5 or 7 times a power of 2, from 4 to 224.

    Raises:
        TypeError: If a size is not a whole number.
        ValueError: If a size is not positive.

    Example:
        >>> compile_ahead([7, 13])
        [7]
    """
    sizes, dtypes = [require_size("size", size) for size in sizes], list(dtypes)
    covered = [size for size in sizes if has_codelet(size)]
    for size in covered:
        for dtype in dtypes:
            _compile(size, dtype)
    return covered


def compile_at_first_use() -> None:
    """Compile the loops at the first use of their size, however few maps there are.

    Otherwise the first maps of a size may take another path, as long as no process has compiled its loops; the two
    paths round differently, which may settle a tie. So a run whose tables must repeat calls this first.

    Example:
        >>> compile_at_first_use()
    """
    global _pays
    _pays = 0


def is_ready(size: int, dtype: torch.dtype, number: int) -> bool:
    """Say whether loops for maps of a size are there, or compile them where that pays.

    Args:
        size: Edge length n.
        dtype: Type of the computation.
        number: How many maps are to be measured now. Fewer than there are lanes are never measured in lanes.
    """
    if not has_codelet(size) or number < lanes_of(dtype):
        return False
    wait = _waits(size, dtype)
    if not wait.ready:
        wait.values += number * size**2
        if wait.values >= _pays or is_compiled(_loops(size, lanes_of(dtype)), _signature(dtype)):
            _compile(size, dtype)
    return wait.ready


def rolloff(maps: Tensor, bands: Bands, rounding: float) -> tuple[np.ndarray, int]:
    """Compute SROPs, where :func:`is_ready`.

    Args:
        maps: ``(..., n, n)`` in any memory format, float32 or float64.
        bands: The bands.
        rounding: The largest spread of a constant map, as a share of its largest magnitude.

    Returns:
        SROPs ``(bands, maps)``, NaN where a map is constant or has no power in the band, and
        :data:`srop.kernels.UNSETTLED` where the spectrum is not exact enough; and the number of such maps.
    """
    lanes = lanes_of(maps.dtype)
    loops = _loops(maps.shape[-1], lanes)
    values, starts, firsts, steps = blocks(maps, lanes)
    points = np.empty((len(bands.shares), maps.shape[:-2].numel()), values.dtype)

    def compute(part: slice) -> int:
        return loops(values, starts[part], firsts[part], *steps, *bands.folded, *bands[1:], rounding, points)

    threads = max(1, min(torch.get_num_threads(), len(starts), maps.numel() // _SHARE))
    if threads == 1:
        unsettled = compute(slice(None))
    else:
        # A pool for each call, because threads do not outlive a fork; making one takes far less than its work.
        edges = np.linspace(0, len(starts), threads + 1).astype(int)
        with ThreadPoolExecutor(threads) as pool:
            unsettled = sum(pool.map(compute, map(slice, edges[:-1], edges[1:])))
    return points, unsettled


def lanes_of(dtype: torch.dtype) -> int:
    """Give the number of maps that are computed at once: as many as a line of memory holds values of.

    Processors with short vectors and few registers take half as many.
    """
    long = bool(_features() & {"+avx2", "+avx512f"})
    return (64 if long else 32) // dtype.itemsize


@cache
def _features() -> frozenset[str]:
    # The processor that Numba compiles for, which a variable of the environment may set.
    return frozenset(cpu_target.target_context.codegen().magic_tuple()[2].split(","))


class _Wait:
    """How many values of a size were computed before its loops were there."""

    def __init__(self) -> None:
        self.values, self.ready = 0, False


@cache
def _waits(size: int, dtype: torch.dtype) -> _Wait:
    return _Wait()


def _compile(size: int, dtype: torch.dtype) -> None:
    loops, signature, wait = _loops(size, lanes_of(dtype)), _signature(dtype), _waits(size, dtype)
    if not wait.ready and not is_compiled(loops, signature):
        log.info("maps of %d x %d: the loops are compiled, once for this processor; about a second", size, size)
        loops.compile(signature)
    wait.ready = True


def _signature(dtype: torch.dtype) -> tuple[Any, ...]:
    values, whole, real = (types.Array(kind, 1, "C") for kind in (_TYPES[dtype], types.int64, types.float64))
    step, truths = types.int64, types.Array(types.boolean, 1, "C")
    folded, bands = (whole, whole, real, whole), (real, real, truths, real, real)
    points = types.Array(_TYPES[dtype], 2, "C")
    return (values, whole, whole, step, step, step, *folded, *bands, types.float64, points)


@cache
def _loops(size: int, lanes: int) -> Callable:
    """Define the loops for maps of a size; Numba compiles them for a type of values."""
    half, stamp = size // 2 + 1, _STAMP
    components, edge = half * (half + 1) // 2, size * lanes

    @jit
    def loops(
        values, starts, firsts, map_step, row_step, column_step,
        begins, numbers, weights, rings, shares, empty, dc_counts, first, units, rounding, points,
    ):  # fmt: skip
        memory = np.empty(size * edge + max(size * size, lanes) * lanes + components * lanes + 3 * lanes, values.dtype)
        # Vectors that lie across two lines of the cache take twice as long.
        begin = -(memory.ctypes.data // memory.itemsize) % lanes
        rows = memory[begin : begin + size * edge]
        begin += len(rows)
        tile = memory[begin : begin + max(size * size, lanes) * lanes]
        begin += len(tile)
        power = memory[begin : begin + components * lanes]
        sums = np.empty(_ROWS * lanes)
        unsettled = 0
        for block in range(len(starts)):
            start = starts[block]
            if map_step == 1:
                for r in range(size):
                    transform(size, lanes, stamp, values, start + r * row_step, column_step, rows, r * lanes, edge)
            elif size >= lanes:
                for r in range(size):
                    row = start + r * row_step
                    for c in range(0, size - lanes + 1, lanes):
                        transpose(lanes, values, row + c, map_step, tile, c * lanes)
                    if size % lanes:
                        transpose(lanes, values, row + size - lanes, map_step, tile, (size - lanes) * lanes)
                    transform(size, lanes, stamp, tile, 0, lanes, rows, r * lanes, edge)
            else:
                # The rows of a small map are shorter than a block, and lie one after the other.
                for j in range(0, size * size - lanes + 1, lanes):
                    transpose(lanes, values, start + j, map_step, tile, j * lanes)
                if size * size % lanes:
                    last = size * size - lanes
                    transpose(lanes, values, start + last, map_step, tile, last * lanes)
                for r in range(size):
                    transform(size, lanes, stamp, tile, r * edge, lanes, rows, r * lanes, edge)
            power[:] = 0
            for k in range(size):
                v = k if k < half else k - half + 1
                transform(size, lanes, stamp, rows, k * edge, lanes, tile, 0, lanes)
                for u in range(half):
                    low, high = min(u, v), max(u, v)
                    place = (low * half - low * (low - 1) // 2 + high - low) * lanes
                    if 0 < u < size - half + 1:
                        add_squares(lanes, tile, u * lanes, (half + u - 1) * lanes, power, place)
                    else:
                        add_square(lanes, tile, u * lanes, power, place)

            sums[:] = 0
            add_weighted(lanes, power, numbers, weights, begins[-3], begins[-2], sums, _MEAN * lanes)
            add_weighted(lanes, power, numbers, weights, begins[-2], begins[-1], sums, _VARYING * lanes)
            for lane in range(lanes):
                mean, varying = sums[_MEAN * lanes + lane], sums[_VARYING * lanes + lane]
                exact = SMALLEST < varying + mean < LARGEST and mean <= LARGEST_MEAN**2 * varying
                sums[_EXACT * lanes + lane] = 1.0 if exact else 0.0
            ring = 0
            for band in range(len(rings)):
                sums[_TOTAL * lanes :] = 0
                total = ring + rings[band]
                add_weighted(lanes, power, numbers, weights, begins[total], begins[total + 1], sums, _TOTAL * lanes)
                for lane in range(lanes):
                    sums[_TARGET * lanes + lane] = shares[band] * sums[_TOTAL * lanes + lane]
                # Few rings are added up, because maps that were brought to a larger size reach their share early.
                below = True
                while below and ring < total - 1:
                    add_weighted(lanes, power, numbers, weights, begins[ring], begins[ring + 1], sums, _RUNNING * lanes)
                    below = count_less(lanes, sums, _RUNNING * lanes, _TARGET * lanes, _RING * lanes)
                    ring += 1
                ring = total + 1
                place = firsts[block]
                for lane in range(lanes):
                    energy = sums[_MEAN * lanes + lane] + sums[_VARYING * lanes + lane]
                    full = sums[_TOTAL * lanes + lane] > empty[band] * energy
                    point = points.dtype.type(sums[_RING * lanes + lane] + first[band]) / points.dtype.type(units[band])
                    points[band, place + lane] = point if full else np.nan
                    sums[_EXACT * lanes + lane] *= 1.0 if full or dc_counts[band] else 0.0
            for lane in range(lanes):
                if sums[_EXACT * lanes + lane] == 0:
                    mark = UNSETTLED
                    if is_constant(values, start + lane * map_step, size, size, row_step, column_step, rounding):
                        mark = np.nan
                    else:
                        unsettled += 1
                    for band in range(len(rings)):
                        points[band, firsts[block] + lane] = mark
        return unsettled

    return loops
