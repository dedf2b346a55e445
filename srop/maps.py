"""How the output of a layer lies in memory: which of its dimensions are rows, columns and channels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

# torch is imported where it is used: the configuration's check of layouts does without.

LAYOUTS = ("NCHW", "NHWC")
"""How the output of a layer lies: channels before rows and columns, or behind them."""


def layout_of(layer: str, module: "nn.Module", shape: "torch.Size", *, is_network: bool = False) -> str:
    """Say how the maps of a layer lie, as far as the layer or its output tells.

    In this order: what the layer says of itself, as timm's do by ``output_fmt`` (a network's does not describe the
    layers in it, nor what it returns in the end); what kind of layer it is, for convolutions, batch norms and pools in
    two dimensions have channels first; which two dimensions are equal.

    Args:
        layer: Its name, for the message.
        module: The layer.
        shape: Of its output.
        is_network: Whether it is the whole network.

    Raises:
        ValueError: If the output is not one of maps, or could be either way; the message says what to write.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> layout_of("norm", nn.LayerNorm(96), torch.Size([1, 56, 56, 96]))
        'NHWC'
    """
    from torch import nn

    flat = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
    flat += (nn.AdaptiveMaxPool2d, nn.FractionalMaxPool2d, nn.LPPool2d)
    said = " x ".join(map(str, shape))
    _require_four_sides(shape)
    own = getattr(module, "output_fmt", None)
    if not is_network and str(getattr(own, "value", own)) in LAYOUTS:
        return str(getattr(own, "value", own))
    if isinstance(module, flat):
        return "NCHW"
    _, first, second, third = shape
    if first == second == third:
        raise ValueError(
            f"gives {said}, and nothing says which of these are channels; write "
            f"layout={{{layer!r}: 'NCHW'}}, or 'NHWC' for channels last"
        )
    return "NHWC" if first == second else "NCHW"


def require_layout(layout: str | Mapping[str, str] | None, layers: Mapping[str, str]) -> dict[str, str]:
    """Give the layout of each layer for which one was given.

    Args:
        layout: One for all layers, or by the name of a layer; None for none.
        layers: All layers.

    Raises:
        ValueError: If there is no such layout or layer.

    Example:
        >>> require_layout("NHWC", {"stem": "0"})
        {'stem': 'NHWC'}
    """
    chosen = dict(layout) if isinstance(layout, Mapping) else dict.fromkeys(layers, layout) if layout else {}
    for layer, name in chosen.items():
        if layer not in layers:
            raise ValueError(f"layout names {layer!r}, which is no layer here; there are {', '.join(layers)}")
        if name not in LAYOUTS:
            raise ValueError(f"layout of {layer!r} is {name!r}; there are {' and '.join(LAYOUTS)}")
    return chosen


def channels_before(output: "Tensor", layout: str) -> "Tensor":
    """Give the maps of a layer as ``(images, channels, n, n)``.

    Args:
        output: Of the layer.
        layout: Of the output.

    Raises:
        ValueError: If the maps are not square, or single values.
    """
    _require_four_sides(output.shape)
    maps = output if layout == "NCHW" else output.permute(0, 3, 1, 2)
    said = f"gives {' x '.join(map(str, output.shape))}"
    if maps.shape[-1] != maps.shape[-2]:
        raise ValueError(f"{said}, not square maps: images x channels x n x n, or images x n x n x channels")
    if maps.shape[-1] == 1:
        raise ValueError(f"{said}: single values, which have no spectrum; name a layer before the pooling")
    return maps


def _require_four_sides(shape: "torch.Size") -> None:
    if len(shape) != 4:
        said = " x ".join(map(str, shape))
        kind = "tokens or features" if len(shape) in (2, 3) else f"{len(shape)} dimensions"
        raise ValueError(f"gives {said}, {kind}, not square maps: images x channels x n x n")


def is_attention(maps: "Tensor") -> bool:
    """Say whether maps are attention weights: none is negative, and every row adds up to 1.

    Example:
        >>> import torch
        >>> is_attention(torch.rand(1, 2, 9, 9).softmax(-1)), is_attention(torch.rand(1, 2, 9, 9))
        (True, False)
    """
    one = maps[:1].float()
    return bool(one.numel() and (one >= 0).all() and ((one.sum(-1) - 1).abs() < 0.01).all())
