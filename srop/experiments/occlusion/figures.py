"""Figures of the frequencies that networks lean on."""

from collections.abc import Iterator, Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from srop.experiments.occlusion.tables import low_share
from srop.occlusion import images_of, shells, transformed
from srop.style import COLORS, KINDS, OTHER, RANDOM, network_colors

READING_TITLES = {
    "printed": "as printed: zeros",
    "random": "as printed: random",
    "other": "another image's (ours)",
    "dft": "rings of the DFT (ours)",
    "code": "as in the authors' code",
}
_EXAMPLE_CUTS = (0, 1, 7, 14)
"""The first shells of the example's bands; the last band ends with the spectrum."""


def figure_occlusion(shares: pd.DataFrame, spectra: pd.DataFrame, *, titles: Mapping[str, str]) -> Figure:
    """Draw occluded frequencies by class, the data set's own frequencies, and all readings.

    Args:
        shares: What :func:`srop.experiments.occlusion.tables.shares_table` gives.
        spectra: What :func:`srop.experiments.occlusion.measure.spectrum_table` gives, with ``network``.
        titles: Titles of the networks, by ``network``.

    Returns:
        A row for each kind of network. From the left: mean occluded frequency by class of trained networks, of random
        ones, the images' energy by class, and the shares of positive scores in all readings. Means are over seeds.

    Reference:
        Wang et al. 2020 show means by class (the first panel); the others are ours.
    """
    figure = Figure(figsize=(14, 3.4 * len(titles) + 0.6))
    axes = figure.subplots(len(titles), 4, squeeze=False)
    colors = _colors(shares["label"])
    for row, (network, title) in zip(axes, titles.items(), strict=True):
        own = shares[(shares["network"] == network) & ~shares["weights"].str.startswith("eps")]
        for ax, kind in zip(row, ("trained", "random"), strict=False):
            rows = own[(own["reading"] == "printed") & ((own["weights"] == "random") == (kind == "random"))]
            curves = rows.pivot_table(index="frequency", columns="label", values="mean")
            for label, curve in curves.items():
                line = {"color": "black", "linewidth": 2} if label < 0 else {"color": colors[label], "linewidth": 1}
                ax.plot(curve.index, curve, **line)
            ax.axhline(0, color=OTHER, linewidth=0.5)
            ax.set(title=f"{title}, {kind}", xlabel="shell", ylabel="occluded frequency, logits")
            largest = curves.abs().max().max() if len(curves) else 1
            ax.set_yscale("symlog", linthresh=max(largest / 10, 1e-9))
        _spectrum(row[2], spectra[(spectra["network"] == network) & (spectra["transform"] == "dct")], colors)
        for (reading, label), color in zip(READING_TITLES.items(), COLORS, strict=False):
            all_classes = own[(own["reading"] == reading) & (own["label"] == -1)]
            for kind, style in (("trained", "-"), ("random", ":")):
                rows = all_classes[(all_classes["weights"] == "random") == (kind == "random")]
                curve = rows.groupby("frequency")["share"].mean()
                row[3].plot(curve.index, curve, style, color=color, label=label if kind == "trained" else None)
        row[3].set(xlabel="shell or ring", ylabel="share of the positive scores", title="all readings")
        for ax in row:
            sns.despine(ax=ax)
    handles, _ = axes[0, 3].get_legend_handles_labels()
    handles.append(mpl.lines.Line2D([], [], color=OTHER, linestyle=":", label="random networks"))
    handles.append(mpl.lines.Line2D([], [], color="black", linewidth=2, label="all classes"))
    if len(colors) <= 12:
        handles += [mpl.lines.Line2D([], [], color=color, label=f"class {label}") for label, color in colors.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=9, frameon=False, fontsize="small")
    return figure


def _colors(labels: pd.Series) -> dict[int, tuple]:
    classes = sorted(label for label in labels.unique() if label >= 0)
    return dict(zip(classes, sns.color_palette("husl", len(classes)), strict=True))


def _spectrum(ax: Axes, spectrum: pd.DataFrame, colors: Mapping[int, tuple]) -> None:
    for label, curve in spectrum.groupby("label"):
        line = {"color": "black", "linewidth": 2} if label < 0 else {"color": colors[label], "linewidth": 1}
        ax.plot(curve["frequency"], curve["energy"], **line)
    ax.set(yscale="log", xlabel="shell", ylabel="share of the images' energy", title="the data set itself")


