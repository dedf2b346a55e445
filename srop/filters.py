"""The frequencies of convolution filters."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from srop.door import require_size, require_tensor


def filter_centers(weight: Tensor, *, size: int = 32) -> Tensor:
    r"""Give the center of each filter's power spectrum.

    .. math:: c = \sum_{u, v} \sqrt{u^2 + v^2} \, |F(u, v)|^2 \Big/ \sum_{u, v} |F(u, v)|^2

    The sums go over all frequencies of the filter, padded with zeros, and over its input channels.

    Args:
        weight: ``(filters, channels, k, k)``.
        size: To which filters are padded, at least k.

    Returns:
        ``(filters,)`` in rings of that size, 0 to about .71 size; NaN for a filter of zeros. White filters are at
        about .38 size.

    Raises:
        TypeError: If the weight is no tensor.
        ValueError: If it is of another shape, or larger than the size.

    Reference:
        Ours, for Jia et al. 2019, whose text could not be had.

    Example:
        >>> filter_centers(torch.ones(1, 1, 32, 32))
        tensor([0.], dtype=torch.float64)
    """
    _require_filters(weight, size)
    power = torch.fft.fft2(weight.detach().double(), s=(size, size)).abs().square().sum(dim=1)
    return (power * _radius(size).to(power)).sum(dim=(1, 2)) / power.sum(dim=(1, 2))


def low_proportion(weight: Tensor, cutoff: float, *, size: int = 32) -> float:
    """Give the share of a layer's filters whose spectrum is centered below a cut-off.

    Args:
        weight: As for :func:`filter_centers`.
        cutoff: In rings of the size.
        size: To which filters are padded.

    Returns:
        In [0, 1], of the filters that are not zero; NaN if all are.

    Raises:
        TypeError: As :func:`filter_centers`.
        ValueError: Likewise.

    Example:
        >>> low_proportion(torch.nn.Conv2d(1, 32, 3).weight, 30)
        1.0
    """
    centers = filter_centers(weight, size=size)
    there = centers[~centers.isnan()]
    return (there < cutoff).double().mean().item()


class Bands(NamedTuple):
    """The k x k filters that have their energy in the low band, or not.

    Attributes:
        share: The part of a unit filter's energy below the cut-off, ``(k * k,)``, largest first.
        filters: The filters, orthonormal, ``(k * k, k, k)``.
    """

    share: Tensor
    filters: Tensor


@lru_cache(maxsize=32)
def bands(k: int, cutoff: float, *, size: int = 32) -> Bands:
    r"""Part the k x k filters by the energy that they have in the low band.

    No filter of k x k has all of its energy in a band. The eigenvectors of the matrix that gives a filter's energy
    below the cut-off, :math:`e(w) = w^\top B w`, are those that have the most, the next, ... to the least of it.

    Args:
        k: Edge length.
        cutoff: In rings of the size, included.
        size: To which filters are padded.

    Example:
        >>> [(bands(3, cutoff).share > 0.5).sum().item() for cutoff in (8, 10)]
        [1, 3]
    """
    inside = (_radius(size) <= cutoff).double()
    reach = torch.fft.ifft2(inside).real
    y, x = (of.flatten() for of in torch.meshgrid(torch.arange(k), torch.arange(k), indexing="ij"))
    matrix = reach[(y[:, None] - y) % size, (x[:, None] - x) % size]
    share, vectors = torch.linalg.eigh(matrix)
    return Bands(share.flip(0), vectors.T.flip(0).reshape(-1, k, k))


@torch.no_grad()
def hold_proportion(weight: Tensor, proportion: float, cutoff: float, *, size: int = 32) -> None:
    """Project the first filters onto the low band and the others onto the high one, in place.

    Args:
        weight: ``(filters, channels, k, k)``, changed.
        proportion: Of the filters, how many are low, rounded.
        cutoff: Of :func:`bands`; filters with more than half of their energy below it span the low band.
        size: Likewise.

    Example:
        >>> weight = torch.randn(4, 1, 3, 3)
        >>> hold_proportion(weight, 0.5, 10)
        >>> low_proportion(weight, 10)
        0.5
    """
    share, filters = bands(weight.shape[-1], cutoff, size=size)
    basis = filters.flatten(1).to(weight)
    is_low = (share > 0.5).to(weight.device)
    count = round(proportion * len(weight))
    flat = weight.flatten(2).clone()
    for part, kept in ((slice(None, count), basis[is_low]), (slice(count, None), basis[~is_low])):
        flat[part] = flat[part] @ kept.T @ kept
    weight.copy_(flat.view_as(weight))


def _radius(size: int) -> Tensor:
    along = torch.from_numpy(np.fft.fftfreq(size, 1 / size))
    return torch.hypot(along[:, None], along)


def _require_filters(weight: Tensor, size: int) -> None:
    require_tensor("weight", weight)
    require_size("size", size)
    if weight.ndim != 4 or weight.shape[-1] != weight.shape[-2] or weight.shape[-1] > size:
        raise ValueError(
            f"weight of shape {tuple(weight.shape)}; give filters x channels x k x k, k at most size={size}"
        )
