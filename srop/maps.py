"""The maps in an output: which dimensions are rows, columns, frames and channels."""

from collections.abc import Collection, Mapping, Sequence
from math import inf, log
from typing import TYPE_CHECKING

from srop.names import known
from srop.sizes import MapSize

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

# torch is imported inside functions, because the check of a configuration's layouts works without it.

LAYOUTS = ("NCHW", "NHWC", "NLC", "NCL", "NCTHW", "NTHWC")
"""The layouts of a layer's output: maps, tokens (L) and maps of frames (T), each with channels in two places."""


class UnknownLayoutError(ValueError):
    """Nothing in one output says which of its dimensions has the channels."""


def is_square(shape: Sequence[int], dimensions: int | None = None) -> bool:
    """Check whether a shape is one of square maps ``(..., n, n)``.

    Args:
        shape: The shape.
        dimensions: How many dimensions it must have; None for any number from 2.

    Example:
        >>> is_square((3, 8, 8)), is_square((3, 8, 8), 4), is_square((3, 8, 9))
        (True, False, False)
    """
    count_fits = len(shape) >= 2 if dimensions is None else len(shape) == dimensions
    return count_fits and shape[-1] == shape[-2]


def layout_of(
    layer: str,
    module: "nn.Module",
    shape: "torch.Size",
    *,
    is_network: bool = False,
    inputs: MapSize | None = None,
    widths: Collection[int] = (),
) -> str:
    """Find the layout of a layer's output, from the layer or from the shape of the output.

    Four sources tell, in this order; for inputs that are not square, the last comes before the third:

    1. the layer's own attribute ``output_fmt``, which timm's layers have. A whole network's is ignored, because it
       describes neither the layers inside nor the final output.
    2. the kind of the layer: convolutions, batch norms and pools of two or three dimensions put channels first.
    3. the two dimensions that have the proportions of the input, which are equal for a square input.
    4. the first dimension after the images, if it alone is as long as a convolution of the network gives channels.

    Args:
        layer: The layer's name, for the message.
        module: The layer.
        shape: Shape of its output, four dimensions, or five for frames.
        is_network: Whether the layer is the whole network.
        inputs: Size of the network's inputs; None for square inputs.
        widths: Numbers of channels that the network's convolutions give, as :func:`widths_of` finds them.

    Raises:
        UnknownLayoutError: If both layouts are possible; the message says what to write.
        ValueError: If the output is not one of maps.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> layout_of("norm", nn.LayerNorm(96), torch.Size([1, 56, 56, 96]))
        'NHWC'
    """
    require_dimensions(shape)
    first, last = ("NCHW", "NHWC") if len(shape) == 4 else ("NCTHW", "NTHWC")
    own = getattr(module, "output_fmt", None)
    if not is_network and str(getattr(own, "value", own)) in (first, last):
        return str(getattr(own, "value", own))
    if states_layout(module):
        return first
    apart = {first: _disproportion(shape[-2:], inputs), last: _disproportion(shape[-3:-1], inputs)}
    near = min(apart, key=apart.get)
    far = last if near == first else first
    # Heads of attention may be followed by as many values as a convolution gives, so channels last are not looked for.
    has_channels_first = shape[1] in widths and not set(shape[2:]) & set(widths)
    # Few channels and rows may have the proportions of an input by chance, and are seldom equal by chance.
    if has_channels_first and not (apart[near] == 0 and (inputs is None or inputs.is_square)):
        return first
    ends = {first: shape[1], last: shape[-1]}
    # A number of channels that no convolution gives, where the other layout has one that some do.
    contradicted = bool(widths) and ends[near] not in widths and ends[far] in widths
    if apart[near] > _NEARLY or apart[far] <= 2 * apart[near] or contradicted:
        unlike, maps = (", unlike the input's proportions", "for maps ") if apart[near] > _NEARLY else ("", "")
        raise UnknownLayoutError(
            f"gives {as_text(shape)}{unlike}, and nothing says which of these are channels; {maps}write "
            f"layout={{{layer!r}: {first!r}}}, or {last!r} for channels last"
        )
    return near


def states_layout(module: "nn.Module") -> bool:
    """Check whether a module is of a kind that puts channels first.

    Example:
        >>> from torch import nn
        >>> states_layout(nn.MaxPool2d(2)), states_layout(nn.ReLU())
        (True, False)
    """
    from torch import nn

    flat = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
    flat += (nn.AdaptiveMaxPool2d, nn.FractionalMaxPool2d, nn.LPPool2d)
    flat += (nn.Conv3d, nn.ConvTranspose3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AvgPool3d, nn.AdaptiveAvgPool3d)
    return isinstance(module, flat)


