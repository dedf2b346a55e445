"""Figures of a data set's patterns."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from srop.experiments.wavelets.learning import FITTED
from srop.experiments.wavelets.rank1 import low_rank_images, rank1_patterns
from srop.style import COLORS, OTHER, TRAINED, WRONG

_SHOWN_PATTERNS = 5
_SELECTIONS = {"laplacian": "lowest Laplacian scores", "qr": "pivoted QR", "all": "all coefficients"}
_ARMS = {
    ("patterns", "true"): (TRAINED, "-", "two layers on coefficients, true labels"),
    ("patterns", "permuted"): (WRONG, "-", "... permuted labels"),
    ("network", "true"): (TRAINED, "--", "digit network, true labels"),
    ("network", "permuted"): (WRONG, "--", "... permuted labels"),
}


def figure_patterns(image: Tensor, coefficients: Tensor, energy: pd.DataFrame, by_image: pd.DataFrame) -> Figure:
    """Draw an image's rank-1 patterns, the energy that the first ones hold, and the number of patterns over the SROP.

    Args:
        image: ``(h, w)``.
        coefficients: Its wavelet coefficients ``(h, w)``.
        energy: The table of :func:`srop.experiments.wavelets.tables.energy_table`.
        by_image: The table of :func:`srop.experiments.wavelets.tables.patterns_by_image`.

    Returns:
        The image, its coefficients and its first patterns; the image rebuilt from 1, 2, ... patterns; and three panels:
        energy and number of patterns by class, and number of patterns over the SROP.

    Reference:
        Yousefzadeh and Huang 2020, abstract; the figure is ours.
    """
    figure = Figure(figsize=(11, 8.2))
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.1])
    axes = above.subplots(2, _SHOWN_PATTERNS + 2)
    patterns = rank1_patterns(coefficients, min(_SHOWN_PATTERNS, *image.shape))
    _picture(axes[0, 0], image, "an image")
    _picture(axes[0, 1], coefficients, "its wavelets", signed=True)
    for place, pattern in enumerate(patterns):
        _picture(axes[0, place + 2], pattern, f"pattern {place + 1}", signed=True)
        _picture(axes[1, place + 2], low_rank_images(image, place + 1), f"rebuilt from {place + 1}")
    for ax in [*axes[1, :2], *axes[:, len(patterns) + 2 :].flat]:
        ax.set_axis_off()
    left, middle, right = below.subplots(1, 3)
    classes = sorted(energy["label"].unique())
    colors = dict(zip(classes, sns.color_palette("husl", len(classes)), strict=True))
    for label, line in energy.groupby("label"):
        left.plot(line["patterns"], 1 - line["energy"], color=colors[label], linewidth=1, label=f"class {label}")
    left.set(yscale="log", xlabel="patterns", ylabel="share of the energy that they lack", ylim=(1e-4, 1))
    if len(classes) <= 12:
        left.legend(fontsize="x-small", frameon=False, ncols=2)
    shares = sorted(by_image["share"].unique())
    share = shares[len(shares) // 2]
    at_share = by_image[by_image["share"] == share]
    means = at_share.groupby(["basis", "label"])["patterns"].mean().reset_index()
    for place, (_, dots) in enumerate(means.groupby("basis", sort=False)):
        middle.scatter([place] * len(dots), dots["patterns"], color=[colors[label] for label in dots["label"]], s=18)
    names = [name.replace(", ", "\n") for name in means["basis"].unique()]
    middle.set_xticks(range(len(names)), names, fontsize="small")
    middle.set(ylabel=f"patterns for {share:.4g} of the energy, mean by class", ylim=(0, None))
    own = at_share[(at_share["basis"] == "pixels") & at_share["srop"].notna()]
    # Rings and numbers of patterns are discrete; jitter separates the dots.
    across, up = np.random.default_rng(0).uniform(-0.3, 0.3, (2, len(own)))
    ring = 1 / (min(image.shape) // 2)
    right.scatter(
        own["srop"] + across * ring,
        own["patterns"] + up,
        c=[colors[label] for label in own["label"]],
        s=2,
        alpha=0.5,
        linewidth=0,
    )
    right.set(xlabel="SROP of the image", ylabel=f"patterns for {share:.4g} of its energy")
    for ax in (left, middle, right):
        sns.despine(ax=ax)
    return figure


def _picture(ax: Axes, image: Tensor, title: str, *, signed: bool = False) -> None:
    most = image.abs().max().item() or 1
    ax.imshow(image, cmap="RdBu_r" if signed else "gray", vmin=-most if signed else 0, vmax=most)
    ax.set_title(title, fontsize="small")
    ax.set_axis_off()


def figure_association(association: pd.DataFrame, spectrum: pd.DataFrame) -> Figure:
    """Draw how clusters agree with true and permuted classes, over the number of clusters.

    Args:
        association: ``association`` of :class:`srop.experiments.wavelets.association.Associations`.
        spectrum: ``spectrum`` of :class:`srop.experiments.wavelets.association.Associations`.

    Returns:
        Adjusted mutual information, purity, and the graphs' eigenvalues. Lines show all images, dots subsets.

    Reference:
        Yousefzadeh and Huang 2020, abstract; the scores are ours.
    """
    figure = Figure(figsize=(11, 4))
    axes = figure.subplots(1, 3)
    titles = {"ami": "adjusted mutual information", "purity": "purity"}
    for ax, (column, title) in zip(axes, titles.items(), strict=False):
        for (name, label), color in zip(_SELECTIONS.items(), COLORS, strict=False):
            rows = association[association["selection"] == name]
            line, dots = rows[rows["subset"] < 0], rows[rows["subset"] >= 0]
            ax.plot(line["clusters"], line[column], color=color, label=label)
            ax.scatter(dots["clusters"], dots[column], color=color, s=6, alpha=0.6)
            ax.plot(line["clusters"], line[f"permuted_{column}"], color=color, linestyle=":")
        ax.set(xscale="log", xlabel="clusters", ylabel=title, ylim=(-0.04, 1.04))
    for (name, line), color in zip(spectrum.groupby("selection", sort=False), COLORS, strict=False):
        axes[2].plot(line["number"], line["eigenvalue"], "o-", markersize=3, color=color, label=_SELECTIONS[name])
    axes[2].set(xlabel="number", ylabel="eigenvalue of the graph's Laplacian")
    for ax in axes:
        sns.despine(ax=ax)
    handles, _ = axes[0].get_legend_handles_labels()
    handles.append(mpl.lines.Line2D([], [], color=OTHER, linestyle=":", label="classes permuted, mean"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


def figure_learning(rebuilt_digits: pd.DataFrame, learning: pd.DataFrame) -> Figure:
    """Draw the accuracy of trained digit networks and of new classifiers on low-rank images.

    Args:
        rebuilt_digits: Rows of :func:`srop.experiments.wavelets.learning.accuracy_of_rebuilt`, with ``seed``.
        learning: The table of :func:`srop.experiments.wavelets.learning.learning_table`.

    Returns:
        Three panels over the number of patterns: accuracy of trained networks; accuracy of classifiers on other images;
        and epochs until the classifiers fit their training set. Lines show means over seeds, dots seeds.

    Reference:
        Yousefzadeh and Huang 2020, abstract; the tests are ours.
    """
    figure = Figure(figsize=(11, 4))
    axes = figure.subplots(1, 3)
    for _, line in rebuilt_digits.groupby("seed"):
        axes[0].plot(line["rank"], line["accuracy"], "o-", markersize=3, color=TRAINED, linewidth=1)
    axes[0].set(
        xscale="log", xlabel="patterns of each digit", ylabel="accuracy of trained networks", ylim=(-0.04, 1.04)
    )
    ranks = sorted({*rebuilt_digits["rank"], *learning["rank"]})
    for (name, labels), (color, style, title) in _ARMS.items():
        arm = learning[(learning["classifier"] == name) & (learning["labels"] == labels)]
        if arm.empty:
            continue
        for ax, column in zip(axes[1:], ("test_accuracy", "epochs_to_fit"), strict=True):
            means = arm.groupby("rank")[column].mean()
            ax.plot(means.index, means, style, marker="o" if len(means) > 1 else "s", color=color, label=title)
            ax.scatter(arm["rank"], arm[column], color=color, s=6, alpha=0.6)
    axes[1].axhline(learning["chance"].mean(), color=OTHER, linestyle=":", label="chance")
    axes[1].set(xscale="log", xlabel="patterns of each image", ylabel="accuracy on other images", ylim=(-0.04, 1.04))
    axes[2].set(xscale="log", xlabel="patterns of each image", ylabel=f"epochs to {FITTED:.2g} of the training set")
    axes[2].set_ylim(bottom=0)
    for ax in axes:
        ax.set_xticks(ranks, [f"{rank:g}" for rank in ranks])
        ax.minorticks_off()
        sns.despine(ax=ax)
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure
