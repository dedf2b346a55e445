"""A picture of the accuracy under noise of one band of frequencies."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from srop.profile_plots import legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WANTED = ("center", "low", "high", "accuracy", "clean", "lower", "upper", "norm", "norm_of", "space", "clip")
_PLACES = {"pixels": "before normalization", "input": "after normalization"}
_NORMS = {
    "l2": "l2 norm {:g} per image",
    "rms": "root mean square {:g}",
    "white": "cut out of white noise with a deviation of {:g}",
}


def plot_bands(tables: pd.DataFrame | Mapping[str, pd.DataFrame], *, title: str = "") -> "Figure":
    """Draw a classifier's accuracy under noise of one band, over the center of the band.

    Args:
        tables: What :func:`srop.band_accuracy` returns; or a mapping from names for the legend to such tables, for
            example of two networks.
        title: Title of the picture, as plain text.

    Returns:
        A figure with a line for each table; bands around it are intervals of 95 % over images, bars from left to right
        are the bands of the noise, and dotted lines are the accuracies without noise. A line below says what noise it
        is, because published pictures differ in it.

    Raises:
        TypeError: If a table is not a :class:`pandas.DataFrame`.
        ValueError: If there is no table, a table lacks a column or holds a band twice, or the tables differ in their
            noise.

    Reference:
        Park and Kim 2022, Fig. 2b.

    Example:
        >>> import torch
        >>> from srop import band_accuracy
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 4))
        >>> table = band_accuracy(model, torch.rand(6, 3, 16, 16), torch.tensor([0, 1, 2, 3, 0, 1]), norm=1.0)
        >>> plot_bands(table).get_supxlabel()
        'noise: l2 norm 1 per image, added before normalization, not clipped'
    """
    from matplotlib.figure import Figure

    several = tables if isinstance(tables, Mapping) else {"": tables}
    for table in several.values():
        if not isinstance(table, pd.DataFrame):
            raise TypeError(f"table: a {type(table).__name__} was given; give what srop.band_accuracy returns")
        if missing := [column for column in _WANTED if column not in table]:
            raise ValueError(f"the table has no column {', '.join(missing)}; give what srop.band_accuracy returns")
        if table["center"].duplicated().any():
            raise ValueError("the table holds a band twice; give the tables of several networks as {name: table}")
    noises = {tuple(table[["norm", "norm_of", "space", "clip"]].iloc[0]) for table in several.values() if len(table)}
    if len(noises) != 1:
        raise ValueError(f"tables of {len(noises)} noises; give tables of one norm, added at one place")
    ((norm, norm_of, space, clip),) = noises
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    lines = []
    for table in several.values():
        half = (table["high"] - table["low"]) / 2
        drawn = axes.errorbar(table["center"], table["accuracy"], xerr=half, fmt="o-", markersize=3, elinewidth=1)
        color = drawn.lines[0].get_color()
        low, high = ((table["clean"] - table[end]).clip(0, 1) for end in ("upper", "lower"))
        axes.fill_between(table["center"], low, high, alpha=0.2, color=color, linewidth=0)
        if len(clean := table["clean"].dropna()):
            axes.axhline(clean.iloc[0], color=color, linestyle=":", linewidth=1)
            if not lines:
                label = {"xytext": (2, 2), "textcoords": "offset points", "fontsize": "x-small"}
                axes.annotate("no noise", (0, clean.iloc[0]), xycoords=axes.get_yaxis_transform(), **label)
        lines.append(drawn.lines[0])
    axes.set(xlabel=r"center of the band, in units of $\pi$ per pixel", ylabel="accuracy")
    axes.set_ylim(-0.02, 1.05)
    axes.set_xlim(left=0)
    axes.spines[["top", "right"]].set_visible(False)
    if isinstance(tables, Mapping):
        legend(axes, lines, list(several))
    noise = f"{_NORMS[norm_of].format(norm)}, added {_PLACES[space]}, {'clipped' if clip else 'not clipped'}"
    figure.supxlabel(f"noise: {noise}", fontsize="small")
    figure.suptitle(title, parse_math=False)
    return figure
