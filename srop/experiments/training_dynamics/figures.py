"""The figure of watched trainings."""

from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.experiments.training_dynamics.regimes import HEALTHY, REGIME_TITLES
from srop.experiments.training_dynamics.tables import alarm_steps, compared_trainings
from srop.style import OTHER, TRAINED, WRONG

_QUANTITIES = {
    "accuracy": "test accuracy",
    "mean": "mean SROP\nof live maps",
    "spread": "standard deviation of\nSROPs over channels",
    "dead share": "share of dead maps",
}


def figure_training(trainings: pd.DataFrame, *, layer: str) -> Figure:
    """Draw accuracy, SROPs and dead maps over the steps of trainings that go well and wrong.

    Args:
        trainings: As for :func:`srop.experiments.training_dynamics.tables.compared_trainings`.
        layer: Name of the layer.

    Returns:
        A column per regime, a row per quantity, a line per seed. The shaded range is healthy, and a dot marks an alarm
        (:func:`srop.experiments.training_dynamics.tables.alarm_steps`). A line of SROPs ends when all maps are dead.

    Reference:
        Yu et al. 2021, Sec. 6, which names the use and has no figure.
    """
    shown, limits = compared_trainings(trainings[trainings["layer"].isin(["", layer])])
    regimes = list(shown["regime"].unique())
    figure = Figure(figsize=(2.6 * len(regimes) + 0.8, 8.4))
    axes = figure.subplots(len(_QUANTITIES), len(regimes), squeeze=False, sharex=True, sharey="row")
    for regime, column in zip(regimes, axes.T, strict=True):
        color = TRAINED if regime == HEALTHY else WRONG
        runs = {
            seed: (rows, alarm_steps(rows, limits)) for seed, rows in shown[shown["regime"] == regime].groupby("seed")
        }
        for quantity, ax in zip(_QUANTITIES, column, strict=True):
            healthy = limits[limits["quantity"] == quantity]
            ax.fill_between(healthy["step"], healthy["low"], healthy["high"], color=OTHER, alpha=0.25, linewidth=0)
            steps = []
            for rows, alarms in runs.values():
                line = rows[rows["quantity"] == quantity].set_index("step")["value"]
                ax.plot(line.index, line, color=color, linewidth=1)
                steps.append(alarms[quantity].item())
                if np.isfinite(steps[-1]):
                    ax.plot(steps[-1], line.get(steps[-1], np.nan), "o", color=color, markersize=4)
            ax.set_title(_alarms_in_words(steps), fontsize="small")
            sns.despine(ax=ax)
        column[0].set_title(f"{REGIME_TITLES.get(regime, regime)}\n\n{column[0].get_title()}", fontsize="small")
        column[-1].set_xlabel("step")
    for label, ax in zip(_QUANTITIES.values(), axes[:, 0], strict=True):
        ax.set_ylabel(label)
    for row, quantity in zip(axes, _QUANTITIES, strict=True):
        values = shown.loc[shown["quantity"] == quantity, "value"]
        row[0].set_ylim((-0.04, 1.04) if quantity in ("accuracy", "dead share") else (0, 1.1 * values.max()))
    count = shown["seed"].nunique()
    handles = [
        mpl.lines.Line2D([], [], color=WRONG, label="a training that goes wrong, by seed"),
        mpl.lines.Line2D([], [], color=TRAINED, label="a healthy training"),
        mpl.patches.Patch(color=OTHER, alpha=0.25, label="healthy: the range of others, widened by itself"),
        mpl.lines.Line2D([], [], color=WRONG, marker="o", linestyle="", markersize=4, label="alarm"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle(f"The digit network in training, layer {layer}, {count} seed{'s' if count > 1 else ''}")
    return figure


def _alarms_in_words(steps: Iterable[float]) -> str:
    if not any(np.isfinite(step) for step in steps):
        return "no alarm"
    return "alarm at step " + ", ".join(f"{step:g}" if np.isfinite(step) else "never" for step in steps)
