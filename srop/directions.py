"""The power of images by direction: tensors in, tensors out."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from srop.checks import require_size, require_tensor
from srop.rings import ring_index, ring_means

_SMALLEST = 16
_ROUNDING = 64
"""Amplitudes of up to this many units in the last place of the root of the mean power are rounding."""


def power_by_direction(maps: Tensor, *, sectors: int = 12) -> Tensor:
    r"""Compute the power of each map by direction, relative to the mean over all directions at the same frequency.

    .. math:: D(j) = \frac{1}{|B_j|} \sum_{(u, v) \in B_j} \frac{|F(u, v)|^2}{S(k(u, v))}

    B_j are the components whose direction lies in sector j, in rings 1 to (N - 1) // 2 of N x N: every direction has
    these frequencies. S(k) is the mean of the power over ring k. So the power of low frequencies, which is by far the
    largest in photographs, does not hide that of the others, and the radial spectrum makes no difference.

    There is no window: where opposite edges of an image differ, the power along the axes is larger.

    Args:
        maps: Real square maps ``(..., N, N)``, N at least 16.
        sectors: Number of sectors of half a turn; the first is centered at 0 degrees, waves from left to right.

    Returns:
        ``(..., sectors)``, with gradients: 1 for power alike in all directions; float32 for half precision. Rings
        without power beyond rounding are left out. NaN for a map of one value or with NaN, and where a sector holds no
        component of the other rings.

    Raises:
        TypeError: If the maps are not a floating-point tensor, or the number of sectors is not a whole number.
        ValueError: If the maps are not square, or too small; if there is a sector without a component.

    Reference:
        Corvi et al. 2023 (Intriguing properties of synthetic images) for spectra by angle; the division by the ring's
        mean is this project's.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> noise = torch.randn(32, 32)
        >>> rows = noise.cumsum(0)  # smooth from top to bottom, so that power lies at waves from left to right
        >>> power_by_direction(rows, sectors=4).argmax()
        tensor(0)
    """
    require_tensor("maps", maps)
    if not maps.is_floating_point():
        raise TypeError(f"maps are {maps.dtype}; give floating point, as maps.float()")
    if maps.ndim < 2 or maps.shape[-1] != maps.shape[-2] or maps.shape[-1] < _SMALLEST:
        raise ValueError(f"maps of shape {tuple(maps.shape)}; give (..., N, N), with N at least {_SMALLEST}")
    sectors = require_size("sectors", sectors, "sectors")
    rings, members = (part.to(maps.device) for part in _parts(maps.shape[-1], sectors))
    if len(members[rings >= 0].unique()) < sectors:
        raise ValueError(f"sectors={sectors}: one holds no component at {maps.shape[-1]} pixels; give fewer")
    maps = maps if maps.dtype in (torch.float32, torch.float64) else maps.float()
    values = maps - maps.mean((-2, -1), keepdim=True)
    power = torch.fft.fft2(values).abs().square().flatten(-2)
    leading = power.shape[:-1]
    inside = rings >= 0
    rounding = (_ROUNDING * torch.finfo(maps.dtype).eps) ** 2 * power.mean(-1).reshape(-1, 1)
    power, rings, members = power[..., inside].reshape(-1, int(inside.sum())), rings[inside], members[inside]
    means = ring_means(power, rings)
    filled = means > rounding
    relative = power / torch.where(filled, means, 1)[:, rings] * filled[:, rings]
    sums, counts = (
        power.new_zeros(len(power), sectors).index_add_(1, members, part.to(power))
        for part in (relative, filled[:, rings])
    )
    live = (counts > 0) & (maps.amin((-2, -1)) < maps.amax((-2, -1))).reshape(-1, 1)
    directions = torch.where(live, sums / torch.where(live, counts, 1), torch.nan)
    return directions.reshape(*leading, sectors)


def sector_angles(sectors: int) -> np.ndarray:
    """Give the middle of each sector in degrees: 0 for waves from left to right, 90 for waves from top to bottom.

    Example:
        >>> sector_angles(4)
        array([  0.,  45.,  90., 135.])
    """
    return 180.0 / sectors * np.arange(sectors)


@lru_cache(maxsize=8)
@torch.inference_mode(False)
def _parts(size: int, sectors: int) -> tuple[Tensor, Tensor]:
    """Give for each component its ring (less 1; -1 outside) and its sector."""
    rings = ring_index(size, "dc").ravel().astype(np.int64) - 1
    rings[rings >= (size - 1) // 2] = -1
    along = np.fft.fftfreq(size)
    angles = np.degrees(np.arctan2(along[:, None], along)).ravel()
    places = np.floor((angles / (180.0 / sectors) + 0.5 + 1e-9) % sectors).astype(np.int64) % sectors
    return torch.from_numpy(rings), torch.from_numpy(places)
