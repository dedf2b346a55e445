"""A picture of the log amplitudes of a network's layers."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from srop.profile_plots import legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WANTED = ("layer", "depth", "size", "frequency", "amplitude", "mean_of", "along", "relative")
_LEGEND_ROWS = 16


def plot_amplitudes(table: pd.DataFrame, *, title: str = "") -> "Figure":
    """Draw log amplitudes: each layer's over frequency, and those of the finest frequency over the depth.

    Args:
        table: What :func:`srop.layer_amplitudes` returns, for one network.
        title: Title of the picture, as plain text.

    Returns:
        A figure of two parts. On the left a line for each layer, from the first (dark) to the last (bright), over
        frequency in units of pi. On the right the last value of each line over the depth; maps of 2 x 2 have zero
        frequency alone, and so no point. A line below both says how means were taken, because published code differs
        in it.

    Raises:
        TypeError: If the table is not a :class:`pandas.DataFrame`.
        ValueError: If the table lacks a column, or holds a frequency of a layer twice.

    Reference:
        Park and Kim 2022, Fig. 2a and 8.

    Example:
        >>> import torch
        >>> from srop import layer_amplitudes
        >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
        >>> figure = plot_amplitudes(layer_amplitudes(model, [torch.randn(4, 3, 16, 16)], ["1", "2"]))
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['0: 1, 14', '1: 2, 7']
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: a {type(table).__name__} was given; give what srop.layer_amplitudes returns")
    if missing := [column for column in _WANTED if column not in table]:
        raise ValueError(f"the table has no column {', '.join(missing)}; give what srop.layer_amplitudes returns")
    if table.duplicated(["layer", "frequency"]).any() or table.empty:
        raise ValueError("the table holds no layer, or a frequency of a layer twice; give the rows of one network")
    parts = [
        part for _, part in table.sort_values(["depth", "frequency"], kind="stable").groupby("depth", observed=True)
    ]
    names = [f"{place}: {part['layer'].iloc[0]}, {part['size'].iloc[0]}" for place, part in enumerate(parts)]
    colors = colormaps["viridis"](np.linspace(0, 0.92, len(parts)))
    columns = -(-len(parts) // _LEGEND_ROWS)
    figure = Figure(figsize=(8.0 + 1.6 * columns, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    lines = []
    for part, color in zip(parts, colors, strict=True):
        lines += left.plot(part["frequency"], part["amplitude"], color=color)
    # At 2 x 2 the finest frequency of the curve is zero frequency itself.
    ends = [part["amplitude"].iloc[-1] if len(part) > 1 else np.nan for part in parts]
    right.plot(range(len(parts)), ends, color="gray", zorder=1)
    right.scatter(range(len(parts)), ends, c=colors, zorder=2)
    what = "relative log amplitude" if table["relative"].iloc[0] else "log amplitude"
    left.set(xlabel=r"frequency, in units of $\pi$ per pixel of the maps", ylabel=what)
    right.set(xlabel="depth, the number of the layer", ylabel=f"{what}\nof the finest frequency")
    right.xaxis.get_major_locator().set_params(integer=True)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    order = "after" if table["mean_of"].iloc[0] == "log" else "before"
    path = "on the diagonal" if table["along"].iloc[0] == "diagonal" else "in rings"
    figure.supxlabel(f"{path}; mean over images and channels {order} the logarithm", fontsize="small")
    figure.suptitle(title, parse_math=False)
    legend(figure, lines, names, loc="outside right upper", ncols=columns, title="layer, and the size of its maps")
    return figure
