"""White noise: the one source of it, always the same."""

from collections.abc import Iterator

import torch
from torch import Tensor


def noise_maps(count: int, size: int) -> Tensor:
    """Draw white Gaussian noise of mean 0 and standard deviation 1 as single maps ``(count, size, size)``, float32."""
    return torch.randn(count, size, size, generator=torch.Generator().manual_seed(0))


def noise_batches(count: int, size: int, batch: int) -> Iterator[Tensor]:
    """Draw white Gaussian noise of mean 0 and standard deviation 1, always the same, whatever the batch.

    Args:
        count: How many images.
        size: Edge length.
        batch: Images at a time.

    Yields:
        float32 ``(batch, 3, size, size)``.
    """
    generator = torch.Generator().manual_seed(0)
    for start in range(0, count, batch):
        images = range(min(batch, count - start))
        yield torch.stack([torch.randn(3, size, size, generator=generator) for _ in images])
