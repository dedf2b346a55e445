"""The channels of a layer: how fine, how concentrated, how often dead, and which images drive them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from srop.checks import require_batches, require_hookable, require_size
from srop.convention import PUBLISHED, Convention
from srop.map_concentration import REGULAR, SPARSE, concentration
from srop.maps import channels_before, layout_of, require_layout, widths_of
from srop.memory import channels_first
from srop.passes import pass_over
from srop.resolution import is_coarse
from srop.rolloff import dead_maps, rolloff_points
from srop.sizes import MapSize
from srop.tokens import require_grids
from srop.white_noise import white_noise_srop

KINDS = ("smooth", "mixed", "texture", "noise", "sparse", "coarse", "dead")
"""What a channel's maps are like; a channel of high SROP is a texture, like noise, or sparse. Coarse maps show none."""

_SMOOTH, _FINE = 0.5, 0.75
"""Shares of the SROP of white noise: below the first a channel is smooth, from the second on it is fine or sparse."""


def describe_channels(
    model: nn.Module,
    batches: Iterable[Tensor | Sequence[Tensor]],
    layer: str,
    *,
    driving: int = 3,
    convention: Convention | str = PUBLISHED,
    layout: str | None = None,
    grid: Any = None,
) -> pd.DataFrame:
    """Describe the channels of a layer, from the lowest SROP to the highest; dead channels come last.

    A high SROP says that maps are fine or sparse. :func:`srop.concentration` tells these apart: a channel whose SROP is
    at least .75 times white noise's is ``"sparse"`` below .15, a ``"texture"`` above .7, and else like ``"noise"``.
    Below half of white noise's it is ``"smooth"``, and between them ``"mixed"``. Maps of few possible SROPs
    (fewer than five, as at 2 x 2) do not show the kind: the channel is ``"coarse"``.

    Args:
        model: The network; it is left as it was.
        batches: Inputs ``(b, c, H, W)``, as for :func:`srop.profile`.
        layer: A name in ``model.named_modules()``.
        driving: The number of images to name that give a channel its largest values.
        convention: The definition of the SROP, or its name.
        layout: As for :func:`srop.profile`.
        grid: As for :func:`srop.profile`.

    Returns:
        A row per channel; images are numbered from 0 in the order of the batches:

        - ``channel``, and ``size`` as in :func:`srop.profile`
        - ``srop`` and ``concentration``, in (0, 1]: means over the images whose map is live; NaN for a dead channel
        - ``kind``: one of :data:`KINDS`
        - ``dead_share``: share of the images whose map is dead
        - ``typical``: the image whose SROP is nearest to the channel's median; -1 for a dead channel
        - ``driven_by``: the images of the largest values, in descending order; empty for a dead channel

    Raises:
        TypeError: As for :func:`srop.profile`.
        ValueError: As for :func:`srop.profile`, or if ``driving`` is below 1.
        RuntimeError: If the network cannot take the inputs.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        >>> describe_channels(model, [torch.randn(5, 3, 16, 16)], "1").shape
        (4, 8)
    """
    require_size("driving", driving, "images")
    require_batches(batches)
    if not isinstance(layer, str):
        raise TypeError(f"layer: a {type(layer).__name__} was given; give one name of model.named_modules()")
    parts: list[tuple[Tensor, ...]] = []
    sizes: set[tuple[int, MapSize, MapSize]] = set()

    def take(label: str, maps: Tensor, size: MapSize) -> None:
        sizes.add((maps.shape[1], MapSize(*maps.shape[-2:]), size))
        if len(sizes) > 1:
            raise ValueError("the images are not all of one size; give batches of images of one size")
        maps = channels_first(maps)
        maps = maps if maps.dtype in (torch.float32, torch.float64) else maps.float()
        srops = rolloff_points(maps, convention=convention, reference=size)
        parts.append(tuple(each.cpu() for each in (srops, concentration(maps), dead_maps(maps), maps.amax((-2, -1)))))

    def reset() -> None:
        parts.clear()
        sizes.clear()

    places = {"layouts": require_layout(layout, {layer: layer}), "grids": require_grids(grid, [layer])}
    pass_over(model, batches, {layer: [(layer, nn.Identity())]}, take, **places, task="channels", reset=reset)
    srops, shares, dead, peaks = (torch.cat(part).double().numpy() for part in zip(*parts, strict=True))
    ((count, size, reference),) = sizes
    places = {"reference": reference, "convention": convention}
    noise = np.nan if is_coarse(size, **places) else white_noise_srop(size, **places)
    rows = []
    for channel in range(count):
        live = np.flatnonzero(np.isfinite(srops[:, channel]))
        values, peak = srops[live, channel], peaks[live, channel]
        srop, share = (each[live, channel].mean() if len(live) else np.nan for each in (srops, shares))
        rows.append(
            {
                "channel": channel,
                "size": size.plain,
                "srop": srop,
                "concentration": share,
                "kind": kind_of_channel(srop, share, noise),
                "dead_share": dead[:, channel].mean(),
                "typical": live[np.abs(values - np.median(values)).argmin()] if len(live) else -1,
                "driven_by": live[np.argsort(-peak, kind="stable")[:driving]].tolist(),
            }
        )
    return pd.DataFrame(rows).sort_values("srop", kind="stable", ignore_index=True)


