"""Natural and robust networks, and what attacks on them change, drawn."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from srop.experiments.occlusion.readings import ATTACKS
from srop.experiments.occlusion.tables import low_share
from srop.report.style import COLORS, OTHER

ATTACK_TITLES = {
    "fgsm": "FGSM",
    "pgd": "PGD",
    "cw": "CW",
    "hopskipjump": "HopSkipJump",
    "clamped": "clamping alone",
    "features": "robust features",
}
_CONTROLS = {"": ("-", "attack"), "l2": ("--", "white noise, equal l2"), "linf": (":", "white noise, equal l-inf")}


def _title(weights: str) -> str:
    return {"random": "random", "eps0": "natural"}.get(weights, f"trained under {weights.removeprefix('eps')}")


def figure_robust(
    shares: pd.DataFrame,
    robustness: pd.DataFrame,
    radial: pd.DataFrame,
    layers: pd.DataFrame,
    networks: pd.DataFrame,
) -> Figure:
    """Draw networks that were trained under attacks of several sizes beside natural and random ones.

    Args:
        shares: What :func:`srop.experiments.occlusion.tables.shares_table` gives.
        robustness: Rows of :func:`srop.experiments.occlusion.robust.accuracy_under_attack` with ``eps``, ``seed``.
        radial: What :func:`srop.experiments.occlusion.tables.radial_table` gives.
        layers: Rows of :func:`srop.experiments.occlusion.measure.layers_table`, of one treatment of dead maps.
        networks: Rows of :func:`srop.experiments.occlusion.measure.network_table`.

    Returns:
        Shares of the positive scores; accuracy under attack; the low frequencies' share beside it; the heat maps by
        radius; mean SROPs of the layers; mean SROPs of the gradients by the input. A line or dot per seed.

    Reference:
        Ours, for what Wang et al. 2020 say of natural and robust networks.
    """
    figure = Figure(figsize=(13, 7.6))
    (above, below) = figure.subplots(2, 3)
    kinds = ["random", *(f"eps{eps:g}" for eps in sorted(robustness["eps"].unique()))]
    colors = dict(zip(kinds, [OTHER, *COLORS], strict=False))
    shares = shares[(shares["network"] == "digits") & (shares["reading"] == "printed") & (shares["label"] == -1)]
    gradients = networks[networks["network"] == "digits"]
    for place, (kind, color) in enumerate(colors.items()):
        line = {"color": color, "linewidth": 1}
        for _, of in shares[shares["weights"] == kind].groupby("seed"):
            above[0].plot(of["frequency"], of["share"], **line)
        for _, of in radial[(radial["weights"] == kind) & (radial["network"] == "digits")].groupby("seed"):
            below[0].plot(of["radius"], of["change"] / of["change"].mean(), **line)
        for _, of in layers[(layers["weights"] == kind) & (layers["network"] == "digits")].groupby("seed"):
            below[1].plot(of["depth"], of["mean"], "o-", markersize=3, **line)
        values = gradients.loc[gradients["weights"] == kind, "gradient_srop"]
        below[2].plot([place] * len(values), values, "o", color=color)
    low = low_share(shares)
    unders = sorted(under for under in robustness["under"].unique() if under)
    for eps, of in robustness.groupby("eps"):
        color = colors[f"eps{eps:g}"]
        for seed, line in of.groupby("seed"):
            above[1].plot(line["under"], line["accuracy"], "o-", markersize=3, color=color, linewidth=1)
            found = line.set_index("under")["accuracy"]
            for under, marker in zip(unders, "os^v", strict=False):
                above[2].plot(low.get((f"eps{eps:g}", seed), np.nan), found[under], marker, color=color)
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
    below[2].set_xticks(range(len(kinds)), [_title(kind) for kind in kinds], rotation=15, fontsize="small")
    below[2].set(ylabel="mean SROP of the input's gradient", ylim=(0, 1.04))
    for ax in (*above, *below):
        sns.despine(ax=ax)
    handles = [mpl.lines.Line2D([], [], color=color, label=_title(kind)) for kind, color in colors.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure


def figure_attacks(
    maps: pd.DataFrame,
    changes: pd.DataFrame,
    attacks: pd.DataFrame,
    images: Tensor,
    examples: Mapping[float, Mapping[str, Tensor]],
) -> Figure:
    """Draw relative changes of the DCT by attack and control.

    Args:
        maps: Rows of :func:`srop.experiments.occlusion.attack_tables.changes_and_maps` with ``eps``.
        changes: What :func:`srop.experiments.occlusion.tables.changes_summary` gives.
        attacks: Rows of :func:`srop.experiments.occlusion.attack_tables.attacks_table` with ``eps``.
        images: The digits, as pixels.
        examples: By ``eps``: attacked digits, by reading and attack.

    Returns:
        A column per attack on the natural network: an adversarial example; the median relative change of each
        component, by the attack and by white noise of the same l2 norm; medians by shell, of the robust network, too.

    Reference:
        Wang et al. 2020, Eq. 8; noise and medians are ours.
    """
    columns = [("printed", name) for name in ATTACKS] + [("code", "pgd")]
    figure = Figure(figsize=(2.7 * len(columns) + 0.6, 10.4))
    axes = figure.subplots(4, len(columns))
    natural, robust = min(examples), max(examples)
    for (reading, attack), column in zip(columns, axes.T, strict=True):
        own = {"reading": reading, "attack": attack}
        said = ATTACK_TITLES[attack] + (", as in the code" if reading == "code" else "")
        _example(column[0], images, examples[natural][f"{reading} {attack}"], _of(attacks, eps=natural, **own), said)
        shown = [(column[1], attack, "", "attack"), (column[2], attack, "l2", "white noise, equal l2")]
        if reading == "code":
            shown[1] = (column[2], "clamped", "", "clamping alone")
        for ax, name, control, title in shown:
            _map(figure, ax, _of(maps, eps=natural, reading=reading, attack=name, control=control), title)
        for eps, color in ((natural, COLORS[0]), (robust, COLORS[1])):
            for control, (style, _) in _CONTROLS.items():
                of = _of(changes, eps=eps, control=control, **own)
                column[3].plot(of["shell"], of["median"], style, color=color, linewidth=1)
        if reading == "code":
            of = _of(changes, eps=natural, reading="code", attack="clamped")
            column[3].plot(of["shell"], of["median"], "--", color=OTHER, linewidth=1)
        column[3].set(yscale="log", xlabel="shell", ylim=(0.02, 20))
        sns.despine(ax=column[3])
    axes[3, 0].set_ylabel("median relative change")
    handles = [
        mpl.lines.Line2D([], [], color=COLORS[0], label="natural network"),
        mpl.lines.Line2D([], [], color=COLORS[1], label=f"trained under {robust:g}"),
        *(mpl.lines.Line2D([], [], color="black", linestyle=style, label=said) for style, said in _CONTROLS.values()),
        mpl.lines.Line2D([], [], color=OTHER, linestyle="--", label="clamping alone"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
    return figure


def _of(table: pd.DataFrame, **chosen: float | str) -> pd.DataFrame:
    for column, value in chosen.items():
        table = table[table[column] == value]
    return table


def _example(ax: Axes, images: Tensor, changed: Tensor, attacks: pd.DataFrame, said: str) -> None:
    found = attacks[attacks["found"]]
    # As in the code the attack goes towards the true class, and is not asked for an adversarial example.
    shown = found if attacks["reading"].iloc[0] == "printed" else attacks
    ax.set_title(f"{said}: {len(found)} of {len(attacks)}" if shown is found else said, fontsize="small")
    ax.set_axis_off()
    if len(shown):
        place = int(shown["image"].iloc[0])
        ax.imshow(np.hstack([images[place, 0], changed[place, 0]]), cmap="gray", vmin=0, vmax=1)


def _map(figure: Figure, ax: Axes, of: pd.DataFrame, said: str) -> None:
    ax.set_title(said, fontsize="small")
    if of.empty:
        ax.set_axis_off()
        return
    grid = of.pivot(index="v", columns="u", values="median")
    shown = ax.imshow(np.log10(grid), cmap="viridis", vmin=-1.5, vmax=1)
    figure.colorbar(shown, ax=ax, shrink=0.75)


def figure_difference(changes: pd.DataFrame) -> Figure:
    """Draw how much of each frequency attacks change, and images that are made from features.

    Args:
        changes: What :func:`srop.experiments.occlusion.tables.changes_summary` gives.

    Returns:
        Root mean squares of the changes of the DCT by shell: by attack, on the natural and on the robust network; of
        white noise of the same l2 norm; and of images made from the penultimate layer of either.

    Reference:
        Wang et al. 2020, Eq. 9 (the last panel); the others are ours.
    """
    names = [*ATTACKS, "features"]
    figure = Figure(figsize=(2.6 * len(names) + 0.4, 3.2))
    axes = figure.subplots(1, len(names), sharex=True, sharey=True)
    printed = changes[changes["reading"] == "printed"]
    natural, robust = printed["eps"].min(), printed["eps"].max()
    for name, ax in zip(names, axes, strict=True):
        for eps, color in ((natural, COLORS[0]), (robust, COLORS[1])):
            for control, style in (("", "-"), ("l2", "--")):
                of = _of(printed, eps=eps, attack=name, control=control)
                ax.plot(of["shell"], of["amount"], style, color=color, linewidth=1)
        ax.set(title=ATTACK_TITLES[name], xlabel="shell", yscale="log")
        sns.despine(ax=ax)
    axes[0].set_ylabel("root mean square of\nthe DCT's changes")
    handles = [
        mpl.lines.Line2D([], [], color=COLORS[0], label="natural network"),
        mpl.lines.Line2D([], [], color=COLORS[1], label=f"trained under {robust:g}"),
        mpl.lines.Line2D([], [], color="black", linestyle="--", label="white noise, equal l2"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure
