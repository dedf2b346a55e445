"""Summaries of tables that several experiments share."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit


def rows_where(table: pd.DataFrame, **cells: object) -> pd.DataFrame:
    """Select the rows whose named columns have these values.

    Example:
        >>> rows_where(pd.DataFrame({"dead": ["one", "omit"], "w": [0, 1]}), dead="omit")["w"].tolist()
        [1]
    """
    return table[(table[list(cells)] == pd.Series(cells)).all(axis=1)]


def mean_over_seeds(table: pd.DataFrame, by: list[str], values: list[str]) -> pd.DataFrame:
    r"""Average over seeds, with Student's 95 % interval :math:`\bar x \pm t_{n-1} s / \sqrt n`.

    Args:
        table: A row per seed and key.
        by: The keys.
        values: Columns to average.

    Returns:
        A row per key and column: the keys, ``quantity`` (the column), ``mean``, ``low``, ``high``, ``seeds`` (how many
        have a value). The interval is NaN for fewer than two seeds, and may exceed the quantity's range.
    """
    long = table.melt(id_vars=by, value_vars=values, var_name="quantity")
    groups = long.groupby([*by, "quantity"], sort=False)["value"]
    summary = groups.agg(mean="mean", std="std", seeds="count").reset_index()
    quantile = stdtrit(summary["seeds"].clip(lower=2) - 1, 0.975)
    half_width = quantile * summary.pop("std") / summary["seeds"] ** 0.5
    seeds = summary.pop("seeds")
    return summary.assign(low=summary["mean"] - half_width, high=summary["mean"] + half_width, seeds=seeds)


def with_kind(table: pd.DataFrame, batch_norm: str) -> pd.DataFrame:
    """Select trained networks, and random ones in a batch-norm mode, and name which they are in ``kind``."""
    rows = table[table["batch_norm"].isin([batch_norm, "none", "trained"])]
    return rows.assign(kind=np.where(rows["weights"] == "random", "random", "trained"))