_NEARLY = 0.2
"""Convolutions without padding change the proportions of maps by up to about this much."""


def _disproportion(pair: Sequence[int], inputs: MapSize | None) -> float:
    """Give how far two dimensions are from the input's proportions, as the logarithm of the ratio of both ratios."""
    if inputs is None or inputs.is_square or 0 in pair:
        return 0.0 if pair[0] == pair[1] else inf
    return 0.0 if pair[0] == pair[1] == 1 else abs(log(pair[0] * inputs.columns / (pair[1] * inputs.rows)))


def widths_of(model: "nn.Module") -> frozenset[int]:
    """Collect the numbers of channels that the convolutions of a network give.

    Example:
        >>> from torch import nn
        >>> widths_of(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()))
        frozenset({8})
    """
    from torch import nn

    return frozenset(each.out_channels for each in model.modules() if isinstance(each, nn.Conv2d | nn.Conv3d))


def layout_by_growth(shape: Sequence[int], larger: Sequence[int]) -> str | None:
    """Find the layout of a layer's output by what an input of twice the size changes: rows and columns, not channels.

    Args:
        shape: Shape of the output, four dimensions.
        larger: Its shape for the larger input.

    Returns:
        ``"NCHW"``, ``"NHWC"``, or None if the two shapes do not tell.

    Example:
        >>> layout_by_growth((1, 8, 8, 8), (1, 8, 16, 16)), layout_by_growth((1, 8, 8, 8), (1, 8, 8, 8))
        ('NCHW', None)
    """
    if len(shape) != 4 or len(larger) != 4:
        return None
    grown = tuple(after > before for before, after in zip(shape[1:], larger[1:], strict=True))
    return {(False, True, True): "NCHW", (True, True, False): "NHWC"}.get(grown)


def require_layout(layout: str | Mapping[str, str] | None, layers: Mapping[str, str]) -> dict[str, str]:
    """Check layouts, and give them by layer.

    Args:
        layout: One layout for all layers, or layouts by the name of the layer; None for no layout.
        layers: All layers.

    Returns:
        The layouts; layers without one are missing.

    Raises:
        ValueError: If a layout or a layer is unknown.

    Example:
        >>> require_layout("NHWC", {"stem": "0"})
        {'stem': 'NHWC'}
    """
    layouts = dict(layout) if isinstance(layout, Mapping) else dict.fromkeys(layers, layout) if layout else {}
    for layer, name in layouts.items():
        if layer not in layers:
            raise ValueError(f"layout names {layer!r}, which is no layer here; {known([*layers], layer)}")
        if name not in LAYOUTS:
            raise ValueError(f"layout of {layer!r} is {name!r}; there are {', '.join(LAYOUTS)}")
    return layouts


def channels_before(output: "Tensor", layout: str) -> "Tensor":
    """Give the maps of a layer as ``(images, channels, H, W)``, those of frames as ``(images, channels, t, H, W)``.

    Args:
        output: Output of the layer, four or five dimensions.
        layout: Layout of the output.

    Raises:
        ValueError: If the maps have a single value.
    """
    maps = output.movedim(-1, 1) if layout.endswith("C") else output
    require_values(maps.shape, output.shape)
    return maps


def require_values(maps: "torch.Size", output: "torch.Size") -> None:
    """Require maps of more than one value.

    Args:
        maps: Shape of the maps, rows and columns last.
        output: Shape of the layer's output, for the message.

    Raises:
        ValueError: If the maps have a single value.
    """
    if maps[-2] == maps[-1] == 1:
        raise ValueError(
            f"gives {as_text(output)}: single values, which have no spectrum; name a layer before the pooling"
        )


def require_dimensions(shape: "torch.Size", numbers: Sequence[int] = (4, 5)) -> None:
    """Require an output of maps, by the number of its dimensions.

    Raises:
        ValueError: If it has another number of dimensions.
    """
    if len(shape) not in numbers:
        kind = "tokens or features" if len(shape) in (2, 3) else f"{len(shape)} dimensions"
        raise ValueError(f"gives {as_text(shape)}, {kind}, not maps: images x channels x rows x columns")


def as_text(shape: "torch.Size") -> str:
    """Write a shape in words, as in ``2 x 3 x 8 x 8``."""
    return " x ".join(map(str, shape))


def is_attention(maps: "Tensor") -> bool:
    """Check whether maps are attention weights: no value is negative, and every row adds up to 1.

    Example:
        >>> import torch
        >>> is_attention(torch.rand(1, 2, 9, 9).softmax(-1)), is_attention(torch.rand(1, 2, 9, 9))
        (True, False)
    """
    first = maps[:1].float()
    return bool(first.numel() and (first >= 0).all() and ((first.sum(-1) - 1).abs() < 0.01).all())
