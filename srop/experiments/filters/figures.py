"""Figures of first-layer filters and robustness."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from torch import Tensor

from srop.corruptions import SEVERITIES, corrupted
from srop.style import OTHER, TRAINED

_ARMS = {"plain": "plain", "gates": "gates alone", "perturbed": "perturbed alone", "both": "both"}


def figure_filters(robustness: pd.DataFrame, networks: pd.DataFrame) -> Figure:
    """Draw robustness by proportion of low filters, arm and corruption, and over SROPs.

    Args:
        robustness: Rows of :func:`srop.experiments.filters.measure.robustness_table` with
            :data:`srop.experiments.filters.tables.KEYS`.
        networks: What :func:`srop.experiments.filters.tables.networks_table` gives.

    Returns:
        Accuracy on clean and corrupted images over the held proportion; the same for the four arms; robustness over the
        SROP of the first layer; and the gain over plain networks by corruption. A dot per seed.

    Reference:
        Jia et al. 2019, abstract; the figure is ours.
    """
    figure = Figure(figsize=(13, 8))
    grid = figure.add_gridspec(2, 3)
    left, middle, right = (figure.add_subplot(grid[0, place]) for place in range(3))
    below = figure.add_subplot(grid[1, :])
    held = networks[networks["group"] == "held"]
    for column, color in (("clean", OTHER), ("corrupted", TRAINED)):
        means = held.groupby("proportion")[column].mean()
        left.plot(means.index, means, color=color, label=column)
        left.plot(held["proportion"], held[column], "o", markersize=3, color=color)
        for place, arm in enumerate(_ARMS):
            values = networks.loc[networks["arm"] == arm, column]
            middle.plot([place] * len(values), values, "o", color=color, markersize=4)
    left.set(xlabel="proportion of low filters, held", ylabel="accuracy")
    left.legend(frameon=False, fontsize="small")
    middle.set_xticks(range(len(_ARMS)), list(_ARMS.values()), rotation=15)
    middle.set(xlabel="how the filters are trained", ylabel="accuracy")
    middle.legend(*left.get_legend_handles_labels(), frameon=False, fontsize="small")
    low = [column for column in networks if column.startswith("low_")]
    color = low[len(low) // 2]
    for group, marker, title in (("held", "o", "proportion held"), ("modulated", "s", "proportion free")):
        rows = networks[networks["group"] == group]
        shown = right.scatter(rows["srop_first"], rows["corrupted"], c=rows[color], marker=marker, vmin=0, vmax=1)
        right.plot([], [], marker, color=OTHER, label=title)
    right.legend(frameon=False, fontsize="small", loc="lower left")
    right.set(xlabel="mean SROP of the first layer", ylabel="accuracy on corrupted images")
    figure.colorbar(shown, ax=right, label=f"filters centered below {color.removeprefix('low_')}")
    accuracy = robustness.groupby(["arm", "corruption"], sort=False)["accuracy"].mean().unstack("corruption")
    gain = accuracy.drop(index="plain") - accuracy.loc["plain"] if "plain" in accuracy.index else accuracy
    limit = float(np.nanmax(gain.abs())) or 1.0
    sns.heatmap(gain, ax=below, cmap="RdBu", center=0, vmin=-limit, vmax=limit, annot=True, fmt=".2f", cbar=False)
    below.set(
        xlabel="corruption", ylabel="", title="accuracy less that of plain networks, mean over seeds and severities"
    )
    arms = [_ARMS.get(arm, f"proportion {arm.removeprefix('p')}") for arm in gain.index]
    below.set_yticks(below.get_yticks(), arms, rotation=0)
    below.set_xticks(
        below.get_xticks(), [name.replace("_", "\n") for name in gain.columns], rotation=0, fontsize="x-small"
    )
    for ax in (left, middle, right):
        sns.despine(ax=ax)
    return figure


def figure_corruptions(image: Tensor, names: Sequence[str]) -> Figure:
    """Draw all corruptions of an image in all severities.

    Args:
        image: ``(c, n, n)`` in [0, 1].
        names: The corruptions.

    Returns:
        A column per corruption, with the image itself at the top, and a row per severity.
    """
    rows = len(SEVERITIES) + 1
    figure = Figure(figsize=(max(5.0, 0.95 * len(names)), 1.05 * rows))
    axes = figure.subplots(rows, len(names), squeeze=False)
    for name, column in zip(names, axes.T, strict=True):
        shown = [image, *(corrupted(image[None], name, severity)[0] for severity in SEVERITIES)]
        for ax, picture in zip(column, shown, strict=True):
            ax.imshow(picture.permute(1, 2, 0).squeeze(-1), cmap="gray", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            sns.despine(ax=ax, left=True, bottom=True)
        column[0].set_title(name.replace("_", "\n"), fontsize="x-small")
    for ax, label in zip(axes[:, 0], ["image", *(f"severity {severity}" for severity in SEVERITIES)], strict=True):
        ax.set_ylabel(label, fontsize="x-small")
    return figure