def figure_example(image: Tensor, label: int, scores: pd.DataFrame) -> Figure:
    """Draw an image, what is left of it without bands of frequencies, and its occluded frequencies.

    Args:
        image: ``(c, n, n)`` in [0, 1].
        label: Its class.
        scores: Of this image, as printed: ``weights``, ``seed``, ``frequency``, ``occluded``.

    Returns:
        The image and its DCT; the image without each band, and the band; the scores of trained and random networks.
    """
    size = image.shape[-1]
    bands = [(low, high) for low, high in zip(_EXAMPLE_CUTS, (*_EXAMPLE_CUTS[1:], size), strict=True) if low < size]
    figure = Figure(figsize=(11, 5.8))
    above, below = figure.subfigures(2, 1, height_ratios=[1.5, 1])
    axes = above.subplots(2, len(bands) + 1)
    components, frequency = transformed(image, "dct"), shells(size, "dct")
    _picture(axes[0, 0], image, f"an image of class {label}")
    strength = components.abs().mean(dim=0)
    axes[1, 0].imshow(np.log10(strength / strength.max() + 1e-4), cmap="magma")
    axes[1, 0].set_title("its DCT, logarithm", fontsize="small")
    axes[1, 0].set_axis_off()
    for (low, high), column in zip(bands, axes.T[1:], strict=True):
        band = images_of(components * ((frequency >= low) & (frequency < high)), "dct")
        name = f"shell {low}" if high == low + 1 else f"shells {low} to {high - 1}"
        _picture(column[0], image - band, f"without {name}")
        # A band of one shade would be as white as the page.
        strongest = band.abs().max() if high > 1 else 2 * band.abs().max()
        _picture(column[1], band / (2 * strongest) + 0.5, f"{name}, stretched")
    ax = below.subplots()
    for kind, color in KINDS.items():
        rows = scores[(scores["weights"] == "random") == (kind == "random")]
        for place, (_, line) in enumerate(rows.groupby(["weights", "seed"], sort=False)):
            label = f"{kind} networks" if place == 0 else None
            ax.plot(line["frequency"], line["occluded"], "o-", markersize=3, linewidth=1, color=color, label=label)
    ax.axhline(0, color=OTHER, linewidth=0.5)
    ax.set(xlabel="shell", ylabel="occluded frequency, logits")
    ax.legend(frameon=False)
    sns.despine(ax=ax)
    return figure


def _picture(ax: Axes, image: Tensor, title: str) -> None:
    ax.imshow(image.permute(1, 2, 0).clamp(0, 1).squeeze(-1), cmap="gray", vmin=0, vmax=1)
    ax.set_title(title, fontsize="small")
    ax.set_axis_off()


def figure_heat(heat: pd.DataFrame, radial: pd.DataFrame, layers: pd.DataFrame, *, titles: Mapping[str, str]) -> Figure:
    """Draw Fourier heat maps of trained and random networks, and the SROPs of their layers.

    Args:
        heat: What :func:`srop.experiments.occlusion.measure.heat_table` gives, with the columns that name networks.
        radial: What :func:`srop.experiments.occlusion.tables.radial_table` gives.
        layers: Rows of :func:`srop.experiments.occlusion.measure.layers_table`, of one treatment of dead maps.
        titles: Titles of the networks, by ``network``.

    Returns:
        A row for each kind of network. From the left: error of trained networks, mean over seeds; change of their
        logit, and of random ones'; that change by radius, as a share of its mean; mean SROPs over depth.

    Reference:
        Yin et al. 2019 show errors (the first panel); the others are ours.
    """
    figure = Figure(figsize=(16, 3.3 * len(titles) + 0.3))
    axes = figure.subplots(len(titles), 5, squeeze=False)
    for row, (network, title) in zip(axes, titles.items(), strict=True):
        own = heat[heat["network"] == network]
        is_random = own["weights"] == "random"
        panels = [("trained", "error"), ("trained", "change"), ("random", "change")]
        for ax, (kind, column) in zip(row, panels, strict=False):
            _heat(figure, ax, own[is_random == (kind == "random")], column)
            quantity = "error" if column == "error" else "change of the logit"
            ax.set_title(f"{title}, {kind}: {quantity}", fontsize="small")
        for kind, color in KINDS.items():
            for place, curve in enumerate(_curves(radial, network, kind)):
                label = kind if place == 0 else None
                change = curve["change"] / curve["change"].mean()
                row[3].plot(curve["radius"], change, color=color, linewidth=1, label=label)
            for curve in _curves(layers, network, kind):
                row[4].plot(curve["depth"], curve["mean"], "o-", markersize=3, color=color, linewidth=1)
        row[3].set(xlabel="radius of the wave", ylabel="change of the logit by its mean", ylim=(0, None))
        row[3].legend(frameon=False, fontsize="small")
        names = layers[layers["network"] == network].drop_duplicates("depth").sort_values("depth")
        row[4].set_xticks(names["depth"], names["layer"], rotation=60, fontsize="x-small")
        row[4].set(ylabel="mean SROP", ylim=(0, 1.04))
        for ax in row[3:]:
            sns.despine(ax=ax)
    return figure


def _curves(table: pd.DataFrame, network: str, kind: str) -> Iterator[pd.DataFrame]:
    """Iterate over the rows of each network of a kind, without networks that were trained under attack."""
    is_kind = table["weights"] == "random" if kind == "random" else ~table["weights"].str.contains("^random|^eps")
    for _, rows in table[(table["network"] == network) & is_kind].groupby(["weights", "seed"], sort=False):
        yield rows


