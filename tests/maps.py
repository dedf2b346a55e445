"""Maps that several tests measure."""

import torch


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """White noise, the same on every machine."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def sparse(*shape: int, dtype: torch.dtype) -> torch.Tensor:
    """Maps as a ReLU leaves them: mostly zero, smooth where not."""
    x = torch.nn.functional.avg_pool2d(noise(*shape, dtype=torch.float64), 3, stride=1, padding=1)
    return (x - 0.4).relu().to(dtype)


def checkerboard(size: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """-1 and 1 in turn; for an even size all its power lies in the corner, out of every band."""
    i = torch.arange(size)
    return 2 * ((i[:, None] + i) % 2).to(dtype) - 1
