"""Tokens on a grid: which tokens of a layer lie where, as the network states it or as its user writes it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from srop.names import known

if TYPE_CHECKING:
    from torch import Tensor, nn

# torch is imported nowhere here, because the command checks its option --grid before it imports torch.

_PREFIX = re.compile(r"(?:cls|class|dist|distillation|reg|register)_(?:tokens?|embedding)(?:_?\d+)?")
"""Names of parameters that networks put before the tokens of the image."""
_REORDERED = ("unroll", "unroll_schedule")
"""Attributes of networks whose tokens do not lie row by row, such as Hiera's."""


@dataclass(frozen=True)
class Grid:
    """A grid of tokens, row by row.

    Attributes:
        rows: Number of rows.
        columns: Number of columns.
        before: Number of tokens before the grid, such as a class token; None means as many as the network states.

    Example:
        >>> str(Grid(14, 14, 1)), Grid(14, 14, 1).tokens
        ('1+14x14', 196)
    """

    rows: int
    columns: int
    before: int | None = None

    def __str__(self) -> str:
        """Write the grid as :func:`as_grid` reads it."""
        return f"{self.before}+{self.rows}x{self.columns}" if self.before else f"{self.rows}x{self.columns}"

    @property
    def tokens(self) -> int:
        """The number of tokens on the grid."""
        return self.rows * self.columns


def as_grid(value: Any) -> Grid:
    """Read a grid: a number of rows that is also the number of columns, a pair of both, or text.

    Args:
        value: ``14``, ``(14, 14)``, ``"14"``, ``"14x14"``, or ``"1+14x14"`` for one token before the grid.

    Raises:
        TypeError: If the value has another type.
        ValueError: If a number is not positive, or the text has another form.

    Example:
        >>> as_grid("1+14x14")
        Grid(rows=14, columns=14, before=1)
    """
    if isinstance(value, Grid):
        return value
    if isinstance(value, str):
        parts = re.fullmatch(r"(?:(\d+)\+)?(\d+)(?:x(\d+))?", value.replace(" ", ""), re.ASCII)
        if not parts:
            raise ValueError(f"grid {value!r}: write it as '14x14', or '1+14x14' for one token before the grid")
        before, rows, columns = parts.groups()
        grid = Grid(int(rows), int(columns or rows), None if before is None else int(before))
    elif (pair := _pair(value)) is not None:
        grid = Grid(*pair)
    else:
        raise TypeError(f"grid={value!r}: give a number of rows, a pair of rows and columns, or text such as '14x14'")
    if min(grid.rows, grid.columns) < 1:
        raise ValueError(f"grid {value!r}: give at least one row and one column")
    return grid


def require_grids(grid: Any, layers: Sequence[str]) -> dict[str, Grid]:
    """Check grids, and give them by layer.

    Args:
        grid: One grid for all layers, as :func:`as_grid` takes it, or grids by the name of the layer; None for none.
        layers: All layers.

    Raises:
        TypeError: As :func:`as_grid`.
        ValueError: As :func:`as_grid`, or if a layer is unknown.

    Example:
        >>> require_grids({"a": 7}, ["a", "b"])
        {'a': Grid(rows=7, columns=7, before=None)}
    """
    if not isinstance(grid, Mapping):
        return {} if grid is None else dict.fromkeys(layers, as_grid(grid))
    if unknown := [layer for layer in grid if layer not in layers]:
        raise ValueError(f"grid names {unknown[0]!r}, which is no layer here; {known([*layers], unknown[0])}")
    return {layer: as_grid(value) for layer, value in grid.items()}


@dataclass(frozen=True)
class Statement:
    """The facts that a network states about its tokens.

    Attributes:
        grids: The grids on which its tokens may lie.
        before: The numbers of tokens that it may put before the grid; 0 is always among them.
        names: Names of the parameters that are these tokens.
        widths: Numbers of values of a token.
    """

    grids: frozenset[Grid]
    before: frozenset[int]
    names: tuple[str, ...] = ()
    widths: frozenset[int] = frozenset()


