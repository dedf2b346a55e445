"""When a training that goes wrong says so."""

from itertools import product

import numpy as np
import pandas as pd

from srop.experiments.training_dynamics.regimes import HEALTHY

PATIENCE = 3
"""So many measurements in a row lie outside what is healthy before a quantity counts as having told."""

WATCHED = ("accuracy", "loss")
"""What is watched anyway."""


def healthy_range(healthy: pd.DataFrame) -> pd.DataFrame:
    """Give what healthy trainings do: at each step their range, widened by itself on either side.

    Args:
        healthy: Rows of :func:`srop.experiments.training_dynamics.measure.watched_training` with a column ``seed``.

    Returns:
        A row per ``quantity``, ``layer`` and ``step`` with ``low`` and ``high``, NaN where no seed has a number.
    """
    groups = healthy.groupby(["quantity", "layer", "step"])["value"]
    least, most = groups.min(), groups.max()
    return pd.DataFrame({"low": 2 * least - most, "high": 2 * most - least}).reset_index()


def told_at(training: pd.DataFrame, band: pd.DataFrame) -> pd.Series:
    """Find the step at which each quantity tells that a training is not healthy.

    It is the first of :data:`PATIENCE` measurements in a row outside the band, or of all that are left. Without a
    number where the healthy have one, it is outside.

    Args:
        training: Rows of one training.
        band: What :func:`healthy_range` gives.

    Returns:
        Steps by ``quantity`` and ``layer``, NaN where it never tells. A training that ended early tells by the step
        that it has not.
    """
    keys = ["quantity", "layer"]
    rows = band.merge(training, how="left", on=[*keys, "step"]).sort_values("step")
    inside = rows["value"].between(rows["low"], rows["high"]) | rows["low"].isna()
    outside = rows.assign(outside=~inside).groupby(keys)
    return outside[["step", "outside"]].apply(_first_of_many)


def _first_of_many(rows: pd.DataFrame) -> float:
    outside = rows["outside"].to_numpy()
    for place in range(len(outside)):
        if outside[place : place + PATIENCE].all():
            return float(rows["step"].iloc[place])
    return np.nan


def compared(trainings: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part trainings into those that are compared, and what is healthy.

    Args:
        trainings: Rows of :func:`srop.experiments.training_dynamics.measure.watched_training`, with the columns
            ``regime`` and ``seed``.

    Returns:
        The trainings whose seed every regime has, and what :func:`healthy_range` gives of the other healthy ones.
    """
    of_all = trainings.groupby("seed")["regime"].transform("nunique") == trainings["regime"].nunique()
    return trainings[of_all], healthy_range(trainings[~of_all & (trainings["regime"] == HEALTHY)])


def told_table(trainings: pd.DataFrame) -> pd.DataFrame:
    """Compare what tells first, SROPs or what is watched anyway.

    Args:
        trainings: As for :func:`compared`.

    Returns:
        A row per ``regime``, compared ``seed``, ``layer``, ``signal`` and quantity ``watched`` beside it, with the
        steps at which they tell (``signal_step``, ``watched_step``, NaN where never) and ``lead``: by how many
        steps the signal is earlier, where never counts as the first measurement after the last; NaN where neither
        tells. What tells of a healthy training is a false alarm.
    """
    shown, band = compared(trainings)
    steps = np.unique(trainings["step"])
    never = steps[-1] + np.diff(steps).min()
    rows = []
    for (regime, seed), training in shown.groupby(["regime", "seed"], sort=False):
        found = told_at(training, band)
        late = found.fillna(never)
        for watched, (signal, layer) in product(WATCHED, found.index.difference([(name, "") for name in WATCHED])):
            pair = found[signal, layer], found[watched, ""]
            lead = late[watched, ""] - late[signal, layer] if np.isfinite(pair).any() else np.nan
            rows.append((regime, seed, layer, signal, watched, *pair, lead))
    columns = ["regime", "seed", "layer", "signal", "watched", "signal_step", "watched_step", "lead"]
    return pd.DataFrame(rows, columns=columns)
