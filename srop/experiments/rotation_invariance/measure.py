"""Changes of SROPs when a map is rotated: Eq. 7 says that nothing changes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import rotate
from torch import Tensor

from srop.rolloff import rolloff_points

ANGLES = (90, 180, 270, 15, 30, 45)
"""Angles in degrees. The first three move pixels onto pixels; the others need interpolation."""


def rotate_maps(maps: Tensor, angle: int) -> Tensor:
    """Rotate maps about their center: exactly by multiples of 90 degrees, else with bilinear interpolation.

    Args:
        maps: ``(k, n, n)``; their edges are mirrored to fill what comes in from outside.
        angle: Angle in degrees.

    Returns:
        Maps of the same shape.

    Example:
        >>> rotate_maps(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 90)
        tensor([[[2., 4.],
                 [1., 3.]]])
    """
    if angle % 90 == 0:
        return maps.rot90(angle // 90, (-2, -1))
    rotated = rotate(maps.numpy(), angle, axes=(-1, -2), reshape=False, order=1, mode="reflect")
    return torch.from_numpy(rotated)


def low_pass(maps: Tensor) -> Tensor:
    """Remove frequencies above a quarter of the Nyquist frequency, by radius about zero frequency.

    Args:
        maps: ``(k, n, n)``.

    Returns:
        Maps of the same shape, which interpolation between the grid's points hardly changes.

    Example:
        >>> checkerboard = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(4, 4)
        >>> low_pass(checkerboard[None]).abs().max() < 1e-6
        tensor(True)
    """
    size = maps.shape[-1]
    radius = torch.fft.fftfreq(size)[:, None].hypot(torch.fft.rfftfreq(size))
    return torch.fft.irfft2(torch.fft.rfft2(maps) * (radius <= 0.125), s=(size, size))


def rotation_table(maps: Mapping[str, Tensor], conventions: Sequence[str], angles: Sequence[int]) -> pd.DataFrame:
    """Compare the SROPs of maps before and after rotation.

    Args:
        maps: For each kind of input, ``(k, n, n)``.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        angles: Angles in degrees.

    Returns:
        A row per input, convention and angle: ``size``, ``maps`` (how many have an SROP before and after; flat maps
        have none), and over these ``mean`` (SROP before), ``changed`` (share whose SROP changes), ``change`` (mean
        absolute change) and ``largest`` (largest change); NaN if no map has an SROP.

    Reference:
        Yu et al. 2021, Eq. 7.
    """
    rows = []
    for name, original in maps.items():
        for angle in angles:
            rotated = rotate_maps(original, angle)
            for convention in conventions:
                before, after = (rolloff_points(x, convention=convention).numpy() for x in (original, rotated))
                both = ~np.isnan(after - before)
                keys = {"input": name, "size": original.shape[-1], "maps": both.sum(), "convention": convention}
                rows.append({**keys, "angle": angle, **_change_statistics(before[both], after[both])})
    return pd.DataFrame(rows)


def _change_statistics(before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    change = np.abs(after - before)
    if not len(change):
        return dict.fromkeys(("mean", "changed", "change", "largest"), np.nan)
    return {
        "mean": before.mean(),
        "changed": (change > 0).mean(),
        "change": change.mean(),
        "largest": change.max(),
    }
