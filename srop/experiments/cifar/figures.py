"""The figure of natural and robust CIFAR networks."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.style import COLORS, OTHER, RANDOM, TRAINED

_FIRST = {"random": RANDOM, "natural": TRAINED}


def arm_colors(arms: list[str]) -> dict[str, object]:
    """Give a color to each arm: random and natural networks as in all figures, then the others in their order.

    Example:
        >>> arm_colors(["natural", "robust"])["natural"] == TRAINED
        True
    """
    rest = [arm for arm in arms if arm not in _FIRST]
    others = [COLORS[place] for place in (3, 1, 2, 4, 5, 6, 8, 9)]
    colors = _FIRST | {arm: others[place % len(others)] for place, arm in enumerate(rest)}
    return {arm: colors[arm] for arm in dict.fromkeys([*_FIRST, *arms]) if arm in arms}


def figure_cifar(
    accuracy: pd.DataFrame, cutoffs: pd.DataFrame, layers: pd.DataFrame, shares: pd.DataFrame, *, data: str
) -> Figure:
    """Draw SROPs by layer, what the networks lean on, and their accuracy behind low-pass filters.

    Args:
        accuracy: Rows of :func:`srop.experiments.cifar.measure.accuracy_table` with ``arm`` and ``seed``.
        cutoffs: Rows of :func:`srop.experiments.cifar.measure.cutoffs_table` with ``arm`` and ``seed``.
        layers: Rows of :func:`srop.experiments.occlusion.measure.layers_table`, of one treatment of dead maps.
        shares: What :func:`srop.experiments.occlusion.tables.shares_table` gives.
        data: The images, in words.

    Returns:
        Mean SROPs over depth; shares of the positive scores over the shells of the DCT; accuracy over the last ring
        that a low-pass of the input leaves, without attack and (dashed) under an attack that knows the filter. A line
        for each seed.
    """
    figure = Figure(figsize=(14, 4.2))
    profile, scores, rings = figure.subplots(1, 3)
    colors = arm_colors([*dict.fromkeys(layers["weights"])])
    shares = shares[(shares["reading"] == "printed") & (shares["label"] == -1)]
    for arm, color in colors.items():
        for place, (_, curve) in enumerate(layers[layers["weights"] == arm].groupby("seed")):
            label = arm if place == 0 else None
            profile.plot(curve["depth"], curve["mean"], "o-", markersize=3, linewidth=1, color=color, label=label)
        for _, curve in shares[shares["weights"] == arm].groupby("seed"):
            scores.plot(curve["frequency"], curve["share"], linewidth=1, color=color)
        for (_, under), curve in cutoffs[cutoffs["arm"] == arm].groupby(["seed", "under"]):
            style = "o--" if under else "o-"
            rings.plot(curve["cutoff"], curve["accuracy"], style, markersize=3, linewidth=1, color=color)
    names = layers.drop_duplicates("depth").sort_values("depth")
    profile.set_xticks(names["depth"], names["layer"], rotation=60, fontsize="x-small")
    profile.set(ylabel="mean SROP", ylim=(0, None), title=data)
    scores.set(xlabel="shell", ylabel="share of the positive scores", yscale="symlog")
    scores.set_yscale("symlog", linthresh=0.01)
    rings.axhline(0.1, color=OTHER, linewidth=0.5)
    rings.set_xticks(sorted(cutoffs["cutoff"].unique()))
    attacks = accuracy.loc[accuracy["under"] > 0, "under"].unique()
    title = f"dashed: under PGD of {attacks[0]:g}/255" if len(attacks) else ""
    rings.set(xlabel="last ring of the input that stays", ylabel="accuracy", ylim=(-0.04, 1.04), title=title)
    for ax in (profile, scores, rings):
        sns.despine(ax=ax)
    figure.legend(loc="outside lower center", ncols=len(colors), frameon=False)
    return figure
