"""A differentiable measure of fine patterns, for losses that ask for a low SROP."""

from functools import lru_cache

import torch
from torch import Tensor

from srop.checks import require_place, require_tensor
from srop.convention import PUBLISHED
from srop.rings import outermost_ring, ring_index
from srop.sizes import MapSize


def fine_share(maps: Tensor, ring: int) -> Tensor:
    r"""Compute the share of the ring-averaged power above a fixed ring; a low share makes a low SROP.

    .. math:: \sum_{k > r} S(k) / \sum_{k=1}^{m} S(k)

    S(k) is the mean of the power spectrum over ring k, as in the published SROP at the map's own size. The SROP itself
    is a ring number and has no gradient; it is at most r / m exactly if this share is at most .15.

    Args:
        maps: Floating point ``(..., H, W)``, the longer side at least 6.
        ring: The ring r, from 1 to m - 1.

    Returns:
        ``(...)``, in [0, 1], with gradients. A map without power in these rings, such as a dead one, has 1 and no
        gradient, so that a loss never falls because maps die. NaN for a map with NaN or infinity. float32 for half
        precision.

    Raises:
        TypeError: If the maps are not a floating-point tensor, or the ring is not a whole number.
        ValueError: If the shape has fewer than two dimensions, the maps are too small, or there is no such ring.

    Reference:
        Yu et al. 2021, Sec. 6, for the purpose; :func:`srop.rolloff_points` for the rings.

    Example:
        >>> wave = torch.cos(2 * torch.pi * 5 * torch.arange(24) / 24).expand(24, 24)
        >>> fine_share(wave, 4).round(decimals=3), fine_share(wave, 5).round(decimals=3)
        (tensor(1.), tensor(0.))
    """
    require_tensor("maps", maps)
    if not maps.is_floating_point():
        raise TypeError(f"maps are {maps.dtype}; give floating point, as maps.float()")
    if maps.ndim < 2 or 0 in maps.shape[-2:] or max(maps.shape[-2:]) < _SMALLEST:
        raise ValueError(
            f"maps of shape {tuple(maps.shape)}; give (..., H, W), with a longer side of at least {_SMALLEST}"
        )
    size = MapSize(*maps.shape[-2:])
    ring = require_place("ring", ring, "a ring", first=1, last=outermost_ring(size) - 1)
    maps = maps if maps.dtype in (torch.float32, torch.float64) else maps.float()
    averages = _averages(size).to(maps)
    values = maps.flatten(-2)
    values = values - values.mean(-1, keepdim=True)
    # A factor changes nothing, and squares of very small maps would be 0.
    largest = values.detach().abs().amax(-1, keepdim=True)
    live = largest[..., 0] > torch.finfo(maps.dtype).eps * maps.detach().abs().amax((-2, -1))
    values = values / torch.where(live[..., None], largest, 1)
    power = torch.fft.fft2(values.unflatten(-1, size)).abs().square().flatten(-2)
    spectrum = power @ averages
    total = spectrum.sum(-1)
    live = live & (total > _EMPTY)
    share = spectrum[..., ring:].sum(-1) / torch.where(live, total, 1)
    # A loss tells of a training that diverged.
    without = torch.where(maps.detach().isfinite().flatten(-2).all(-1), 1.0, torch.nan)
    return torch.where(live, share, without.to(share))


_SMALLEST = 6
_EMPTY = 1e-9


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # Kept for later calls, whose gradients may need it.
def _averages(size: MapSize) -> Tensor:
    """Give the matrix from a power spectrum to the means of its rings 1 to m, ``(H * W, m)``; 0 for an empty ring."""
    rings = torch.from_numpy(ring_index(size, PUBLISHED.ring_center).ravel().astype("int64"))
    last = outermost_ring(size)
    member = torch.nn.functional.one_hot(rings, max(last, int(rings.max())) + 1)[:, 1 : last + 1].double()
    return member / member.sum(0).clamp(min=1)
