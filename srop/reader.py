"""Reading the maps of a network's layers from the layers' outputs: maps, frames of maps, and tokens on a grid."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from srop.checks import require_tensor
from srop.maps import (
    UnknownLayoutError,
    as_text,
    channels_before,
    is_attention,
    layout_of,
    require_dimensions,
    require_values,
    states_layout,
    widths_of,
)
from srop.sizes import MapSize
from srop.tokens import Grid, Statement, maps_of_tokens, stated_by, token_grid


class UnusedOptionError(ValueError):
    """No layer needs a layout or a grid that was given.

    Attributes:
        option: ``"layout"`` or ``"grid"``.
    """

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


class MapReader:
    """Turns the outputs of a network's layers into maps with channels before rows and columns.

    Args:
        model: The network.
        layouts: Layouts by the name of the layer. A layout counts for outputs of as many dimensions as it has letters;
            every other layout is found (:func:`srop.maps.layout_of`).
        is_for_all: Whether one layout was given for all layers; layers of a kind that states another one keep that.
        grids: Grids of tokens by the name of the layer; other grids are those that the network states
            (:func:`srop.tokens.stated_by`).

    Attributes:
        grids: The grids of the layers of tokens that were read, with the numbers of tokens that were left out.

    Example:
        >>> import torch
        >>> from torchvision.models import VisionTransformer
        >>> reader = MapReader(VisionTransformer(32, 8, 1, 2, 16, 32), {}, {})
        >>> maps = reader.maps("encoder", nn.Identity(), torch.zeros(2, 17, 16), torch.zeros(2, 3, 32, 32))
        >>> maps.shape, str(reader.grids["encoder"])
        (torch.Size([2, 16, 4, 4]), '1+4x4')
    """

    def __init__(
        self, model: nn.Module, layouts: Mapping[str, str], grids: Mapping[str, Grid], *, is_for_all: bool = False
    ) -> None:
        self._model, self._given = model, grids
        self._layouts, self._widths = layouts, widths_of(model)
        self._settled: dict[str, str] = {}
        self._grown: dict[str, str] = {}
        self._is_for_all = is_for_all
        self._stating: set[str] = set()
        self._stated: dict[tuple[int, int], Statement] = {}
        self._checked: set[str] = set()
        self.grids: dict[str, Grid] = {}

    def maps(self, layer: str, module: nn.Module, output: Any, images: Tensor) -> Tensor:
        """Give the maps in an output, ``(images, channels, H, W)`` or ``(images, channels, frames, H, W)``.

        Args:
            layer: The layer's name.
            module: The layer.
            output: Its output, or the part of its output that is wanted.
            images: The network's input.

        Raises:
            TypeError: If the output is not a dense tensor.
            ValueError: If it holds no maps, not one for each image, or attention weights; if nothing says which
                dimension has the channels, or on which grid the tokens lie.
        """
        require_tensor("its output", output)
        require_dimensions(output.shape, (3, 4, 5))
        if len(output) != len(images):
            raise ValueError(
                f"gives {len(output)} maps per channel for {len(images)} images, perhaps for windows of them; name a "
                "layer that gives one map per image"
            )
        if output.ndim == 3:
            return self._tokens(layer, module, output, images)
        # What the first images show holds for all.
        if layer not in self._settled:
            self._settled[layer] = self._layout(layer, module, output, MapSize(*images.shape[-2:]))
        maps = channels_before(output, self._settled[layer])
        if layer not in self._checked and maps.ndim == 4 and is_attention(maps):
            raise ValueError("gives attention weights, each row of which adds up to 1; name a layer that gives maps")
        self._checked.add(layer)
        return maps

    def grow(self, names: Mapping[str, str], layouts: Mapping[str, str]) -> bool:
        """Take layouts that a larger input showed (:mod:`srop.growth`), and say whether any is new.

        They count where neither the user nor the layer nor its output says another.

        Args:
            names: The layers' names by their modules.
            layouts: Layouts by module.
        """
        new = {names[module]: layout for module, layout in layouts.items()}
        is_new = bool(new.keys() - self._grown.keys())
        self._grown |= new
        return is_new

    def require_use(self) -> None:
        """Require that a given layout, and a given grid, counted for some layer.

        Raises:
            UnusedOptionError: If none did.
        """
        if self._layouts and not self._stating:
            (word, *_) = self._layouts.values()
            raise UnusedOptionError(
                "layout", f"layout {word!r}: no layer has an output of {len(word)} dimensions; leave it out"
            )
        if self._given and not self.grids.keys() & self._given.keys():
            (grid, *_) = self._given.values()
            raise UnusedOptionError(
                "grid", f"grid {grid}: no layer gives tokens, (images, tokens, channels); leave the grid out"
            )

    def _layout(self, layer: str, module: nn.Module, output: Tensor, inputs: MapSize) -> str:
        """Give the layout of a layer: the given one, the one that the layer or the output shows, or that of growth."""
        given, own = self._given_layout(layer, output), self._grown.get(layer)
        facts = {"is_network": module is self._model, "inputs": inputs, "widths": self._widths}
        try:
            own = layout_of(layer, module, output.shape, **facts)
        except UnknownLayoutError:
            if given is None and own is None:
                raise
        if given is None:
            return own
        if states_layout(module) and given != own:
            if not self._is_for_all:
                raise ValueError(f"is a {type(module).__name__}, which gives {own}; leave layout {given!r} out")
            return own
        return given

    def _given_layout(self, layer: str, output: Tensor) -> str | None:
        """Give the layout that the user states for a layer, if it is one of as many dimensions."""
        layout = self._layouts.get(layer)
        if layout is None or len(layout) != output.ndim:
            return None
        self._stating.add(layer)
        return layout

    def _tokens(self, layer: str, module: nn.Module, output: Tensor, images: Tensor) -> Tensor:
        size = tuple(images.shape[-2:])
        if size not in self._stated:
            self._stated[size] = stated_by(self._model, *size)
        stated = self._stated[size]
        own = getattr(module, "output_fmt", None)
        own = getattr(own, "value", own)
        layout = self._given_layout(layer, output) or (own if own in _TOKENS else None)
        fitting, errors = {}, []
        for name in _TOKENS if layout is None else (layout,):
            try:
                count = output.shape[_TOKENS[name]]
                fitting[name] = token_grid(layer, count, stated, self._given.get(layer))
            except ValueError as error:
                errors.append(error)
        if not fitting:
            raise ValueError(f"gives {as_text(output.shape)}, tokens or features: {errors[0]}") from errors[0]
        if len(fitting) > 1:
            wide = {name: grid for name, grid in fitting.items() if output.shape[3 - _TOKENS[name]] in stated.widths}
            fitting = wide or fitting
        if len(fitting) > 1:
            raise ValueError(
                f"gives {as_text(output.shape)}, and nothing says which of these are channels; write "
                f"layout={{{layer!r}: 'NLC'}}, or 'NCL' for tokens last"
            )
        ((name, grid),) = fitting.items()
        maps = maps_of_tokens(output, grid, last=name == "NCL")
        require_values(maps.shape, output.shape)
        self.grids[layer] = grid
        return maps


_TOKENS = {"NLC": 1, "NCL": 2}
"""The dimension of the tokens, by layout."""
