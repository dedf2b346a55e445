"""The robustness of each network in one row."""

import pandas as pd

KEYS = ["group", "arm", "proportion", "seed"]
"""Columns that name a network. The proportion is NaN for a network whose proportion is free."""


def networks_table(robustness: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Join the networks' accuracies with their filters and SROPs.

    Args:
        robustness: Rows of :func:`srop.experiments.filters.measure.robustness_table` with :data:`KEYS`.
        networks: Rows of :func:`srop.experiments.filters.measure.network_row` with :data:`KEYS`.

    Returns:
        The networks with ``clean``, their accuracy on clean images, and ``corrupted``, its mean over corruptions
        and severities.
    """
    whole = robustness["corruption"] == "none"
    clean = robustness[whole].groupby(["arm", "seed"])["accuracy"].first().rename("clean")
    corrupted = robustness[~whole].groupby(["arm", "seed"])["accuracy"].mean().rename("corrupted")
    return networks.join(clean, on=["arm", "seed"]).join(corrupted, on=["arm", "seed"])