def kind_of_channel(srop: float, share: float, noise: float) -> str:
    """Give a channel's kind.

    Args:
        srop: Its SROP; NaN if it has none.
        share: Its concentration.
        noise: The SROP of white noise of its size; NaN if fewer than five SROPs are possible.

    Example:
        >>> [kind_of_channel(srop, share, 0.9) for srop, share in ((0.1, 0.9), (0.8, 0.9), (0.8, 0.4), (0.8, 0.01))]
        ['smooth', 'texture', 'noise', 'sparse']
    """
    if np.isnan(srop):
        return "dead"
    if np.isnan(noise):
        return "coarse"
    if srop < _SMOOTH * noise:
        return "smooth"
    if srop < _FINE * noise:
        return "mixed"
    return "sparse" if share < SPARSE else "texture" if share > REGULAR else "noise"


@contextmanager
def without_channels(
    model: nn.Module, layer: str, channels: Sequence[int], *, layout: str | None = None
) -> Iterator[None]:
    """Set channels of a layer's output to 0 meanwhile, to see what they are worth.

    Of tokens ``(b, n, c)``, channels are set to 0 in all tokens, those before the grid included.

    Args:
        model: The network.
        layer: A name in ``model.named_modules()``.
        channels: Numbers of channels.
        layout: As for :func:`srop.profile`.

    Raises:
        ValueError: If the network has no such layer, or the layer no such channel.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        >>> with without_channels(model, "0", [1, 2]):
        ...     (model(torch.randn(1, 3, 9, 9)).amax((2, 3)) == 0).tolist()
        [[False, True, True, False]]
    """
    require_hookable(model)
    modules = dict(model.named_modules())
    if layer not in modules:
        raise ValueError(f"the network has no layer {layer!r}; there are {', '.join(list(modules)[1:6])}, ...")
    layout = require_layout(layout, {layer: layer}).get(layer)
    places, widths, sizes = list(channels), widths_of(model), []

    def look(_model: nn.Module, given: tuple[object, ...]) -> None:
        sizes[:] = [MapSize(*each.shape[-2:]) for each in given[:1] if isinstance(each, Tensor) and each.ndim > 3]

    def own_layout(module: nn.Module, output: Tensor) -> str:
        inputs = next(iter(sizes), None)
        return layout or layout_of(layer, module, output.shape, inputs=inputs, widths=widths)

    def remove(module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        output = output.clone()
        maps = output.transpose(1, 2) if output.ndim == 3 else channels_before(output, own_layout(module, output))
        if places and not 0 <= min(places) <= max(places) < maps.shape[1]:
            raise ValueError(f"channels={places}: layer {layer!r} has the channels 0 to {maps.shape[1] - 1}")
        maps[:, places] = 0
        return output

    handles = [model.register_forward_pre_hook(look), modules[layer].register_forward_hook(remove)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
