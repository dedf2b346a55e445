"""A picture of the aliasing of networks, side by side."""

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from srop.profile_plots import legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WANTED = ("layer", "depth", "kind", "stride", "before", "after", "lower_quartile", "median", "upper_quartile", "white")
_COLORS = {
    "convolution": "tab:blue",
    "blur": "tab:green",
    "max pool": "tab:orange",
    "average pool": "tab:purple",
    "power pool": "tab:brown",
}
_NAMED = 28
"""Names of layers of at most this many characters are written out; longer ones lose their beginning."""

_CHARACTERS = 13
"""How many characters of a title fit into an inch."""


def plot_aliasing(tables: pd.DataFrame | Mapping[str, pd.DataFrame], *, title: str = "") -> "Figure":
    r"""Draw the aliasing of each layer that subsamples, of one network or of several side by side.

    Args:
        tables: What :func:`srop.aliasing` returns; or a mapping from names to such tables, for example of a network
            and its antialiased form.
        title: Title of the picture, as plain text.

    Returns:
        A figure with a part for each table, all with one axis: the median of the shares of power beyond the new Nyquist
        frequency with a bar over the middle half of the maps, for each layer in the order in which they run. Colors are
        kinds of layers; the dotted line is white noise. A layer whose maps are all dead has no mark.

    Raises:
        TypeError: If a table is not a :class:`pandas.DataFrame`.
        ValueError: If there is no table, or a table lacks a column or holds a layer twice.

    Example:
        >>> import torch
        >>> from srop import aliasing
        >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, stride=2), torch.nn.MaxPool2d(2))
        >>> figure = plot_aliasing(aliasing(model, [torch.rand(4, 3, 32, 32)]))
        >>> [text.get_text() for text in figure.axes[0].get_xticklabels()]
        ['0\n30 to 15', '1\n14 to 7']
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    several = tables if isinstance(tables, Mapping) else {"": tables}
    if not several:
        raise ValueError("no table was given; give at least one")
    for table in several.values():
        if not isinstance(table, pd.DataFrame):
            raise TypeError(f"table: a {type(table).__name__} was given; give what srop.aliasing returns")
        if missing := [column for column in _WANTED if column not in table]:
            raise ValueError(f"the table has no column {', '.join(missing)}; give what srop.aliasing returns")
        if table["layer"].duplicated().any() or table.empty:
            raise ValueError("the table holds no layer, or a layer twice; give the rows of one network")
    counts = [len(table) for table in several.values()]
    widths = [max(2.4, 0.6 + 0.55 * count) for count in counts]
    figure = Figure(figsize=(1.6 + sum(widths), 4.6), layout="constrained")
    parts = figure.subplots(1, len(counts), sharey=True, squeeze=False, width_ratios=widths)[0]
    for axes, width, (name, table) in zip(parts, widths, several.items(), strict=True):
        _draw(axes, table.sort_values("depth", kind="stable"))
        axes.set_title("\n".join(wrap(name, round(_CHARACTERS * width))), parse_math=False, fontsize="small")
    parts[0].set_ylabel("share of power beyond\nthe new Nyquist frequency")
    parts[0].set_ylim(-0.03, 1.03)
    kinds = [kind for kind in _COLORS if any((table["kind"] == kind).any() for table in several.values())]
    lines = [Line2D([], [], color=_COLORS[kind], marker="o", linewidth=1) for kind in kinds]
    lines.append(Line2D([], [], color="black", linestyle=":", linewidth=1))
    legend(figure, lines, [*kinds, "white noise"], loc="outside lower center", ncols=len(lines))
    figure.suptitle(title, parse_math=False)
    return figure


def _draw(axes: "Axes", table: pd.DataFrame) -> None:
    places = np.arange(len(table))
    for place, row in zip(places, table.itertuples(), strict=True):
        color = _COLORS[row.kind]
        axes.plot([place] * 2, [row.lower_quartile, row.upper_quartile], color=color, linewidth=3, alpha=0.4)
        axes.plot(place, row.median, "o", color=color)
        axes.plot([place - 0.4, place + 0.4], [row.white] * 2, ":", color="black", linewidth=1)
    names = [
        f"{row.layer if len(row.layer) <= _NAMED else '...' + row.layer[-_NAMED + 3 :]}\n{row.before} to {row.after}"
        for row in table.itertuples()
    ]
    axes.set_xticks(places, names, rotation=90, fontsize="x-small", parse_math=False)
    axes.set_xlim(-0.6, len(table) - 0.4)
    axes.spines[["top", "right"]].set_visible(False)
