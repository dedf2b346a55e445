"""Figures beyond the four papers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.style import COLORS, RANDOM, TRAINED

_KINDS = {"convolution": "o", "blur": "s", "max pool": "^", "average pool": "v"}
_LOWEST, _HIGHEST = -0.03, 1.03


def figure_aliasing(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw the aliasing of each layer that subsamples, network by network.

    Args:
        table: What :func:`srop.aliasing` gives, with ``network``, ``weights`` and ``seed``.
        titles: The networks' titles.

    Returns:
        A part for each network: the median over maps of the share of power beyond the new Nyquist frequency, for each
        layer in the order in which they run. Random networks are gray, a thin mark for each seed and a line through
        the means; trained ones have a color. The dotted line is white noise.
    """
    names = [name for name in titles if name in set(table["network"])]
    counts = [table[table["network"] == name]["layer"].nunique() for name in names]
    figure = Figure(figsize=(2.0 + sum(1.0 + 0.5 * count for count in counts), 4.4))
    parts = figure.subplots(1, len(names), sharey=True, squeeze=False, width_ratios=[2 + count for count in counts])[0]
    for axes, name in zip(parts, names, strict=True):
        rows = table[table["network"] == name]
        first = rows[(rows["weights"] == rows["weights"].iloc[0]) & (rows["seed"] == rows["seed"].min())]
        first = first.sort_values("depth")
        for weights, own in rows.groupby("weights", sort=True):
            color = RANDOM if weights == "random" else TRAINED
            medians = own.pivot(index="depth", columns="seed", values="median")
            if medians.shape[1] > 1:
                axes.plot(medians.index, medians, "_", color=color, markersize=6)
            axes.plot(medians.index, medians.mean(axis=1), "-", color=color, linewidth=1)
            for kind, marker in _KINDS.items():
                places = first.loc[first["kind"] == kind, "depth"]
                axes.plot(places, medians.mean(axis=1)[places], marker, color=color, markersize=5)
        axes.plot(first["depth"], first["white"], ":", color="black", linewidth=1)
        ticks = [f"{layer}\n{before} to {after}" for layer, before, after in first[["layer", "before", "after"]].values]
        axes.set_xticks(first["depth"], ticks, rotation=90, fontsize="x-small", parse_math=False)
        axes.set(title=titles[name], ylim=(_LOWEST, _HIGHEST))
        sns.despine(ax=axes)
    parts[0].set_ylabel("share of power beyond\nthe new Nyquist frequency")
    shown = [("-", RANDOM, "random weights"), ("-", TRAINED, "trained weights"), (":", "black", "white noise")]
    if not (table["weights"] != "random").any():
        del shown[1]
    lines = [parts[0].plot([], [], style, color=color, label=label)[0] for style, color, label in shown]
    for kind, marker in _KINDS.items():
        if (table["kind"] == kind).any():
            lines += parts[0].plot([], [], marker, color="black", label=kind)
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False, fontsize="small")
    return figure


def figure_amplitudes(table: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw the log amplitude of the finest frequency over the depth of networks.

    Args:
        table: What :func:`srop.layer_amplitudes` gives, with ``network``, ``weights`` and ``seed``.
        titles: The networks' titles.

    Returns:
        A part for each network: over its layers, the natural logarithm of the amplitude at the finest frequency, less
        that of zero frequency. Random networks are gray, a thin line for each seed; trained ones have a color.
    """
    names = [name for name in titles if name in set(table["network"])]
    figure = Figure(figsize=(3.1 * len(names) + 0.6, 3.4))
    parts = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    finest = table[table["frequency"] > 0].groupby(["network", "weights", "seed", "layer"], observed=True).tail(1)
    for axes, name in zip(parts, names, strict=True):
        rows = finest[finest["network"] == name]
        for weights, own in rows.groupby("weights", sort=True):
            color = RANDOM if weights == "random" else TRAINED
            curves = own.pivot(index="depth", columns="seed", values="amplitude")
            if curves.shape[1] > 1:
                axes.plot(curves.index, curves, color=color, linewidth=0.6, alpha=0.6)
            label = "random weights" if weights == "random" else "trained weights"
            axes.plot(curves.index, curves.mean(axis=1), "o-", color=color, markersize=3, label=label)
        layers = rows.drop_duplicates("layer").sort_values("depth")
        axes.set_xticks(layers["depth"], layers["layer"], rotation=90, fontsize="x-small", parse_math=False)
        axes.set(title=titles[name])
        sns.despine(ax=axes)
    parts[0].set_ylabel("relative log amplitude\nof the finest frequency")
    handles = {handle.get_label(): handle for axes in parts for handle in axes.get_legend_handles_labels()[0]}
    figure.legend(handles=list(handles.values()), loc="outside lower center", ncols=2, frameon=False, fontsize="small")
    return figure


def figure_bands(table: pd.DataFrame) -> Figure:
    """Draw accuracy under noise of one band over the band's frequency.

    Args:
        table: What :func:`srop.band_accuracy` gives, with ``seed``.

    Returns:
        A thin line for each seed and their mean; the dotted line is the mean accuracy without noise.
    """
    figure = Figure(figsize=(6.4, 3.4))
    axes = figure.subplots()
    curves = table.pivot(index="center", columns="seed", values="accuracy")
    axes.plot(curves.index, curves, color=TRAINED, linewidth=0.6, alpha=0.5)
    axes.plot(curves.index, curves.mean(axis=1), "o-", color=TRAINED, markersize=3, label="with noise")
    clean = table.groupby("seed")["clean"].first().mean()
    axes.axhline(clean, color=TRAINED, linestyle=":", linewidth=1, label="without noise")
    axes.set(xlabel=r"center of the band, in units of $\pi$ radians per pixel", ylabel="accuracy", ylim=(0, _HIGHEST))
    axes.legend(frameon=False, fontsize="small")
    sns.despine(ax=axes)
    return figure


def figure_spectra(table: pd.DataFrame) -> Figure:
    """Draw how the spectra of sets of images differ from those of a first set.

    Args:
        table: What :func:`srop.experiments.beyond.measure.against_first` gives; with ``seed``, for several trainings.

    Returns:
        A line per set and seed: left over frequency, the difference to the first set's mean logarithm of power, in
        decibels; right over direction, the difference in power relative to the mean over directions. A band is the
        interval of 95 % over images, where there is one seed.
    """
    figure = Figure(figsize=(9.2, 3.4))
    panels = figure.subplots(1, 2)
    table = table if "seed" in table else table.assign(seed=0)
    colors = dict(zip(dict.fromkeys(table["set"]), (COLORS[3], COLORS[0], COLORS[2]), strict=False))
    for axes, kind, factor in zip(panels, ("radial", "direction"), (10, 1), strict=True):
        for (name, _), part in table[table["kind"] == kind].groupby(["set", "seed"], sort=False):
            label = name if part["seed"].iloc[0] == table["seed"].min() else None
            axes.plot(part["at"], factor * part["difference"], color=colors[name], linewidth=1, label=label)
            if table["seed"].nunique() == 1:
                ends = factor * part["lower"], factor * part["upper"]
                axes.fill_between(part["at"], *ends, color=colors[name], alpha=0.2, linewidth=0)
        axes.axhline(0, color="gray", linestyle=":", linewidth=1)
        sns.despine(ax=axes)
    panels[0].set(xlabel="frequency, in cycles per pixel", ylabel="difference of power, in decibels")
    panels[1].set(xlabel="direction, in degrees", ylabel="difference of relative power", xticks=np.arange(0, 181, 45))
    panels[0].legend(frameon=False, fontsize="small")
    return figure