def stated_by(model: "nn.Module", height: int, width: int) -> Statement:
    """Collect what a network states about its tokens, for inputs of a size.

    A network states its grid as ``grid_size`` (timm's embeddings), as ``patch_size`` (torchvision, timm, the ``config``
    of transformers), or as the ``reduction`` of its stages (timm's ``feature_info``). It states the tokens before the
    grid as ``num_prefix_tokens`` (timm), or by the names of their parameters, such as ``class_token``. It states the
    width of a token by these parameters, or as ``embed_dim`` (timm) or ``hidden_dim`` (torchvision).

    Args:
        model: The network.
        height: Number of rows of its input.
        width: Number of columns of its input.

    Example:
        >>> from torchvision.models import VisionTransformer
        >>> stated = stated_by(VisionTransformer(32, 8, 1, 2, 16, 32), 32, 32)
        >>> [str(grid) for grid in stated.grids], sorted(stated.before), stated.names
        (['4x4'], [0, 1], ('class_token',))
    """
    modules = list(model.modules())
    parameters = {
        name: parameter
        for name, parameter in model.named_parameters()
        if _PREFIX.fullmatch(name.rpartition(".")[2]) and parameter.ndim and parameter.numel()
    }
    tokens = {name: parameter.shape[:-1].numel() for name, parameter in parameters.items()}
    widths = {parameter.shape[-1] for parameter in parameters.values()}
    for owner in (model, getattr(model, "config", None)):
        widths |= {getattr(owner, name, None) for name in ("embed_dim", "hidden_dim", "hidden_size")}
    widths = frozenset(width for width in widths if isinstance(width, int))
    prefixes = {each.num_prefix_tokens for each in modules if isinstance(getattr(each, "num_prefix_tokens", None), int)}
    numbered = {count for name, count in tokens.items() if name[-1].isdigit()}
    together = sum(count for name, count in tokens.items() if not name[-1].isdigit())
    before = frozenset({0, *(prefixes or {*numbered, together})})
    if any(hasattr(each, name) for each in modules for name in _REORDERED):
        return Statement(frozenset(), before, tuple(tokens), widths)
    grids = {Grid(*pair) for each in modules if (pair := _pair(getattr(each, "grid_size", None)))}
    for rows, columns in _patches(modules):
        if height % rows == 0 and width % columns == 0:
            grids.add(Grid(height // rows, width // columns))
    # Stages round up, because their convolutions pad.
    grids |= {Grid(-(-height // step), -(-width // step)) for step in _reductions(modules)}
    return Statement(frozenset(grids), before, tuple(tokens), widths)


def _patches(modules: Sequence["nn.Module"]) -> Iterator[tuple[int, int]]:
    """Give the sizes of the patches of the input that tokens stand for."""
    for each in modules:
        for owner in (each, getattr(each, "config", None)):
            if (pair := _pair(getattr(owner, "patch_size", None))) and min(pair) > 0:
                yield pair


def _reductions(modules: Sequence["nn.Module"]) -> Iterator[int]:
    """Give the steps of the input that tokens of stages stand for."""
    for each in modules:
        info = getattr(each, "feature_info", None)
        for stage in info if isinstance(info, list) else getattr(info, "info", ()):
            step = stage.get("reduction") if isinstance(stage, Mapping) else None
            if type(step) is int and step > 0:
                yield step


def _pair(value: Any) -> tuple[int, int] | None:
    """Give a whole number twice, or two whole numbers; None for anything else."""
    values = (value, value) if isinstance(value, int) else value
    fits = isinstance(values, list | tuple) and len(values) == 2 and all(type(each) is int for each in values)
    return tuple(values) if fits else None


def token_grid(layer: str, tokens: int, stated: Statement, given: Grid | None) -> Grid:
    """Find the grid of a number of tokens, with the number of tokens before it.

    Args:
        layer: The layer's name, for the message.
        tokens: The number of tokens.
        stated: The network's statement.
        given: The grid that the user gives; None for none.

    Raises:
        ValueError: If the tokens do not fill the given grid, or fit none or several of the stated grids; the message
            says what to write.

    Example:
        >>> token_grid("block", 197, Statement(frozenset({Grid(14, 14)}), frozenset({0, 1})), None)
        Grid(rows=14, columns=14, before=1)
    """
    allowed = stated.before if given is None or given.before is None else {given.before}
    fitting = {
        (grid.rows, grid.columns, tokens - grid.tokens)
        for grid in (stated.grids if given is None else {given})
        if tokens - grid.tokens in allowed
    }
    if len(fitting) == 1:
        return Grid(*fitting.pop())
    if given is not None:
        left = tokens - given.tokens
        hint = f"; write '{left}+{given.rows}x{given.columns}' if {left} lie before the grid" if left > 0 else ""
        raise ValueError(f"{tokens} tokens do not fill the grid {given}{hint}")
    known = f"fit several stated grids ({_text(stated)})" if fitting else f"fit no stated grid ({_text(stated)})"
    raise ValueError(
        f"{tokens} tokens {known}; write grid={{{layer!r}: 'ROWSxCOLUMNS'}}, or '1+ROWSxCOLUMNS' for one token before "
        "the grid"
    )


def _text(stated: Statement) -> str:
    return ", ".join(sorted(map(str, stated.grids))) or "the network states none"


def maps_of_tokens(output: "Tensor", grid: Grid, *, last: bool) -> "Tensor":
    r"""Lay tokens on their grid, and leave out those before it.

    .. math:: x_{b c i j} = t_{b,\, p + i W + j,\, c}

    Args:
        output: Tokens ``(b, p + H W, c)``.
        grid: H rows, W columns, and p tokens before them.
        last: Whether the tokens are the last dimension, ``(b, c, p + H W)``.

    Returns:
        Maps ``(b, c, H, W)``, a view.

    Example:
        >>> import torch
        >>> maps_of_tokens(torch.arange(5)[None, :, None], Grid(2, 2, 1), last=False)[0, 0]
        tensor([[1, 2],
                [3, 4]])
    """
    tokens = output if last else output.transpose(1, 2)
    return tokens[:, :, grid.before or 0 :].unflatten(2, (grid.rows, grid.columns))