def _heat(figure: Figure, ax: Axes, rows: pd.DataFrame, column: str) -> None:
    if rows.empty:
        ax.set_axis_off()
        return
    grid = rows.pivot_table(index="v", columns="u", values=column)
    most = 1 if column == "error" else None
    shown = ax.imshow(grid, cmap="viridis", vmin=0, vmax=most, extent=_edges(grid), origin="lower")
    ax.set(xlabel="periods across", ylabel="periods down")
    figure.colorbar(shown, ax=ax, shrink=0.8)


def _edges(grid: pd.DataFrame) -> tuple[float, float, float, float]:
    low, high = grid.columns.min() - 0.5, grid.columns.max() + 0.5
    return low, high, low, high


def figure_robust(
    shares: pd.DataFrame,
    robustness: pd.DataFrame,
    radial: pd.DataFrame,
    layers: pd.DataFrame,
    networks: pd.DataFrame,
) -> Figure:
    """Draw natural and random networks, and networks trained under attacks of several sizes.

    Args:
        shares: What :func:`srop.experiments.occlusion.tables.shares_table` gives.
        robustness: Rows of :func:`srop.networks.pixel_network.accuracy_under_attack` with ``eps``, ``seed``.
        radial: What :func:`srop.experiments.occlusion.tables.radial_table` gives.
        layers: Rows of :func:`srop.experiments.occlusion.measure.layers_table`, of one treatment of dead maps.
        networks: Rows of :func:`srop.experiments.occlusion.measure.network_table`.

    Returns:
        Shares of the positive scores; accuracy under attack; this accuracy over the share of low frequencies; heat maps
        by radius; mean SROPs of the layers; mean SROPs of the gradients by the input. A line or dot per seed.

    Reference:
        Ours, for what Wang et al. 2020 say of natural and robust networks.
    """
    figure = Figure(figsize=(13, 7.6))
    (above, below) = figure.subplots(2, 3)
    strengths = network_colors(robustness["eps"].unique())
    colors = {"random": RANDOM, **{f"eps{eps:g}": color for eps, color in strengths.items()}}
    shares = shares[(shares["network"] == "digits") & (shares["reading"] == "printed") & (shares["label"] == -1)]
    gradients = networks[networks["network"] == "digits"]
    for place, (kind, color) in enumerate(colors.items()):
        line = {"color": color, "linewidth": 1}
        for _, curve in shares[shares["weights"] == kind].groupby("seed"):
            above[0].plot(curve["frequency"], curve["share"], **line)
        for _, curve in radial[(radial["weights"] == kind) & (radial["network"] == "digits")].groupby("seed"):
            below[0].plot(curve["radius"], curve["change"] / curve["change"].mean(), **line)
        for _, curve in layers[(layers["weights"] == kind) & (layers["network"] == "digits")].groupby("seed"):
            below[1].plot(curve["depth"], curve["mean"], "o-", markersize=3, **line)
        values = gradients.loc[gradients["weights"] == kind, "gradient_srop"]
        below[2].plot([place] * len(values), values, "o", color=color)
    low = low_share(shares)
    unders = sorted(under for under in robustness["under"].unique() if under)
    for eps, networks_of_eps in robustness.groupby("eps"):
        color = colors[f"eps{eps:g}"]
        for seed, line in networks_of_eps.groupby("seed"):
            above[1].plot(line["under"], line["accuracy"], "o-", markersize=3, color=color, linewidth=1)
            accuracy = line.set_index("under")["accuracy"]
            for under, marker in zip(unders, "os^v", strict=False):
                above[2].plot(low.get((f"eps{eps:g}", seed), np.nan), accuracy[under], marker, color=color)
    above[0].set(xlabel="shell", ylabel="share of the positive scores")
    above[1].set(xlabel="largest change of a pixel by PGD", ylabel="accuracy", ylim=(-0.04, 1.04))
    above[2].set(xlabel="share of the lowest quarter of shells", ylabel="accuracy under attack", ylim=(-0.04, 1.04))
    marks = [
        mpl.lines.Line2D([], [], color=OTHER, marker=marker, linestyle="", label=f"under {under:g}")
        for under, marker in zip(unders, "os^v", strict=False)
    ]
    above[2].legend(handles=marks, frameon=False, fontsize="small")
    below[0].set(xlabel="radius of the wave", ylabel="change of the logit by its mean", ylim=(0, None))
    names = layers[layers["network"] == "digits"].drop_duplicates("depth").sort_values("depth")
    below[1].set_xticks(names["depth"], names["layer"])
    below[1].set(ylabel="mean SROP of the layer", ylim=(0, None))
    below[2].set_xticks(range(len(colors)), [_title(kind) for kind in colors], rotation=15, fontsize="small")
    below[2].set(ylabel="mean SROP of the input's gradient", ylim=(0, 1.04))
    for ax in (*above, *below):
        sns.despine(ax=ax)
    handles = [mpl.lines.Line2D([], [], color=color, label=_title(kind)) for kind, color in colors.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def _title(weights: str) -> str:
    return {"random": "random", "eps0": "natural"}.get(weights, f"trained under {weights.removeprefix('eps')}")
