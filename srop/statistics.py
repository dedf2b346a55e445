"""Statistics of SROPs over maps."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from srop.checks import require_tensor

DEAD_TREATMENTS = ("one", "omit")
"""Dead maps count as an SROP of 1, as published, or are left out."""
DEAD_SROP = 1.0
"""The SROP that a dead map counts as, where it counts."""


class Summary(NamedTuple):
    """Statistics of SROPs over one dimension; each field has the shape of the remaining dimensions.

    Attributes:
        mean: Mean; NaN where no map counts, as the other statistics are.
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
    """Average SROPs, with dead maps counted as 1 or left out: the mean of :func:`summarize` alone.

    Args:
        points: As for :func:`summarize`.
        dead_mask: As for :func:`summarize`.
        dim: The dimension to average over.
        dead: ``"one"`` (as published) or ``"omit"`` (strict).

    Returns:
        The mean; NaN where no map counts.

    Raises:
        ValueError: As for :func:`summarize`.

    Example:
        >>> mean_over(torch.tensor([0.2, torch.nan]), torch.tensor([False, True]), dead="one")
        tensor(0.6000)
    """
    return _counted(points, dead_mask, dead).nanmean(dim)


def summarize(points: Tensor, dead_mask: Tensor, dim: int = -1, *, dead: Literal["one", "omit"]) -> Summary:
    """Summarize SROPs, with dead maps counted as 1 or left out.

    The argument ``dead`` has no default: the paper's digit results come out only when a dead map counts as 1.

    Args:
        points: SROPs of any shape, as :func:`srop.rolloff_points` gives them, NaN where a map has no SROP.
        dead_mask: Which maps are dead, in the shape of the points, as :func:`srop.dead_maps` gives it. A map with NaN
            that is not dead is out of band; such maps are always left out.
        dim: The dimension to summarize over.
        dead: ``"one"`` (as published) or ``"omit"`` (strict).

    Returns:
        A :class:`Summary`.

    Raises:
        TypeError: If the points are not a floating-point tensor, or the mask is not a boolean tensor.
        ValueError: If the shapes differ or are empty, a dead map has an SROP, or ``dead`` is another word.

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


def counts_dead(dead: str) -> bool:
    """Decide whether dead maps count, with an SROP of :data:`DEAD_SROP`; the one place that does.

    Args:
        dead: One of :data:`DEAD_TREATMENTS`.

    Raises:
        ValueError: If ``dead`` is neither ``"one"`` nor ``"omit"``.

    Example:
        >>> counts_dead("one"), counts_dead("omit")
        (True, False)
    """
    if dead not in DEAD_TREATMENTS:
        raise ValueError(f"dead={dead!r}; give 'one' (dead maps count as 1) or 'omit' (they are left out)")
    return dead == "one"


def _counted(points: Tensor, dead_mask: Tensor, dead: str) -> Tensor:
    """Give the SROPs that count; NaN for maps that do not."""
    dead_count = counts_dead(dead)
    require_tensor("points", points)
    require_tensor("dead_mask", dead_mask)
    if not points.is_floating_point() or dead_mask.dtype != torch.bool:
        raise TypeError(
            f"points are {points.dtype} and dead_mask is {dead_mask.dtype}; give floating-point SROPs, as "
            "rolloff_points gives them, and a boolean mask, as dead_maps gives it"
        )
    if points.numel() == 0:
        raise ValueError(f"points of shape {tuple(points.shape)} are empty; give at least one SROP")
    if points.shape != dead_mask.shape:
        raise ValueError(
            f"points have shape {tuple(points.shape)} and dead_mask has {tuple(dead_mask.shape)}; give both of the "
            "same maps"
        )
    if (dead_mask & ~points.isnan()).any():
        raise ValueError("a map that is dead has an SROP; give points and dead_mask of the same maps")
    points = points if points.dtype in (torch.float32, torch.float64) else points.float()
    return torch.where(dead_mask, DEAD_SROP, points) if dead_count else points
