"""Figures of the digit experiments."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srop.experiments.digits.tables import BARS
from srop.style import CASES, DEAD_TITLES, FROG, NOISE, OTHER, WITH_FROG, WITHOUT_FROG, seeds_counted

CASE_TITLES = {"case1": "CASE I: frog in the '1's only", "case2": "CASE II: frog in every image"}


LAYER_TITLES = {
    "conv2": "last convolution, before its ReLU",
    "relu2": "last convolution, after its ReLU",
    "pool": "last convolution, after the max-pool",
}


def figure2(
    examples: Sequence[np.ndarray],
    srops: pd.DataFrame,
    *,
    layer: str,
    convention: str,
    noise: float,
) -> Figure:
    """Draw Figure 2: blended images over w and, per case, the distribution of the test images' mean SROPs.

    Args:
        examples: One blended image ``(28, 28)`` per w, gray levels in [0, 1].
        srops: Rows of one layer and convention with ``case``, ``w``, ``seed``, ``image`` (-1 for the frog),
            ``with_frog``, ``dead``, ``srop`` and ``dead_share``. Both cases have the run without a frog.
        layer: Name of the layer.
        convention: Name of the convention.
        noise: Mean SROP of white noise of the maps' size.

    Returns:
        A column per w, a row per case and treatment of dead maps. Bars and density show the first seed, thin steps the
        other seeds. A group of images whose SROPs differ by less than a bar's width is a spike with its count.

    Reference:
        Yu et al. 2021, Figure 2.
    """
    weights = sorted(srops["w"].unique())
    rows = [(case, dead) for case in srops["case"].unique() for dead in DEAD_TITLES]
    figure = Figure(figsize=(2.6 * len(weights) + 0.6, 2 * len(rows) + 3.2))
    axes = figure.subplots(
        len(rows) + 1, len(weights), squeeze=False, gridspec_kw={"height_ratios": [1.1] + [1] * len(rows)}
    )
    for ax, w, image in zip(axes[0], weights, examples, strict=True):
        ax.imshow(image, cmap="gray", vmin=0, vmax=1)
        ax.set(title=f"w = {w:g}", xticks=[], yticks=[])
    for (case, dead), row in zip(rows, axes[1:], strict=True):
        for ax, w in zip(row, weights, strict=True):
            panel = srops[(srops["case"] == case) & (srops["dead"] == dead) & (srops["w"] == w)]
            _distribution(ax, panel)
            ax.axvline(noise, color=NOISE, linestyle=":", linewidth=1)
            ax.set(xlim=(0, 1.04), xlabel="", ylabel="")
            ax.set_ylim(bottom=0)
        row[0].set_ylabel(f"{CASE_TITLES[case]}\n{DEAD_TITLES[dead]}\ntest images", fontsize="small")
    for ax in axes[-1]:
        ax.set_xlabel(f"mean SROP ({convention})")
    figure.suptitle(f"SROPs of the digit network: {LAYER_TITLES.get(layer, layer)}")
    handles = [
        mpl.patches.Patch(color=WITHOUT_FROG, alpha=0.6, label="images without the frog"),
        mpl.patches.Patch(color=WITH_FROG, alpha=0.6, label="images with the frog"),
        mpl.lines.Line2D([], [], color=OTHER, linewidth=0.8, label="other seeds"),
        mpl.lines.Line2D([], [], color=FROG, label="the frog alone (dashed: other seeds)"),
        mpl.lines.Line2D([], [], color=NOISE, linestyle=":", label=f"white noise ({noise:.2f})"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), len(weights)), frameon=False)
    return figure


def _distribution(ax: Axes, panel: pd.DataFrame) -> None:
    """Draw one panel of Figure 2."""
    first_seed = panel["seed"].min()
    test, frog = panel[panel["image"] >= 0], panel[panel["image"] < 0]
    for (seed, with_frog), group in test.groupby(["seed", "with_frog"]):
        values, first = group["srop"].dropna(), seed == first_seed
        color = WITH_FROG if with_frog else WITHOUT_FROG
        if values.empty:
            continue
        if np.ptp(values) < BARS[1]:
            _spike(ax, values, color if first else OTHER, counted=first)
        elif first:
            sns.histplot(x=values, bins=BARS, kde=True, color=color, alpha=0.4, linewidth=0, ax=ax)
        else:
            sns.histplot(x=values, bins=BARS, element="step", fill=False, color=OTHER, linewidth=0.6, ax=ax)
    for seed, value in frog[["seed", "srop"]].itertuples(index=False):
        ax.axvline(value, color=FROG, linestyle="-" if seed == first_seed else "--", linewidth=1)
    shown = test[test["seed"] == first_seed]
    note = f"dead maps {shown['dead_share'].mean():.0%}"
    if missing := int(shown["srop"].isna().sum()):
        note += f", {missing} images have none"
    ax.set_title(note, loc="right", fontsize="x-small")


def _spike(ax: Axes, values: pd.Series, color: tuple | str, *, counted: bool) -> None:
    """Draw values without spread, which have no density."""
    center, height = values.mean(), len(values)
    ax.vlines(center, 0, height, color=color, linewidth=3 if counted else 1)
    if counted:
        side, shift = ("right", -4) if center > 0.5 else ("left", 4)
        ax.annotate(
            f"{height}",
            (center, height),
            xytext=(shift, 0),
            textcoords="offset points",
            ha=side,
            va="top",
            color=color,
            fontsize="small",
        )


def figure3(table: pd.DataFrame, summary: pd.DataFrame, *, layer: str, convention: str) -> Figure:
    """Draw Figure 3: accuracy and the frog's mean SROP over w, in both cases.

    Args:
        table: A row per ``case``, ``w``, ``seed`` and ``dead`` of one layer and convention, with ``accuracy``,
            ``frog_srop`` and ``frog_dead_share``.
        summary: What :func:`srop.experiments.summaries.mean_over_seeds` makes of the table by ``case``, ``w`` and
            ``dead``.
        layer: Name of the layer.
        convention: Name of the convention.

    Returns:
        Four panels with mean and 95 % interval over seeds, and a dot for each seed.

    Reference:
        Yu et al. 2021, Figure 3.
    """
    panels = [
        ("accuracy", "one", "accuracy", "test accuracy"),
        ("frog_dead_share", "one", "dead maps", "share of dead maps, frog as input"),
        ("frog_srop", "one", DEAD_TITLES["one"], f"mean SROP of the frog ({convention})"),
        ("frog_srop", "omit", DEAD_TITLES["omit"], f"mean SROP of the frog ({convention})"),
    ]
    figure = Figure(figsize=(7.2, 6))
    figure.suptitle(f"The {LAYER_TITLES.get(layer, layer)}: mean and 95 % interval over {seeds_counted(summary)}")
    for ax, (quantity, dead, title, label) in zip(figure.subplots(2, 2).flat, panels, strict=True):
        rows = summary[(summary["quantity"] == quantity) & (summary["dead"] == dead)]
        for (case, line), marker in zip(rows.groupby("case"), "os", strict=False):
            seeds, color = table[(table["case"] == case) & (table["dead"] == dead)], CASES[case]
            ax.scatter(seeds["w"], seeds[quantity], color=color, marker=marker, s=8, alpha=0.6)
            ax.plot(line["w"], line["mean"], color=color, marker=marker, label=CASE_TITLES[case])
            ax.fill_between(line["w"], line["low"], line["high"], color=color, alpha=0.2, linewidth=0)
        ax.set(title=title, xlabel="w, weight of the frog", ylabel=label, ylim=(-0.04, 1.04))
        sns.despine(ax=ax)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def figure_kappa(summary: pd.DataFrame, *, layer: str, convention: str) -> Figure:
    """Draw the frog's mean SROP over w for a range of kappa, to show whether Figure 3 depends on the paper's 0.85.

    Args:
        summary: What :func:`srop.experiments.summaries.mean_over_seeds` makes of ``frog_srop`` by ``case``, ``w``,
            ``kappa`` and ``dead``, of one layer and convention.
        layer: Name of the layer.
        convention: Name of the convention.

    Returns:
        A panel per case and treatment of dead maps, a line per kappa.
    """
    cases = list(summary["case"].unique())
    figure = Figure(figsize=(3.6 * len(DEAD_TITLES), 3 * len(cases)))
    axes = figure.subplots(len(cases), len(DEAD_TITLES), squeeze=False, sharex=True, sharey=True)
    for case, row in zip(cases, axes, strict=True):
        for dead, ax in zip(DEAD_TITLES, row, strict=True):
            rows = summary[(summary["case"] == case) & (summary["dead"] == dead)]
            sns.lineplot(
                rows, x="w", y="mean", hue="kappa", palette="viridis", errorbar=None, marker="o", legend="full", ax=ax
            )
            ax.set_title(f"{CASE_TITLES[case]}\n{DEAD_TITLES[dead]}", fontsize="small")
            ax.set(xlabel="w, weight of the frog", ylabel=f"mean SROP of the frog ({convention})", ylim=(-0.04, 1.04))
            handles, labels = ax.get_legend_handles_labels()
            ax.get_legend().remove()
            sns.despine(ax=ax)
    figure.legend(handles, labels, title="kappa", loc="outside right center", frameon=False)
    figure.suptitle(f"The {LAYER_TITLES.get(layer, layer)}: mean over {seeds_counted(summary)}")
    return figure
