"""Statistics of SROPs over maps."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from srop.checks import require_tensor

DEAD_TREATMENTS = ("one", "omit")
"""Dead maps count as 1, as published, or are left out."""


class Summary(NamedTuple):
    """Statistics of SROPs over one dimension; each field has the shape of the remaining ones.

    Attributes:
        mean: Mean; like the following, NaN where nothing is left to count.
        median: Median.
        lower_quartile: 25 % quantile, linearly interpolated.
        upper_quartile: 75 % quantile, linearly interpolated.
        std: Sample standard deviation; NaN for fewer than two values.
        dead_share: Share of dead maps among all maps.
        out_of_band_share: Share of maps out of band among all maps.
    """

    mean: Tensor
    median: Tensor
    lower_quartile: Tensor
    upper_quartile: Tensor
    std: Tensor
    dead_share: Tensor
    out_of_band_share: Tensor


def mean_over(points: Tensor, dead_mask: Tensor, dim: int = -1, *, dead: Literal["one", "omit"]) -> Tensor:
    """Average SROPs, dead maps counted as 1 or left out: the mean of :func:`summarize`, without the rest.

    Args:
        points: As for :func:`summarize`.
        dead_mask: As for :func:`summarize`.
        dim: The dimension to average over.
        dead: ``"one"`` (as published) or ``"omit"`` (strict).

    Returns:
        The mean; NaN where nothing is left to count.

    Raises:
        ValueError: As :func:`summarize`.

    Example:
        >>> mean_over(torch.tensor([0.2, torch.nan]), torch.tensor([False, True]), dead="one")
        tensor(0.6000)
    """
    return _counted(points, dead_mask, dead).nanmean(dim)


def summarize(points: Tensor, dead_mask: Tensor, dim: int = -1, *, dead: Literal["one", "omit"]) -> Summary:
    """Summarize SROPs, dead maps counted as 1 or left out.

    The paper's digit results come out only when a dead map counts as 1, so the choice has no default.

    Args:
        points: SROPs of any shape, NaN where a map has none, as :func:`srop.rolloff_points` gives them.
        dead_mask: Which maps are dead, in the shape of the points, as :func:`srop.dead_maps` gives it. A NaN that is
            not dead is a map out of band; these are always left out.
        dim: The dimension to summarize over.
        dead: ``"one"`` (as published) or ``"omit"`` (strict).

    Returns:
        A :class:`Summary`.

    Raises:
        TypeError: If the points are no floating-point tensor, or the mask no boolean one.
        ValueError: If the shapes differ or are empty, a dead map has an SROP, or ``dead`` is neither of the two.

    Reference:
        Yu et al. 2021, Sec. 3.3.

    Example:
        >>> points = torch.tensor([0.2, 0.4, torch.nan, torch.nan])
        >>> dead = torch.tensor([False, False, True, False])
        >>> summarize(points, dead, dead="omit").mean, summarize(points, dead, dead="one").mean
        (tensor(0.3000), tensor(0.5333))
        >>> summarize(points, dead, dead="one").out_of_band_share
        tensor(0.2500)
    """
    values = _counted(points, dead_mask, dead)
    quartiles = values.nanquantile(torch.tensor([0.25, 0.5, 0.75], dtype=values.dtype, device=values.device), dim)
    mean = values.nanmean(dim, keepdim=True)
    count = values.isfinite().sum(dim)
    std = ((values - mean).square().nansum(dim) / (count - 1).clamp(min=0)).sqrt()
    return Summary(
        mean=mean.squeeze(dim),
        median=quartiles[1],
        lower_quartile=quartiles[0],
        upper_quartile=quartiles[2],
        std=std,
        dead_share=dead_mask.to(values.dtype).mean(dim),
        out_of_band_share=(points.isnan() & ~dead_mask).to(values.dtype).mean(dim),
    )


def _counted(points: Tensor, dead_mask: Tensor, dead: str) -> Tensor:
    """What counts of the SROPs; NaN for the rest."""
    if dead not in DEAD_TREATMENTS:
        raise ValueError(f"dead={dead!r}: allowed are 'one', 'omit'")
    require_tensor("points", points)
    require_tensor("dead_mask", dead_mask)
    if not points.is_floating_point() or dead_mask.dtype != torch.bool:
        raise TypeError(
            f"points are {points.dtype} and dead_mask is {dead_mask.dtype}; SROPs are floating point, and the mask of "
            "dead maps is boolean"
        )
    if points.numel() == 0:
        raise ValueError(f"points of shape {tuple(points.shape)} are empty")
    if points.shape != dead_mask.shape:
        raise ValueError(f"points of shape {tuple(points.shape)}, but dead_mask of shape {tuple(dead_mask.shape)}")
    if (dead_mask & ~points.isnan()).any():
        raise ValueError("a map that is dead has an SROP; do points and dead_mask belong to the same maps?")
    points = points if points.dtype in (torch.float32, torch.float64) else points.float()
    return torch.where(dead_mask, 1, points) if dead == "one" else points
