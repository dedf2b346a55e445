"""Images as sums of rank-1 patterns."""

from collections.abc import Sequence

import torch
from torch import Tensor


def rank1_patterns(matrix: Tensor, count: int) -> Tensor:
    r"""Compute the first rank-1 patterns of matrices.

    .. math:: A = \sum_i s_i u_i v_i^T

    Args:
        matrix: ``(..., h, w)``: an image, or its coefficients.
        count: How many patterns, at most the smaller side.

    Returns:
        ``(count, ..., h, w)``, in the order of falling energy; their sum is the best approximation of rank ``count``.

    Raises:
        ValueError: If ``count`` is not between 1 and the smaller side.

    Reference:
        Yousefzadeh and Huang 2020, abstract.

    Example:
        >>> rank1_patterns(torch.diag(torch.tensor([1.0, 3.0])), 1)[0]
        tensor([[0., 0.],
                [0., 3.]])
    """
    most = min(matrix.shape[-2:])
    if not 1 <= count <= most:
        raise ValueError(f"{count} patterns: a matrix of {matrix.shape[-2]} x {matrix.shape[-1]} has 1 to {most}")
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    first = [s[..., i, None, None] * u[..., :, i, None] * vh[..., None, i, :] for i in range(count)]
    return torch.stack(first) + 0.0


def energy_held(matrices: Tensor) -> Tensor:
    """Compute the share of each image's energy that its first rank-1 patterns hold, summed over colors.

    Args:
        matrices: ``(n, c, h, w)``: images, or their coefficients; each color is decomposed by itself.

    Returns:
        ``(n, min(h, w))``, float64, rising to 1; zeros for an image of zeros.

    Example:
        >>> energy_held(torch.diag(torch.tensor([3.0, 1.0]))[None, None])
        tensor([[0.9000, 1.0000]], dtype=torch.float64)
    """
    energy = torch.linalg.svdvals(matrices.double()).square().sum(dim=1).cumsum(dim=1)
    return energy / energy[:, -1:].clamp(min=torch.finfo(torch.float64).tiny)


def patterns_needed(matrices: Tensor, shares: Sequence[float]) -> Tensor:
    """Count the rank-1 patterns that hold shares of each image's energy, summed over colors.

    Args:
        matrices: ``(n, c, h, w)``: images, or their coefficients; each color is decomposed by itself.
        shares: Shares of the energy (sum of squares), in (0, 1).

    Returns:
        ``(n, shares)``: the least k so that the first k patterns of all colors hold the share; 0 for an image of zeros.

    Example:
        >>> patterns_needed(torch.diag(torch.tensor([3.0, 1.0]))[None, None], [0.8, 0.95])
        tensor([[1, 2]])
    """
    held = energy_held(matrices)
    # Sums that are equal up to rounding count as reached.
    reached = held[:, :, None] >= torch.tensor(shares, dtype=held.dtype) * (1 - 1e-12)
    needed = reached.to(torch.int64).argmax(dim=1) + 1
    return needed * (held[:, -1:] > 0)


def low_rank_images(images: Tensor, rank: int) -> Tensor:
    """Approximate images by their first rank-1 patterns, each color by itself.

    Args:
        images: ``(n, c, h, w)``.
        rank: How many patterns each color keeps.

    Returns:
        Images of the same shape and type, not clipped.
    """
    u, s, vh = torch.linalg.svd(images, full_matrices=False)
    return (u[..., :rank] * s[..., None, :rank]) @ vh[..., :rank, :]
