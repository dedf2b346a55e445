"""Batches that a device's memory does not hold, taken by halves."""

import logging
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

log = logging.getLogger(__name__)


def by_halves(work: Callable[[Tensor], T], images: Tensor) -> list[T]:
    """Do work on a batch of images; where the device runs out of memory, on each half, and so on down to one image.

    Args:
        work: Takes images ``(b, ...)``. What it has done to its own state before it ran out of memory must not count
            twice when it is called with a half.
        images: The batch.

    Returns:
        The results of ``work`` in the order of the images, one for each part.

    Raises:
        torch.OutOfMemoryError: If the memory does not hold one image.

    Example:
        >>> def work(images):
        ...     if len(images) > 2:
        ...         raise torch.OutOfMemoryError
        ...     return len(images)
        >>> by_halves(work, torch.zeros(5, 3))
        [2, 1, 2]
    """
    try:
        return [work(images)]
    except torch.OutOfMemoryError as error:
        if len(images) < 2:
            raise torch.OutOfMemoryError(
                f"the device's memory does not hold one image of {tuple(images.shape[1:])}: give smaller images, free "
                f"the device of other programs, or take the CPU ({error})"
            ) from error
    # Outside of the block above, whose error holds what the pass has allocated.
    log.warning("the device's memory does not hold %d images; the batch is halved", len(images))
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return [result for half in images.chunk(2) for result in by_halves(work, half)]
