"""Layouts that a second forward pass settles: twice the input gives more rows and columns, and no more channels."""

from collections.abc import Collection
from contextlib import suppress

import torch
from torch import Tensor, nn

from srop.guest import visiting
from srop.hooks import forward, reduced_layers
from srop.maps import layout_by_growth


@torch.no_grad()
def layouts_by_growth(model: nn.Module, images: Tensor, layers: Collection[str]) -> dict[str, str]:
    """Find the layouts of layers by two forward passes of one image, as it is and in twice the size.

    Args:
        model: The network, left as it was. It may fail at twice the size; what it gives before that counts.
        images: ``(b, c, H, W)``; the first counts.
        layers: Names as for :func:`srop.hooks.reduced_layers`.

    Returns:
        The layouts that are settled, by name.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        >>> layouts_by_growth(model, torch.zeros(1, 3, 8, 8), ["1"])
        {'1': 'NCHW'}
    """
    own = _shapes(model, images[:1], layers)
    larger = _shapes(model, images[:1].repeat_interleave(2, -1).repeat_interleave(2, -2), layers)
    layouts = {name: layout_by_growth(shape, larger[name]) for name, shape in own.items() if name in larger}
    return {name: layout for name, layout in layouts.items() if layout}


def _shapes(model: nn.Module, images: Tensor, layers: Collection[str]) -> dict[str, torch.Size]:
    shapes: dict[str, torch.Size] = {}
    device = next((parameter.device for parameter in model.parameters()), images.device)
    # A classifier may take maps of one size alone.
    with (
        suppress(RuntimeError, TypeError, ValueError),
        visiting(model),
        reduced_layers(model, layers, lambda name, output: shapes.setdefault(name, output.shape)),
    ):
        forward(model, images.to(device))
    return shapes
