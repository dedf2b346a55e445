"""How far SROPs change when a map is turned: Eq. 7 says not at all."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import rotate
from torch import Tensor

from srop.convention import CONVENTIONS
from srop.rolloff import rolloff_points

ANGLES = (90, 180, 270, 15, 30, 45)
"""In degrees; the first three move pixels onto pixels, the others need interpolation."""


def turn(maps: Tensor, angle: int) -> Tensor:
    """Turn maps about their center: exactly by multiples of 90 degrees, else by bilinear interpolation.

    Args:
        maps: ``(k, n, n)``; what comes in from outside is mirrored at the edges.
        angle: In degrees.

    Returns:
        Maps of the same shape.

    Example:
        >>> turn(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 90)
        tensor([[[2., 4.],
                 [1., 3.]]])
    """
    if angle % 90 == 0:
        return maps.rot90(angle // 90, (-2, -1))
    turned = rotate(maps.numpy(), angle, axes=(-1, -2), reshape=False, order=1, mode="reflect")
    return torch.from_numpy(turned)


def smooth(maps: Tensor) -> Tensor:
    """Cut off what lies above a quarter of the grid's limit (the Nyquist frequency), in rings about zero frequency.

    Args:
        maps: ``(k, n, n)``.

    Returns:
        Maps of the same shape, which interpolation between the grid's points hardly changes.

    Example:
        >>> checkerboard = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(4, 4)
        >>> smooth(checkerboard[None]).abs().max() < 1e-6
        tensor(True)
    """
    size = maps.shape[-1]
    radius = torch.fft.fftfreq(size)[:, None].hypot(torch.fft.rfftfreq(size))
    return torch.fft.irfft2(torch.fft.rfft2(maps) * (radius <= 0.125), s=(size, size))


def rotation_table(maps: Mapping[str, Tensor], conventions: Sequence[str], angles: Sequence[int]) -> pd.DataFrame:
    """Compare the SROPs of maps with those of the same maps turned.

    Args:
        maps: For each kind of input, ``(k, n, n)``.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        angles: In degrees.

    Returns:
        A row per input, convention and angle: ``size``, ``maps`` (those that have an SROP before and after; flat ones
        have none), and of these ``mean`` (SROP before), ``changed`` (share whose SROP changes), ``change`` (mean of the
        absolute change), ``largest`` (the largest); NaN where no map has one.

    Reference:
        Yu et al. 2021, Eq. 7.
    """
    rows = []
    for name, upright in maps.items():
        for angle in angles:
            turned = turn(upright, angle)
            for convention in conventions:
                chosen = CONVENTIONS[convention]
                before, after = (rolloff_points(x, convention=chosen).numpy() for x in (upright, turned))
                both = ~np.isnan(after - before)
                keys = {"input": name, "size": upright.shape[-1], "maps": both.sum(), "convention": convention}
                rows.append({**keys, "angle": angle, **_compared(before[both], after[both])})
    return pd.DataFrame(rows)


def _compared(before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    change = np.abs(after - before)
    if not len(change):
        return dict.fromkeys(("mean", "changed", "change", "largest"), np.nan)
    return {
        "mean": before.mean(),
        "changed": (change > 0).mean(),
        "change": change.mean(),
        "largest": change.max(),
    }
