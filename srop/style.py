"""The look of all figures."""

from collections.abc import Iterable

import matplotlib as mpl
import pandas as pd
import seaborn as sns

DEAD_TITLES = {"one": "dead maps count as 1", "omit": "dead maps left out"}


COLORS = sns.color_palette("colorblind")
"""Colors of things that have none of their own."""


# One color per thing in all figures.
IMAGES, NOISE = COLORS[9], "black"
RANDOM, TRAINED, WRONG = COLORS[7], COLORS[0], COLORS[4]
ROBUST = (COLORS[1], COLORS[3])  # the strongest attack last
CASES = {"case1": COLORS[5], "case2": COLORS[2]}
WITHOUT_FROG, WITH_FROG, FROG = IMAGES, COLORS[2], "#00553f"
HIGHLIGHT, OTHER = COLORS[3], "gray"


INPUTS = [("images", "natural images", IMAGES), ("noise", "white noise", NOISE)]


KINDS = {"random": RANDOM, "trained": TRAINED}


LINES = {False: ("-", "o"), True: ("--", "s")}


def network_colors(strengths: Iterable[float]) -> dict[float, object]:
    """Give a color to each network by the strength of the attack that it was trained under; 0 is a natural network.

    Example:
        >>> network_colors([0.0, 0.3])[0.0] == TRAINED
        True
    """
    natural, *robust = sorted(strengths)
    return {natural: TRAINED, **dict(zip(robust, ROBUST[-len(robust) :] if robust else (), strict=True))}


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
