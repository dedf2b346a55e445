"""A sheet of a layer's channels: a typical map of each, and the images that drive it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from srop.channels import describe_channels
from srop.checks import require_batches, require_images, require_size
from srop.convention import PUBLISHED, Convention
from srop.data.images import evenly_spaced
from srop.maps import require_layout
from srop.passes import held, pass_over
from srop.sizes import MapSize
from srop.tokens import require_grids

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 4
_TILE = 96
_LISTED = 40


def show_channels(
    model: nn.Module,
    batches: Iterable[Tensor | Sequence[Tensor]],
    layer: str,
    *,
    pictures: Tensor | None = None,
    table: pd.DataFrame | None = None,
    count: int = 32,
    convention: Convention | str = PUBLISHED,
    layout: str | None = None,
    grid: Any = None,
    title: str = "",
) -> "Figure":
    """Draw a layer's channels from the lowest SROP to the highest: a typical map, and the images that drive it.

    Args:
        model: The network; it is left as it was.
        batches: Inputs ``(b, c, n, n)``, as for :func:`srop.profile`; they are read once and kept.
        layer: A name in ``model.named_modules()``.
        pictures: The same images to be shown, ``(images, 1 or 3, n, n)`` in [0, 1]. None shows the inputs, each
            stretched to its range.
        table: What :func:`srop.describe_channels` gives for the same arguments; None measures.
        count: The largest number of channels to draw, spread evenly over the live ones.
        convention: The definition of the SROP, or its name.
        layout: As for :func:`srop.profile`.
        grid: As for :func:`srop.profile`.
        title: Title of the picture, as plain text.

    Returns:
        A figure. Each cell has a typical map, stretched to its range, then the images with the channel's largest
        values; above it the channel's number, its SROP, its concentration and its kind. Dead channels are listed below.

    Raises:
        TypeError: As for :func:`srop.describe_channels`.
        ValueError: As for :func:`srop.describe_channels`, or if there is not one picture per image.
        RuntimeError: If the network cannot take the inputs.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        >>> figure = show_channels(model, [torch.randn(5, 3, 16, 16)], "1")
        >>> sum(axes.has_data() for axes in figure.axes)
        4
    """
    from matplotlib.figure import Figure

    count = require_size("count", count, "channels")
    require_batches(batches)
    batches = held(batches)
    places = {"layout": layout, "grid": grid}
    options = {"convention": convention, **places}
    rows = describe_channels(model, batches, layer, **options) if table is None else table
    if pictures is None:
        inputs = torch.cat([batch if isinstance(batch, Tensor) else batch[0] for batch in batches]).float().cpu()
        pictures = torch.stack([_stretched(each) for each in inputs])
    require_images("pictures", pictures)
    live, dead = rows[rows["typical"] >= 0], rows[rows["typical"] < 0]
    shown = live.iloc[evenly_spaced(range(len(live)), min(count, len(live)))]
    maps = _typical_maps(model, batches, layer, shown, **places)
    if len(pictures) <= int(shown["driven_by"].map(max).max() if len(shown) else -1):
        raise ValueError(f"pictures: {len(pictures)} are fewer than the images; give one for each image")
    columns = min(_COLUMNS, max(1, len(shown)))
    lines = max(1, -(-len(shown) // columns))
    # Wide enough for the words below, however few channels live.
    figure = Figure(figsize=(max(6.5, 3.0 * columns), 0.95 * lines + 1.0), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, row in zip(grid, shown.itertuples(), strict=False):
        tiles = [_tile(_stretched(maps[row.channel][None])), *(_tile(pictures[image]) for image in row.driven_by)]
        gap = np.ones((_TILE, 4, 3))
        axes.imshow(np.concatenate([part for tile in tiles for part in (tile, gap)], axis=1))
        name = f"{row.channel}: {row.srop:.2g}, {row.concentration:.2f}, {row.kind}"
        axes.set_title(name, fontsize="small", pad=2)
    skipped = f"; {len(shown)} of {len(live)} live channels are drawn" if len(shown) < len(live) else ""
    figure.suptitle(title or layer, parse_math=False)
    numbers = ", ".join(map(str, dead["channel"][:_LISTED])) + (", ..." if len(dead) > _LISTED else "")
    figure.supxlabel(
        "channel: SROP, concentration (0 few pixels, 1 few waves), kind; a typical map, then images that drive it"
        f"{skipped}\n"
        f"{len(dead)} dead channels{': ' if len(dead) else ''}{numbers}",
        fontsize="small",
    )
    return figure


def _typical_maps(
    model: nn.Module, batches: Sequence[Tensor], layer: str, rows: pd.DataFrame, layout: str | None, grid: Any
) -> dict[int, Tensor]:
    """Keep one map of each channel."""
    wanted = dict(zip(rows["channel"], rows["typical"], strict=True))
    kept: dict[int, Tensor] = {}
    first = 0

    def take(label: str, maps: Tensor, size: MapSize) -> None:
        nonlocal first
        for channel, image in wanted.items():
            if first <= image < first + len(maps):
                kept[channel] = maps[image - first, channel].float().cpu().clone()
        first += len(maps)

    def reset() -> None:
        nonlocal first
        kept.clear()
        first = 0

    places = {"layouts": require_layout(layout, {layer: layer}), "grids": require_grids(grid, [layer])}
    pass_over(model, batches, {layer: [(layer, nn.Identity())]}, take, **places, task="maps", reset=reset)
    return kept


def _stretched(image: Tensor) -> Tensor:
    low, high = image.aminmax()
    return (image - low) / (high - low).clamp(min=1e-12)


def _tile(image: Tensor) -> np.ndarray:
    """Give an image or map as ``(tile, tile, 3)``, on white if not square; small ones keep their pixels visible."""
    image = image.float().cpu()
    longer = max(image.shape[-2:])
    mode = {"mode": "nearest"} if longer <= _TILE else {"mode": "bilinear", "antialias": True}
    height, width = (max(1, round(_TILE * side / longer)) for side in image.shape[-2:])
    tile = torch.ones(3, _TILE, _TILE)
    top, left = (_TILE - height) // 2, (_TILE - width) // 2
    part = nn.functional.interpolate(image[None], size=(height, width), **mode)[0]
    tile[:, top : top + height, left : left + width] = part.clamp(0, 1)
    return tile.permute(1, 2, 0).numpy()
