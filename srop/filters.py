"""The frequencies of convolution filters: the centers of their spectra, and their energy in a low band."""

import warnings
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from srop.checks import require_number, require_size, require_tensor
from srop.maps import is_square

_LARGE = 16


def filter_centers(weight: Tensor, *, size: int = 32) -> Tensor:
    r"""Compute the center of each filter's power spectrum.

    .. math:: c = \sum_{u, v} \sqrt{u^2 + v^2} \, |F(u, v)|^2 \Big/ \sum_{u, v} |F(u, v)|^2

    The sums go over all frequencies of the filter, padded with zeros, and over its input channels.

    Args:
        weight: ``(filters, channels, k, k)``, such as the ``.weight`` of a ``Conv2d``.
        size: Size to which filters are padded, at least k.

    Returns:
        float64 ``(filters,)`` in rings of that size, within :func:`center_range`; NaN for a filter of zeros. White
        filters have a center of about .38 size.

    Raises:
        TypeError: If the weight is not a tensor, or the size is not a whole number.
        ValueError: If the weight has another shape, is complex, or is larger than the size; or if a filter has NaN or
            infinite values.

    Reference:
        This project's definition, in place of that of Jia et al. 2019, whose text was not available.

    Example:
        >>> filter_centers(torch.ones(1, 1, 32, 32))
        tensor([0.], dtype=torch.float64)
    """
    size = require_size("size", size)
    _require_filters(weight, size)
    filters = weight.detach().double()
    # Scaled by a power of two, which is exact, because the squares of huge or tiny filters over- or underflow.
    _, exponent = filters.abs().amax(dim=(1, 2, 3), keepdim=True).frexp()
    filters = torch.ldexp(torch.ldexp(filters, -(exponent // 2)), -(exponent - exponent // 2))
    power = torch.fft.fft2(filters, s=(size, size)).abs().square().sum(dim=1)
    return (power * _radius(size).to(power)).sum(dim=(1, 2)) / power.sum(dim=(1, 2))


@lru_cache(maxsize=32)
def center_range(k: int, *, size: int = 32) -> tuple[float, float]:
    r"""Compute the lowest and the highest center that a k x k filter can have.

    The center of a filter w is :math:`w^\top R w / w^\top w`, where R holds the inverse transform of the radius; the
    limits are the least and the largest eigenvalue of R.

    Args:
        k: Edge length of the filters.
        size: Size to which filters are padded, at least k.

    Returns:
        Lowest and highest center, in rings of that size; for filters larger than 16 x 16, whose R is large, 0 and the
        largest radius.

    Example:
        >>> [[round(limit, 2) for limit in center_range(k)] for k in (1, 3, 7)]
        [[12.25, 12.25], [5.35, 18.05], [2.5, 20.5]]
    """
    if k > _LARGE:
        return 0.0, _radius(size).max().item()
    limits = torch.linalg.eigvalsh(_tap_matrix(_radius(size), k))
    return limits[0].item(), limits[-1].item()


def low_proportion(weight: Tensor, cutoff: float, *, size: int = 32) -> float:
    """Compute the share of a layer's filters whose spectrum is centered below a cut-off.

    Args:
        weight: As for :func:`filter_centers`.
        cutoff: A frequency in rings of the size.
        size: Size to which filters are padded.

    Returns:
        The share in [0, 1] of the filters that are not zero; NaN if all filters are zero.

    Warns:
        UserWarning: If no filter of this size can have its center at the cut-off (:func:`center_range`), so that the
            share is 0 or 1 for any filters.

    Raises:
        TypeError: As for :func:`filter_centers`, or if the cut-off is not a number.
        ValueError: As for :func:`filter_centers`, or if the cut-off is not finite.

    Example:
        White filters of 3 x 3 have centers of about 12 at size 32:

        >>> weight = torch.randn(1000, 1, 3, 3, generator=torch.Generator().manual_seed(0))
        >>> low_proportion(weight, 10), low_proportion(weight, 12)
        (0.089, 0.417)
    """
    cutoff = require_number("cutoff", cutoff, "a frequency in rings of the size")
    centers = filter_centers(weight, size=size)
    k = weight.shape[-1]
    low, high = center_range(k, size=size)
    if not low < cutoff <= high:
        warnings.warn(
            f"cutoff={cutoff:g}: filters of {k} x {k} have centers of {low:.2f} to {high:.2f} at size={size}, so the "
            f"share below is {int(cutoff > high)} for any filters; give a cut-off in that range",
            stacklevel=2,
        )
    known = centers[~centers.isnan()]
    return (known < cutoff).double().mean().item()


class Bands(NamedTuple):
    """An orthonormal basis of the k x k filters, by their energy in the low band.

    Attributes:
        share: The share of each filter's energy below the cut-off, ``(k * k,)``, largest first.
        filters: The filters, ``(k * k, k, k)``.
    """

    share: Tensor
    filters: Tensor


@lru_cache(maxsize=32)
def bands(k: int, cutoff: float, *, size: int = 32) -> Bands:
    r"""Decompose the k x k filters by their energy in the low band.

    No k x k filter has all of its energy in a band. A filter's energy below the cut-off is :math:`e(w) = w^\top B w`;
    the eigenvectors of B are the filters with the most, the second most, ... and the least of it.

    Args:
        k: Edge length of the filters.
        cutoff: A frequency in rings of the size, included.
        size: Size to which filters are padded.

    Example:
        >>> [(bands(3, cutoff).share > 0.5).sum().item() for cutoff in (8, 10)]
        [1, 3]
    """
    share, vectors = torch.linalg.eigh(_tap_matrix((_radius(size) <= cutoff).double(), k))
    return Bands(share.flip(0), vectors.T.flip(0).reshape(-1, k, k))


@torch.no_grad()
def hold_proportion(weight: Tensor, proportion: float, cutoff: float, *, size: int = 32) -> None:
    """Project the first filters onto the low band and the others onto the high one, in place.

    Args:
        weight: ``(filters, channels, k, k)``, changed in place.
        proportion: The share of low filters; their number is rounded.
        cutoff: As for :func:`bands`; the filters with more than half of their energy below it span the low band.
        size: Size to which filters are padded.

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


def _tap_matrix(weights: Tensor, k: int) -> Tensor:
    """Build the matrix ``(k * k, k * k)`` of the quadratic form in a filter's taps that sums its weighted power."""
    kernel = torch.fft.ifft2(weights).real
    along = torch.arange(k, device="cpu")
    y, x = (places.flatten() for places in torch.meshgrid(along, along, indexing="ij"))
    return kernel[(y[:, None] - y) % len(weights), (x[:, None] - x) % len(weights)]


def _radius(size: int) -> Tensor:
    along = torch.from_numpy(np.fft.fftfreq(size, 1 / size))
    return torch.hypot(along[:, None], along)


def _require_filters(weight: Tensor, size: int) -> None:
    require_tensor("weight", weight)
    if not is_square(weight.shape, 4) or weight.shape[-1] > size or not weight.numel():
        raise ValueError(
            f"weight of shape {tuple(weight.shape)}; give filters x channels x k x k, k at most size={size}"
        )
    if weight.is_complex():
        raise ValueError("weight is complex; give real filters, such as weight.real")
    if len(broken := (~weight.isfinite()).flatten(1).any(dim=1).nonzero().flatten().tolist()):
        numbers = ", ".join(map(str, broken[:5])) + (f" and {len(broken) - 5} more" if len(broken) > 5 else "")
        raise ValueError(
            f"weight: {'filter' if len(broken) == 1 else 'filters'} {numbers} (of {len(weight)}) with NaN or infinite "
            "values; leave them out, or give the weight of an earlier checkpoint"
        )
