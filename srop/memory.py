"""Maps as they lie in memory: where each one begins, and how to read several at once."""

from typing import NamedTuple

import numpy as np
from torch import Tensor


class Blocks(NamedTuple):
    """Maps in blocks of as many as there are lanes, read where they lie.

    Attributes:
        values: Memory that holds the maps ``(values,)``.
        starts: Where the first map of each block begins ``(blocks,)``.
        firsts: The number of this map ``(blocks,)``. The last blocks may overlap, so that all are full.
        steps: From a map to the next of its block, from a row to the next, and from a column to the next.
    """

    values: np.ndarray
    starts: np.ndarray
    firsts: np.ndarray
    steps: tuple[int, int, int]


def blocks(maps: Tensor, lanes: int) -> Blocks:
    """Cut maps into blocks.

    Channels that lie next to one another (channels last) are read as they lie, and so are maps that lie one after the
    other; what lies otherwise is copied.

    Args:
        maps: ``(..., n, n)`` on the CPU, at least as many as there are lanes.
        lanes: Maps in a block.

    Example:
        >>> import torch
        >>> maps = torch.zeros(2, 48, 8, 8).to(memory_format=torch.channels_last)
        >>> blocks(maps, 32).firsts, blocks(maps, 32).steps
        (array([ 0, 16, 48, 64]), (1, 384, 48))
        >>> blocks(maps.contiguous(), 32).firsts, blocks(maps.contiguous(), 32).steps
        (array([ 0, 32, 64]), (64, 8, 1))
    """
    if maps.ndim > 3 and maps.stride(-3) == 1 and maps.shape[-3] >= lanes:
        channels = maps.shape[-3]
        values, starts = in_place(maps)
        firsts = (np.arange(0, len(starts), channels)[:, None] + _firsts(channels, lanes)).ravel()
        return Blocks(values, starts[firsts], firsts, (1, *maps.stride()[-2:]))
    size = maps.shape[-1]
    values = channels_first(maps).reshape(-1).numpy()
    firsts = _firsts(len(values) // size**2, lanes)
    return Blocks(values, firsts * size**2, firsts, (size**2, size, 1))


def _firsts(number: int, lanes: int) -> np.ndarray:
    firsts = np.arange(0, number, lanes)
    firsts[-1] = number - lanes
    return firsts


def in_place(maps: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Give the memory that holds maps ``(..., n, n)``, and where in it each map begins, without a copy."""
    span = 1 + sum((size - 1) * step for size, step in zip(maps.shape, maps.stride(), strict=True))
    starts = np.zeros(1, np.int64)
    for size, step in zip(maps.shape[:-2], maps.stride()[:-2], strict=True):
        starts = (starts[:, None] + np.arange(size) * step).ravel()
    return maps.as_strided((span,), (1,)).numpy(), starts


def channels_first(maps: Tensor) -> Tensor:
    """Make maps contiguous, so that each map lies in one piece of memory.

    Args:
        maps: ``(..., n, n)`` in any memory format, such as channels last.

    Returns:
        The same maps, contiguous; the same tensor if it is contiguous already.

    Example:
        >>> import torch
        >>> maps = torch.zeros(2, 3, 4, 4).to(memory_format=torch.channels_last)
        >>> channels_first(maps).stride()
        (48, 16, 4, 1)
    """
    if maps.is_contiguous() or maps.ndim != 4 or maps.requires_grad:
        return maps.contiguous()
    contiguous = maps.new_empty(maps.shape)
    # Image by image this is the transposition of a matrix, which torch copies in blocks.
    for source, target in zip(maps, contiguous, strict=True):
        target.flatten(1).copy_(source.flatten(1))
    return contiguous
