"""A picture of the spectra of two sets of images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from srop.profile_plots import legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDES = ("first", "second")
_COLORS = ("tab:blue", "tab:orange")
_ENDS = [f"{side}{end}" for side in _SIDES for end in ("", "_lower", "_upper", "_images")]
_WANTED = ("kind", "at", "difference", "lower", "upper", "marked", "size", *_ENDS)


def plot_spectra(table: pd.DataFrame, *, names: Sequence[str] = _SIDES, title: str = "") -> "Figure":
    """Draw the spectra of two sets of images, their difference, and their power by direction.

    Args:
        table: What :func:`srop.compare_spectra` returns.
        names: Names of the two sets.
        title: Title of the picture, as plain text.

    Returns:
        A figure of three parts: the radial spectra of both sets in decibels, over frequency in cycles per pixel; their
        difference below; the power by direction on the right, and below it the DCT coefficients in zigzag order, if
        the table has them. Bands are intervals of 95 % of the means over images.
        Dots are frequencies and directions at which the sets differ by more than images vary.

    Raises:
        TypeError: If the table is not a :class:`pandas.DataFrame`.
        ValueError: If the table lacks a column.

    Example:
        >>> from matplotlib.cbook import get_sample_data
        >>> from srop import compare_spectra
        >>> file = get_sample_data("grace_hopper.jpg", asfileobj=False)
        >>> figure = plot_spectra(compare_spectra([file], [file], size=64), names=["real", "fake"])
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['real (1)', 'fake (1)']
    """
    from matplotlib.figure import Figure

    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: a {type(table).__name__} was given; give what srop.compare_spectra returns")
    if missing := [column for column in _WANTED if column not in table]:
        raise ValueError(f"the table has no column {', '.join(missing)}; give what srop.compare_spectra returns")
    radial, direction, distance = (table[table["kind"] == kind] for kind in ("radial", "direction", "distance"))
    zigzag = table[table["kind"] == "zigzag"]
    figure = Figure(figsize=(8.6, 5.6 if len(zigzag) else 4.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[3, 2], width_ratios=[3, 2])
    upper = figure.add_subplot(grid[0, 0])
    lower = figure.add_subplot(grid[1, 0], sharex=upper)
    right = figure.add_subplot(grid[0, 1] if len(zigzag) else grid[:, 1])
    # Ten times the logarithm to base 10 is decibels.
    lines = [_band(upper, radial, side, color, 10) for side, color in zip(_SIDES, _COLORS, strict=True)]
    for side, color in zip(_SIDES, _COLORS, strict=True):
        _band(right, direction, side, color, 1)
    lower.axhline(0, color="black", linewidth=0.8)
    lower.fill_between(radial["at"], 10 * radial["lower"], 10 * radial["upper"], alpha=0.25, color="gray", linewidth=0)
    lower.plot(radial["at"], 10 * radial["difference"], color="gray")
    marked = radial[radial["marked"].eq(True)]
    lower.plot(marked["at"], 10 * marked["difference"], ".", color="black", markersize=4)
    beyond = direction[direction["marked"].eq(True)]
    right.plot(beyond["at"], beyond["second"], ".", color="black", markersize=6)
    upper.set_ylabel("power in decibels")
    lower.set(ylabel="second - first", xlabel="frequency in cycles per pixel")
    right.set(xlabel="direction in degrees\n(0: waves from left to right)", ylabel="power by direction,\n1 is the mean")
    right.set_xticks(np.arange(0, 180, 45))
    upper.tick_params(labelbottom=False)
    if len(zigzag):
        _draw_zigzag(figure.add_subplot(grid[1, 1]), zigzag)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    counts = [table[f"{side}_images"].iloc[0] for side in _SIDES]
    labels = [f"{name} ({count})" for name, count in zip(names, counts, strict=True)]
    legend(figure, lines, labels, loc="outside upper right", ncols=2)
    figure.supxlabel(_caption(distance.iloc[0]), fontsize="small")
    figure.suptitle(title, parse_math=False)
    return figure


def _draw_zigzag(axes: "Axes", rows: pd.DataFrame) -> None:
    for side, color in zip(_SIDES, _COLORS, strict=True):
        _band(axes, rows, side, color, 10)
    beyond = rows[rows["marked"].eq(True)]
    axes.plot(beyond["at"], 10 * beyond["second"], ".", color="black", markersize=4)
    axes.set(xlabel="DCT coefficient in zigzag order", ylabel="decibels")


def _band(axes: "Axes", rows: pd.DataFrame, side: str, color: str, factor: float):
    low, high = (factor * rows[f"{side}_{end}"] for end in ("lower", "upper"))
    axes.fill_between(rows["at"], low, high, alpha=0.25, color=color, linewidth=0)
    return axes.plot(rows["at"], factor * rows[side], color=color, linewidth=1.2)[0]


def _caption(row: pd.Series) -> str:
    text = f"log-spectral distance {row['difference']:.2f} dB"
    if np.isfinite(row["lower"]):
        text += f" (95 %: {row['lower']:.2f} to {row['upper']:.2f})"
    window = row.get("residual", 0)
    text += f"; residuals of a median of {window} x {window}" if window else ""
    return f"{text}; central squares of {row['size']} x {row['size']}; bands: 95 %; dots: more than images vary"
