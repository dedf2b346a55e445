"""Figures of attacks on natural and robust networks, and of the frequencies that they change."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from srop.experiments.adversarial.readings import ATTACKS
from srop.style import OTHER, network_colors

ATTACK_TITLES = {
    "fgsm": "FGSM",
    "pgd": "PGD",
    "cw": "CW",
    "hopskipjump": "HopSkipJump",
    "clamped": "clamping alone",
    "features": "robust features",
}
_DECADES = (-1.5, 1)
_CONTROLS = {"": ("-", "attack"), "l2": ("--", "white noise, equal l2"), "linf": (":", "white noise, equal l-inf")}


def figure_attacks(
    maps: pd.DataFrame,
    changes: pd.DataFrame,
    attacks: pd.DataFrame,
    images: Tensor,
    examples: Mapping[float, Mapping[str, Tensor]],
) -> Figure:
    """Draw relative changes of the DCT by attack and control.

    Args:
        maps: Rows of :func:`srop.experiments.adversarial.tables.changes_and_maps` with ``eps``.
        changes: What :func:`srop.experiments.adversarial.tables.changes_summary` gives.
        attacks: Rows of :func:`srop.experiments.adversarial.tables.attacks_table` with ``eps``.
        images: The digits, as pixels.
        examples: By ``eps``: attacked digits, by reading and attack.

    Returns:
        A column per attack. From above: an adversarial example; the median relative change of each component of the
        DCT by the attack on the natural network, and by white noise of the same l2 norm; medians by shell, for the
        robust network as well.

    Reference:
        Wang et al. 2020, Eq. 8; noise and medians are ours.
    """
    columns = [("printed", name) for name in ATTACKS] + [("code", "pgd")]
    figure = Figure(figsize=(2.7 * len(columns) + 0.6, 10.4))
    axes = figure.subplots(4, len(columns))
    natural, robust = min(examples), max(examples)
    colors = network_colors([natural, robust])
    for (reading, attack), column in zip(columns, axes.T, strict=True):
        own = {"reading": reading, "attack": attack}
        title = ATTACK_TITLES[attack] + (", as in the code" if reading == "code" else "")
        _example(column[0], images, examples[natural][f"{reading} {attack}"], _rows(attacks, eps=natural, **own), title)
        compared = ("clamped", "", "clamping alone") if reading == "code" else (attack, "l2", "white noise, equal l2")
        for ax, (name, control, words) in zip(column[1:], [(attack, "", "the attack"), compared], strict=False):
            _map(ax, _rows(maps, eps=natural, reading=reading, attack=name, control=control), words)
        for eps, color in colors.items():
            for control, (style, _) in _CONTROLS.items():
                rows = _rows(changes, eps=eps, control=control, **own)
                column[3].plot(rows["shell"], rows["median"], style, color=color, linewidth=1)
        if reading == "code":
            rows = _rows(changes, eps=natural, reading="code", attack="clamped")
            column[3].plot(rows["shell"], rows["median"], "--", color=OTHER, linewidth=1)
        column[3].set(yscale="log", xlabel="shell", ylim=(0.02, 20))
        sns.despine(ax=column[3])
    axes[3, 0].set_ylabel("median relative change")
    colored = mpl.cm.ScalarMappable(mpl.colors.Normalize(*_DECADES), "viridis")
    bar = figure.colorbar(colored, ax=axes[1:3], shrink=0.8, aspect=40)
    bar.set_label("decimal logarithm of the relative change of a DCT component (low frequencies: upper left)")
    handles = [
        mpl.lines.Line2D([], [], color=colors[natural], label="natural network"),
        mpl.lines.Line2D([], [], color=colors[robust], label=f"trained under {robust:g}"),
        *(mpl.lines.Line2D([], [], color="black", linestyle=style, label=title) for style, title in _CONTROLS.values()),
        mpl.lines.Line2D([], [], color=OTHER, linestyle="--", label="clamping alone"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
    return figure


def _rows(table: pd.DataFrame, **values: float | str) -> pd.DataFrame:
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def _example(ax: Axes, images: Tensor, changed: Tensor, attacks: pd.DataFrame, title: str) -> None:
    adversarial = attacks[attacks["found"]]
    # The attack of the authors' code goes towards the true class, so it seeks no adversarial example.
    shown = adversarial if attacks["reading"].iloc[0] == "printed" else attacks
    ax.set_title(f"{title}: {len(adversarial)} of {len(attacks)}" if shown is adversarial else title, fontsize="small")
    ax.set_axis_off()
    if len(shown):
        place = int(shown["image"].iloc[0])
        ax.imshow(np.hstack([images[place, 0], changed[place, 0]]), cmap="gray", vmin=0, vmax=1)


def _map(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    ax.set_title(title, fontsize="small")
    ax.set_axis_off()
    if rows.empty:
        return
    grid = rows.pivot(index="v", columns="u", values="median")
    ax.imshow(np.log10(grid), cmap="viridis", vmin=_DECADES[0], vmax=_DECADES[1])


def figure_difference(changes: pd.DataFrame) -> Figure:
    """Draw how much attacks, and reconstructions from features, change each frequency.

    Args:
        changes: What :func:`srop.experiments.adversarial.tables.changes_summary` gives.

    Returns:
        A panel per attack, and one of images made from features of the penultimate layer: root mean squares of the
        changes of the DCT by shell, for the natural and the robust network, and for white noise of the same l2 norm.

    Reference:
        Wang et al. 2020, Eq. 9 (the last panel); the others are ours.
    """
    names = [*ATTACKS, "features"]
    figure = Figure(figsize=(2.6 * len(names) + 0.4, 3.2))
    axes = figure.subplots(1, len(names), sharex=True, sharey=True)
    printed = changes[changes["reading"] == "printed"]
    natural, robust = printed["eps"].min(), printed["eps"].max()
    colors = network_colors([natural, robust])
    for name, ax in zip(names, axes, strict=True):
        for eps, color in colors.items():
            for control, style in (("", "-"), ("l2", "--")):
                rows = _rows(printed, eps=eps, attack=name, control=control)
                ax.plot(rows["shell"], rows["amount"], style, color=color, linewidth=1)
        ax.set(title=ATTACK_TITLES[name], xlabel="shell", yscale="log")
        sns.despine(ax=ax)
    axes[0].set_ylabel("root mean square of\nthe DCT's changes")
    handles = [
        mpl.lines.Line2D([], [], color=colors[natural], label="natural network"),
        mpl.lines.Line2D([], [], color=colors[robust], label=f"trained under {robust:g}"),
        mpl.lines.Line2D([], [], color="black", linestyle="--", label="white noise, equal l2"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure
