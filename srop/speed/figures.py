"""The figure of the speed and its targets."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.style import COLORS, NOISE, OTHER

_VERDICTS = {"pass": COLORS[2], "falls short": COLORS[3]}


def figure_speed(table: pd.DataFrame) -> Figure:
    """Draw the project's speed and its targets.

    Args:
        table: Rows of the functions of :mod:`srop.speed.measure`, with ``machine``.

    Returns:
        Two panels per device, with quartiles as error bars: times over yardsticks, which should stay below their
        targets, and how many times faster than yardsticks the project is, which should reach its targets.
    """
    table = table.dropna(subset="ratio")
    panels = list(table.groupby(["device", "measure"], sort=False))
    heights = [len(rows) for _, rows in panels]
    figure = Figure(figsize=(8, 1.6 + 0.24 * sum(heights)))
    axes = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for ((device, measure), rows), ax in zip(panels, axes, strict=True):
        place = np.arange(len(rows))
        errors = np.abs(rows[["low", "high"]].to_numpy().T - rows["ratio"].to_numpy())
        colors = [_VERDICTS.get(verdict, OTHER) for verdict in rows["verdict"]]
        ax.barh(place, rows["ratio"], xerr=errors, color=colors, height=0.7, error_kw={"elinewidth": 0.8})
        ax.scatter(rows["target"], place, marker="|", s=120, color=NOISE, zorder=3)
        ax.set_yticks(place, rows["what"] + "  " + rows["against"], fontsize="x-small")
        ax.set(title=f"{device.upper()}: {measure} the yardstick", ylim=(len(rows) - 0.4, -0.6))
        if measure == "times faster than":
            ax.set_xscale("log")
        sns.despine(ax=ax)
    handles = [mpl.patches.Patch(color=color, label=verdict) for verdict, color in _VERDICTS.items()]
    handles += [
        mpl.patches.Patch(color=OTHER, label="no target"),
        mpl.lines.Line2D([], [], color=NOISE, marker="|", linestyle="", label="target"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle("\n".join(table["machine"].unique()), fontsize="small")
    return figure
