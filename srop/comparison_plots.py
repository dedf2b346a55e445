"""A picture of two networks, or two sets of images, side by side."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from srop.differences import FEWEST_IMAGES
from srop.profile_plots import OUTSIDE, legend, scale_srops
from srop.resolution import FEWEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_WANTED = (
    "layer",
    "size",
    "second_size",
    "coarse",
    "first",
    "second",
    "difference",
    "lower",
    "upper",
    "first_images",
    "second_images",
    "images_mark",
    "seeds_mark",
)
_COLORS = ("tab:blue", "tab:orange")


def plot_comparison(table: pd.DataFrame, *, title: str = "") -> "Figure":
    r"""Draw a comparison: both sides' SROPs layer by layer, the difference below, and the shares of dead maps.

    Args:
        table: What :func:`srop.compare` returns.
        title: Title of the picture, as plain text.

    Returns:
        A figure. Above, a line for each side (the mean over images, on a logarithmic axis) and a band of the middle
        half of the images; a hollow mark is a size at which fewer than five SROPs are possible. In the middle the
        difference with its interval: the mark is filled where it is more than the images vary, hollow where it is no
        more, and a cross where there is no test; it has a star above where it is more than seeds vary. Below, a bar for
        each side's share of dead maps.

    Raises:
        TypeError: If the table is not a :class:`pandas.DataFrame`.
        ValueError: If the table lacks a column, or holds a layer twice.

    Example:
        >>> import torch
        >>> from srop import compare
        >>> first, second = (torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()) for _ in range(2))
        >>> figure = plot_comparison(compare(first, second, [torch.randn(12, 3, 16, 16)]))
        >>> figure.axes[2].get_xticklabels()[0].get_text()
        '1\n14'
    """
    from matplotlib.figure import Figure

    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: a {type(table).__name__} was given; give what srop.compare returns")
    if missing := [column for column in _WANTED if column not in table]:
        raise ValueError(f"the table has no column {', '.join(missing)}; give what srop.compare returns")
    if table["layer"].duplicated().any():
        raise ValueError("the table holds a layer twice; draw each comparison alone")
    rows = table.reset_index(drop=True)
    places = np.arange(len(rows))
    figure = Figure(figsize=(max(5.5, 0.42 * len(rows) + 2.2) + 2.6, 6.0), layout="constrained")
    upper, middle, lower = figure.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": [4, 3, 1]})
    lines = [_side(upper, rows, side, color) for side, color in zip(("first", "second"), _COLORS, strict=True)]
    names = [str(rows[f"{side}_name"].iloc[0]) for side in ("first", "second")]
    scale_srops(upper, "SROP, mean over images")
    upper.set_title(title, parse_math=False)
    drawn, labels = (
        [*lines, upper.fill_between([], [], alpha=0.25, color="gray")],
        [*names, "middle half of the images"],
    )
    if rows["coarse"].any():
        drawn += upper.plot([], [], "o", color="gray", markerfacecolor="white")
        labels.append(f"fewer than {FEWEST} SROPs\nare possible")
    legend(upper, drawn, labels, **OUTSIDE)
    _differences(middle, rows, places)
    for side, color, shift in zip(("first", "second"), _COLORS, (-0.2, 0.2), strict=True):
        lower.bar(places + shift, rows[f"{side}_dead"], 0.4, color=color)
    lower.set(ylim=(0, 1), ylabel="dead", xlabel="layer, and the size of its maps")
    labels = [f"{layer}\n{size}" for layer, size in zip(rows["layer"], sizes_of(rows), strict=True)]
    upright = len(rows) > 8 or max(map(len, labels)) > 14
    for axes in (upper, middle, lower):
        axes.set_xticks(places, labels, rotation=90 if upright else 0, fontsize="small", parse_math=False)
        axes.set_xlim(-0.6, len(rows) - 0.4)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in (upper, middle):
        axes.tick_params(labelbottom=False)
    return figure


def _side(axes: "Axes", rows: pd.DataFrame, side: str, color: str) -> "Line2D":
    # A line or a band through a single point would be invisible.
    wide, repeats = (np.arange(len(rows)), 1) if len(rows) > 1 else (np.array([-0.25, 0.25]), 2)
    ends = [np.repeat(rows[f"{side}_{end}"], repeats) for end in ("lower", "upper")]
    axes.fill_between(wide, *ends, alpha=0.2, color=color, linewidth=0)
    (line,) = axes.plot(np.arange(len(rows)), rows[side], "o-", color=color, markersize=5)
    coarse = rows.index[rows["coarse"]]
    axes.plot(coarse, rows[side][coarse], "o", color=color, markerfacecolor="white", markersize=5)
    return line


def _differences(axes: "Axes", rows: pd.DataFrame, places: np.ndarray) -> None:
    axes.axhline(0, color="black", linewidth=0.8)
    errors = [rows["difference"] - rows["lower"], rows["upper"] - rows["difference"]]
    axes.errorbar(places, rows["difference"], np.array(errors).clip(min=0), fmt="none", color="gray")
    tested, marked = rows["images_mark"].notna(), rows["images_mark"].eq(True).fillna(False).astype(bool)
    kinds = {
        "more than the images vary": (marked, {"marker": "o"}),
        "no more than the images vary": (tested & ~marked, {"marker": "o", "markerfacecolor": "white"}),
        _untested(rows[~tested]): (~tested, {"marker": "x"}),
    }
    drawn, labels = [], []
    for label, (chosen, style) in kinds.items():
        if chosen.any():
            drawn += axes.plot(places[chosen], rows["difference"][chosen], linestyle="none", color="black", **style)
            labels.append(label)
    beyond = rows["seeds_mark"].eq(True).fillna(False).astype(bool)
    if beyond.any():
        top = rows["upper"].fillna(rows["difference"])
        room = 0.06 * np.ptp([*rows["lower"].dropna(), *top.dropna(), 0])
        drawn += axes.plot(places[beyond], top[beyond] + room, "*", color="tab:red", markersize=9)
        labels.append(f"more than seeds vary\n({rows['seeds_kind'].iloc[0]})")
    axes.set_ylabel("difference,\nsecond - first")
    legend(axes, drawn, labels, **OUTSIDE)
    axes.margins(y=0.15)


def _untested(rows: pd.DataFrame) -> str:
    """Say why differences are not tested."""
    reasons = {
        f"under {FEWEST_IMAGES} images": rows[["first_images", "second_images"]].min(axis=1) < FEWEST_IMAGES,
        "maps of\ndifferent sizes": rows["size"].astype(str) != rows["second_size"].astype(str),
        "no live map\non both sides": rows["difference"].isna(),
    }
    return "not tested, " + ", or ".join(reason for reason, holds in reasons.items() if holds.any())


def sizes_of(table: pd.DataFrame) -> list[str]:
    """Give the size of each layer's maps, or both sides' sizes if they differ, as ``"32, 8"``.

    Args:
        table: What :func:`srop.compare` returns.

    Example:
        >>> sizes_of(pd.DataFrame({"size": [32, 16], "second_size": [8, 16]}))
        ['32, 8', '16']
    """
    pairs = zip(table["size"], table["second_size"], strict=True)
    return [str(first) if first == second else f"{first}, {second}" for first, second in pairs]
