"""Numbers by which the documents explain the definition; no run has them, so each writing computes them."""

from dataclasses import replace
from functools import cache

import pandas as pd
import torch
from torch import Tensor

from srop.convention import PUBLISHED
from srop.data.images import foolbox_images, read_image
from srop.data.noise import noise_batches, noise_maps
from srop.rings import outermost_ring, ring_index, ring_sizes
from srop.rolloff import radial_spectrum, rolloff_grid, rolloff_points
from srop.white_noise import white_noise_srop

_POWER = replace(PUBLISHED, ring_statistic="sum")
"""The convention whose running total over the rings is the power within a radius."""

_NOISE_MAPS = 200


def srop_and_power(maps: Tensor) -> pd.DataFrame:
    r"""Compute for each map its SROP, the share of the power within it, and the radius of 85 % of the power.

    .. math:: \sum_{|r| < k + 1} |F|^2 \,/ \sum_{|r| < m + 1} |F|^2 \quad \text{at } k = m \cdot \mathrm{SROP}

    Args:
        maps: Real maps ``(maps, n, n)``, none of them dead or out of band.

    Returns:
        A row per map: ``srop``; ``power_within``, the share of the power of rings 1 to m within it; ``power_rolloff``,
        the textbook roll-off of spectra in two dimensions, as a share of m.

    Example:
        A plane wave is in one ring, where sums and averages agree:

        >>> wave = torch.cos(2 * torch.pi * 5 * torch.arange(24) / 24).expand(1, 24, 24)
        >>> srop_and_power(wave).mul(15).round(3).to_dict("list")
        {'srop': [5.0], 'power_within': [15.0], 'power_rolloff': [5.0]}
    """
    points, power_rolloff = rolloff_points(maps, convention=[PUBLISHED, _POWER])
    rings = (points * rolloff_grid(maps.shape[-1])[0]).round().long()
    within = radial_spectrum(maps, convention=_POWER).cumsum(-1).gather(-1, rings[:, None] - PUBLISHED.first_ring)
    return pd.DataFrame({"srop": points, "power_within": within[:, 0], "power_rolloff": power_rolloff})


@cache
def noise_and_photographs() -> pd.DataFrame:
    """Compute the means of :func:`srop_and_power` over the embedded baseline's inputs: white noise, photographs."""
    inputs = {
        "white noise": next(noise_batches(10, 224, 10)).flatten(0, 1),
        "photographs": torch.cat([read_image(file, 224) for file in foolbox_images(20)]).float(),
    }
    return pd.DataFrame({name: srop_and_power(maps).mean() for name, maps in inputs.items()}).T


def enlarged_and_scaled(size: int, reference: int) -> tuple[float, float]:
    """Give the mean SROP of white noise at a reference, and its mean SROP at its own size times n / N.

    Args:
        size: Edge length n of the maps.
        reference: Size N to which nearest neighbor enlarges them.

    Returns:
        The two means.
    """
    maps = noise_maps(_NOISE_MAPS, size)
    enlarged, own = rolloff_points(maps, reference=reference), rolloff_points(maps)
    return enlarged.mean().item(), own.mean().item() * size / reference


def rings_of(rows: int, columns: int) -> pd.DataFrame:
    """Give the rings of a small spectrum, by periods along the rows and along the columns; the others mirror these.

    Example:
        >>> rings_of(5, 9).loc[1].tolist()
        [1, 2, 2, 3, 4]
    """
    return pd.DataFrame(ring_index((rows, columns), "dc")[: rows // 2 + 1, : columns // 2 + 1])


_SIDES = ((224, 224), (56, 224), (5, 224), (24, 224), (24, 24))


def wave_by_sides() -> pd.DataFrame:
    """Compute the SROP of a wave of a quarter of a cycle per pixel, along the rows and along the columns of maps.

    Returns:
        A row per size: ``maps``; ``m``; ``last``, the last ring up to m that holds a component; ``rows`` and
        ``columns``, the SROP of the wave along this axis, missing where the side holds no whole number of waves.
    """
    rows = []
    for size in _SIDES:
        outermost = outermost_ring(size)
        row = {"maps": " x ".join(map(str, size)), "m": outermost}
        row["last"] = int(ring_sizes(size, "dc", 0).nonzero()[0].max())
        for name, side in zip(("rows", "columns"), size, strict=True):
            wave = torch.cos(torch.pi / 2 * torch.arange(side, dtype=torch.float64))
            maps = (wave[:, None] if name == "rows" else wave).expand(size)
            row[name] = rolloff_points(maps).item() if side % 4 == 0 else None
        rows.append(row)
    return pd.DataFrame(rows)


def noise_by_input() -> pd.DataFrame:
    """Compute the mean SROP of white noise at inputs of two shapes, by the stride of a layer."""
    strides = (1, 2, 4, 8, 16, 32)
    return pd.DataFrame(
        {
            " x ".join(map(str, size)): [
                white_noise_srop(tuple(side // stride for side in size), reference=size) for stride in strides
            ]
            for size in ((224, 224), (224, 320))
        },
        index=strides,
    ).T


def bright_pixel(size: int) -> float:
    """Give the SROP of one bright pixel at the map's own size; its spectrum is flat, as white noise's on average."""
    pixel = torch.zeros(size, size)
    pixel[size // 3, size // 2] = 1
    return rolloff_points(pixel).item()
