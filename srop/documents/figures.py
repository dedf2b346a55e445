"""The figures of README and docs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from srop.convention import PUBLISHED
from srop.rolloff import radial_spectrum, rolloff_grid, rolloff_points

_COLORS = sns.color_palette("colorblind")
_CURVE, _POINT = _COLORS[0], _COLORS[3]


def figure_low_and_high(maps: Mapping[str, np.ndarray]) -> Figure:
    """Draw maps of low and high SROP, their spectra, and where their ring averages reach 85 %.

    Args:
        maps: Maps ``(n, n)`` by title.

    Returns:
        A row for each map. The circle in the spectrum marks the roll-off point.
    """
    figure = Figure(figsize=(8.4, 2.7 * len(maps)))
    axes = figure.subplots(len(maps), 3, gridspec_kw={"width_ratios": [1, 1, 1.3]})
    for (title, values), (picture, plane, curve) in zip(maps.items(), axes, strict=True):
        one = torch.from_numpy(values)
        point, shares = rolloff_points(one).item(), radial_spectrum(one).numpy()
        outermost, middle = rolloff_grid(len(values))[0], len(values) // 2
        picture.imshow(values, cmap="gray")
        picture.set(title=title, xticks=[], yticks=[])
        power = np.abs(np.fft.fftshift(np.fft.fft2(values - values.mean()))) ** 2
        plane.imshow(np.log10(power + 1e-6 * power.max()), cmap="gray")
        plane.add_patch(Circle((middle, middle), max(point * outermost, 2), fill=False, color=_POINT, linewidth=2))
        plane.set(title="its spectrum, low in the middle", xticks=[], yticks=[])
        radius = np.arange(1, outermost + 1) / outermost
        curve.plot(radius, shares.cumsum(), color=_CURVE)
        curve.axhline(PUBLISHED.kappa, color="gray", linestyle=":")
        curve.axvline(point, color=_POINT)
        curve.annotate(
            f"SROP {point:.2f}", (point, 0.1), xytext=(6 if point < 0.5 else -6, 0), textcoords="offset points",
            color=_POINT, fontsize="large", ha="left" if point < 0.5 else "right",
        )  # fmt: skip
        curve.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="radius as a share of the outermost ring")
        curve.set(ylabel="share of the sum\nof ring averages", title="85 % is reached at the roll-off point")
        sns.despine(ax=curve)
    return figure


def figure_digits_by_seed(table: pd.DataFrame) -> Figure:
    """Draw accuracy, share of dead maps and the frog's SROP over w in CASE II, with a line for each seed.

    Args:
        table: A row per ``w``, ``seed`` and ``dead`` of one layer and convention, w = 0 included.
    """
    figure = Figure(figsize=(9.6, 3.2))
    panels = [
        ("accuracy", "one", "test accuracy"),
        ("frog_dead_share", "one", "share of dead maps, frog as input"),
        ("frog_srop", "one", "the frog's SROP, dead maps as 1"),
        ("frog_srop", "omit", "the frog's SROP, dead maps left out"),
    ]
    for ax, (quantity, dead, title) in zip(figure.subplots(1, 4), panels, strict=True):
        rows = table[table["dead"] == dead].sort_values("w")
        for (seed, line), color, marker in zip(rows.groupby("seed"), _COLORS, "osD^v", strict=False):
            line = line.dropna(subset=quantity)
            ax.plot(line["w"], line[quantity], color=color, marker=marker, label=f"seed {seed}")
        ax.set(xlabel="w, weight of the frog", xlim=(-0.05, 1.05), ylim=(-0.04, 1.04))
        ax.set_title(title, fontsize="small")
        sns.despine(ax=ax)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def figure_classes(srops: pd.DataFrame) -> Figure:
    """Draw histograms of the test images' SROPs by digit, with a panel for each seed.

    Args:
        srops: Test images of one layer, convention and treatment of dead maps: ``seed``, ``label``, ``srop``.
    """
    seeds = sorted(srops["seed"].unique())
    figure = Figure(figsize=(3.4 * len(seeds), 2.9))
    colors = [*sns.color_palette("Greys", 9), _POINT]
    order = [*(digit for digit in range(10) if digit != 1), 1]
    bins = np.linspace(srops["srop"].min(), srops["srop"].max(), 61)
    for ax, seed in zip(figure.subplots(1, len(seeds), sharey=True, squeeze=False)[0], seeds, strict=True):
        images = srops[srops["seed"] == seed]
        parts = [images.loc[images["label"] == digit, "srop"] for digit in order]
        ax.hist(parts, bins=bins, stacked=True, color=colors, label=[f"'{digit}'" for digit in order])
        ax.set(title=f"seed {seed}", xlabel="mean SROP of the image's maps")
        sns.despine(ax=ax)
    figure.axes[0].set_ylabel("test images")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=10, frameon=False)
    return figure
