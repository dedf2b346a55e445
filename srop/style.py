"""The look of all figures."""

import matplotlib as mpl
import pandas as pd
import seaborn as sns

DEAD_TITLES = {"one": "dead maps count as 1", "omit": "dead maps left out"}


COLORS = sns.color_palette("colorblind")


INPUTS = [("images", "natural images", COLORS[0]), ("noise", "white noise", COLORS[1])]


KINDS = {"random": COLORS[0], "trained": COLORS[1]}


LINES = {False: ("-", "o"), True: ("--", "s")}


DIGIT, FROG, LINE, NOISE, OTHER = COLORS[0], COLORS[1], COLORS[2], "black", "gray"


def style() -> None:
    """Set the look of every figure, whatever the user's matplotlibrc says; a fixed salt makes SVG files repeatable."""
    mpl.rcdefaults()
    sns.set_theme(context="paper", style="ticks", palette="colorblind")
    mpl.rcParams.update({"svg.hashsalt": "srop", "svg.fonttype": "none", "figure.constrained_layout.use": True})


def seeds_counted(summary: pd.DataFrame) -> str:
    """Give the number of seeds of a table's means, in words."""
    count = int(summary["seeds"].max())
    return f"{count} seed{'s' if count > 1 else ''}"


BATCH_NORMS = {"running": ", batch norm as initialized", "batch": ", batch norm calibrated"}


def network_title(table: pd.DataFrame) -> pd.Series:
    """Name networks for a legend: title, anti-aliasing, and the mode of the batch norm if there is one."""
    blurred = table["antialiased"].map({True: ", anti-aliased", False: ""})
    return table["title"] + blurred + table["batch_norm"].map(BATCH_NORMS).fillna("")
