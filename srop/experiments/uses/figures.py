"""Figures of the uses of an SROP."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.experiments.uses.omission import LEVEL
from srop.experiments.uses.removal import ORDERS
from srop.style import COLORS, IMAGES, OTHER, TRAINED

_COLORS = dict(zip(ORDERS, (COLORS[3], TRAINED, COLORS[2], OTHER), strict=True))


def figure_removal(table: pd.DataFrame) -> Figure:
    """Draw the answers of networks over the share of live channels that are removed.

    Args:
        table: Rows of :func:`srop.experiments.uses.removal.removal_table` with ``network``, ``layer`` and ``seed``.

    Returns:
        For the digit networks their accuracy, a thin line per seed and the mean; for each further network the change of
        its logits, mean over layers. A line per order.
    """
    networks = sorted(table["network"].unique(), key=lambda name: name != "digits")
    figure = Figure(figsize=(4.2 * len(networks) + 1.4, 3.4))
    panels = figure.subplots(1, len(networks), squeeze=False)[0]
    for axes, name in zip(panels, networks, strict=True):
        rows = table[table["network"] == name]
        score, single = ("accuracy", "seed") if name == "digits" else ("change", "layer")
        for order, title in ORDERS.items():
            own = rows[rows["order"].isin(["none", order])]
            means = own.groupby([single, "share"], observed=True)[score].mean().unstack("share")
            axes.plot(means.columns, means.T, color=_COLORS[order], linewidth=0.6, alpha=0.5)
            axes.plot(means.columns, means.mean(), "o-", color=_COLORS[order], markersize=3, label=title)
        title = "digit networks" if name == "digits" else f"{name}, layers"
        label = "accuracy" if name == "digits" else "change of the logits"
        axes.set(title=title, xlabel="share of the live channels that is removed", ylabel=label)
        sns.despine(ax=axes)
    panels[0].legend(frameon=False, fontsize="small")
    return figure


def figure_omission(table: pd.DataFrame) -> Figure:
    """Draw how often a density tells that images of a digit are missing.

    Args:
        table: Rows of :func:`srop.experiments.uses.omission.omission_table` with ``srops_of`` and ``seed``.

    Returns:
        The share of random halves in which it does, over the share of that digit's images that are left out: a thin
        line per seed and the mean, for a layer's maps and for the images themselves.
    """
    figure = Figure(figsize=(9.2, 3.4))
    axes = figure.subplots()
    shares = table.assign(detected=table["detections"] / table["repeats"], dropped=1 - table["kept"])
    for name in sorted(shares["srops_of"].unique(), key=lambda name: name == "images"):
        color = IMAGES if name == "images" else TRAINED
        means = shares[shares["srops_of"] == name].pivot(index="dropped", columns="seed", values="detected")
        axes.plot(means.index, means, color=color, linewidth=0.6, alpha=0.5)
        title = "the images themselves" if name == "images" else f"maps of {name}"
        axes.plot(means.index, means.mean(axis=1), "o-", color=color, markersize=3, label=title)
    axes.axhline(LEVEL, color="black", linestyle=":", linewidth=1, label="level of the test")
    axes.set(
        xlabel="share of the digit's images that is left out",
        ylabel="share of halves in which it is noticed",
        ylim=(-0.02, 1.02),
    )
    axes.legend(frameon=False, fontsize="small")
    sns.despine(ax=axes)
    return figure


def figure_penalty(table: pd.DataFrame) -> Figure:
    """Draw what a penalty on fine patterns does to a network.

    Args:
        table: What :func:`srop.experiments.uses.penalty.penalty_table` gives.

    Returns:
        Over the weight of the penalty, a dot per seed and their mean: the SROP and the share of dead maps, and the
        accuracy on test digits, under noise and under attack.
    """
    figure = Figure(figsize=(9.2, 3.4))
    panels = figure.subplots(1, 2)
    weights = sorted(table["weight"].unique())
    places = table["weight"].map(weights.index)
    columns = (
        {"srop": ("SROP of live maps", TRAINED), "dead_share": ("share of dead maps", OTHER)},
        {"accuracy": ("test digits", TRAINED), "noise": ("with noise", COLORS[1]), "pgd": ("under PGD", COLORS[3])},
    )
    for axes, shown, label in zip(panels, columns, ("", "accuracy"), strict=True):
        for column, (title, color) in shown.items():
            axes.plot(places, table[column], "o", color=color, markersize=3, alpha=0.6)
            means = table.groupby("weight")[column].mean()
            axes.plot(range(len(weights)), means, color=color, label=title)
        axes.set_xticks(range(len(weights)), [f"{weight:g}" for weight in weights])
        axes.set(xlabel="weight of the penalty", ylabel=label, ylim=(-0.02, 1.02))
        axes.legend(frameon=False, fontsize="small")
        sns.despine(ax=axes)
    return figure
