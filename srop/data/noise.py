"""White noise: the one source of it, always the same."""

from collections.abc import Iterator

import torch
from torch import Tensor

from srop.sizes import as_size


def noise_maps(count: int, size: int | tuple[int, int]) -> Tensor:
    """Draw white Gaussian noise of mean 0 and standard deviation 1, always the same.

    Args:
        count: How many maps.
        size: Edge length, or rows and columns.

    Returns:
        float32 ``(count, rows, columns)`` on the CPU, whatever torch's default type and device are.
    """
    return _drawn((count, *as_size(size)), _generator())


def noise_batches(count: int, size: int, batch: int) -> Iterator[Tensor]:
    """Draw white Gaussian noise of mean 0 and standard deviation 1, always the same, whatever the batch.

    Args:
        count: How many images.
        size: Edge length.
        batch: Images at a time.

    Yields:
        float32 ``(batch, 3, size, size)`` on the CPU, whatever torch's default type and device are.
    """
    generator = _generator()
    for start in range(0, count, batch):
        images = range(min(batch, count - start))
        yield torch.stack([_drawn((3, size, size), generator) for _ in images])


def _generator() -> torch.Generator:
    return torch.Generator("cpu").manual_seed(0)


def _drawn(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu")
