"""The steps at which quantities show that a training goes wrong."""

from itertools import product

import numpy as np
import pandas as pd

from srop.experiments.training_dynamics.regimes import HEALTHY

PATIENCE = 3
"""A quantity raises an alarm after this many measurements in a row outside the healthy range."""

WATCHED = ("accuracy", "loss")
"""The quantities that are watched in any training."""


def healthy_range(healthy: pd.DataFrame) -> pd.DataFrame:
    """Compute the range of healthy trainings at each step, widened by its own width on either side.

    Args:
        healthy: Rows of :func:`srop.experiments.training_dynamics.measure.watched_training` with a column ``seed``.

    Returns:
        A row per ``quantity``, ``layer`` and ``step`` with ``low`` and ``high``; NaN if no seed has a number.
    """
    groups = healthy.groupby(["quantity", "layer", "step"])["value"]
    least, most = groups.min(), groups.max()
    return pd.DataFrame({"low": 2 * least - most, "high": 2 * most - least}).reset_index()


def alarm_steps(training: pd.DataFrame, limits: pd.DataFrame) -> pd.Series:
    """Find the step at which each quantity raises an alarm, because the training is not healthy.

    The step is the first of :data:`PATIENCE` measurements in a row outside the healthy range, or of all measurements
    that are left. A missing value is outside if the healthy trainings have a value there.

    Args:
        training: Rows of one training.
        limits: The table of :func:`healthy_range`.

    Returns:
        Steps by ``quantity`` and ``layer``; NaN if there is no alarm. A training that ended early raises an alarm at
        its first missing step.
    """
    keys = ["quantity", "layer"]
    rows = limits.merge(training, how="left", on=[*keys, "step"]).sort_values("step")
    inside = rows["value"].between(rows["low"], rows["high"]) | rows["low"].isna()
    outside = rows.assign(outside=~inside).groupby(keys)
    return outside[["step", "outside"]].apply(_first_alarm)


def _first_alarm(rows: pd.DataFrame) -> float:
    outside = rows["outside"].to_numpy()
    for place in range(len(outside)):
        if outside[place : place + PATIENCE].all():
            return float(rows["step"].iloc[place])
    return np.nan


def compared_trainings(trainings: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Select the trainings to compare, and compute the healthy range from the others.

    Args:
        trainings: Rows of :func:`srop.experiments.training_dynamics.measure.watched_training`, with the columns
            ``regime`` and ``seed``.

    Returns:
        The trainings whose seed every regime has, and the :func:`healthy_range` of the other healthy trainings.
    """
    in_every_regime = trainings.groupby("seed")["regime"].transform("nunique") == trainings["regime"].nunique()
    return trainings[in_every_regime], healthy_range(trainings[~in_every_regime & (trainings["regime"] == HEALTHY)])


def alarm_table(trainings: pd.DataFrame) -> pd.DataFrame:
    """Compare the alarms of SROPs with those of the quantities that are watched in any training.

    Args:
        trainings: As for :func:`compared_trainings`.

    Returns:
        A row per ``regime``, compared ``seed``, ``layer``, ``signal`` and quantity ``watched``, with the steps of
        their alarms (``signal_step``, ``watched_step``; NaN without an alarm) and ``lead``: by how many steps the
        signal's alarm is earlier. No alarm counts as one at the first measurement after the last; ``lead`` is NaN if
        both have none. An alarm in a healthy training is a false one.
    """
    selected, limits = compared_trainings(trainings)
    steps = np.unique(trainings["step"])
    never = steps[-1] + np.diff(steps).min()
    rows = []
    for (regime, seed), training in selected.groupby(["regime", "seed"], sort=False):
        alarms = alarm_steps(training, limits)
        steps_or_never = alarms.fillna(never)
        for watched, (signal, layer) in product(WATCHED, alarms.index.difference([(name, "") for name in WATCHED])):
            pair = alarms[signal, layer], alarms[watched, ""]
            lead = steps_or_never[watched, ""] - steps_or_never[signal, layer] if np.isfinite(pair).any() else np.nan
            rows.append((regime, seed, layer, signal, watched, *pair, lead))
    columns = ["regime", "seed", "layer", "signal", "watched", "signal_step", "watched_step", "lead"]
    return pd.DataFrame(rows, columns=columns)
