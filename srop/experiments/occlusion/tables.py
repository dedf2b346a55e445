"""Summaries of the scores of single images."""

import numpy as np
import pandas as pd
import torch

from srop.occlusion import positive_shares

NETWORK = ["network", "weights", "seed"]
"""Columns that name a network."""


def shares_table(occluded: pd.DataFrame) -> pd.DataFrame:
    """Summarize occluded frequencies by class and over all images.

    Args:
        occluded: Rows of :func:`srop.experiments.occlusion.measure.occluded_table` with the columns :data:`NETWORK`.

    Returns:
        A row per network, ``reading``, ``label`` (-1 for all) and ``frequency``: ``mean``, the mean occluded frequency,
        and ``share``, its share of the positive scores (:func:`srop.occlusion.positive_shares`).

    Reference:
        Wang et al. 2020 show the means by class.
    """
    keys = [*NETWORK, "reading"]
    rows = []
    for name, group in occluded.groupby(keys, sort=False):
        for label in (-1, *sorted(group["label"].unique())):
            images = group if label < 0 else group[group["label"] == label]
            scores = images.pivot(index="image", columns="frequency", values="occluded")
            shares = positive_shares(torch.tensor(scores.to_numpy()))
            table = pd.DataFrame({"frequency": scores.columns, "mean": scores.mean().to_numpy(), "share": shares})
            rows.append(table.assign(**dict(zip(keys, name, strict=True)), label=label))
    columns = [*keys, "label", "frequency", "mean", "share"]
    return pd.concat(rows, ignore_index=True)[columns]


def radial_table(heat: pd.DataFrame) -> pd.DataFrame:
    """Average heat maps over rings one unit wide, up to half the size.

    Args:
        heat: Rows of :func:`srop.experiments.occlusion.measure.heat_table` with the columns :data:`NETWORK`.

    Returns:
        A row per network and ``radius``: ``error``, ``change``.
    """
    radius = np.hypot(heat["v"], heat["u"]).astype(int)
    half = -heat.groupby("network")["v"].transform("min")
    rows = heat.assign(radius=radius)[radius <= half]
    return rows.groupby([*NETWORK, "radius"])[["error", "change"]].mean().reset_index()


def center(curve: pd.Series) -> float:
    r"""Give the center of a distribution over frequencies, :math:`\sum k p_k / \sum p_k`.

    Example:
        >>> center(pd.Series([1.0, 0.0, 3.0]))
        1.5
    """
    return float((curve.index * curve).sum() / curve.sum())


def low_share(shares: pd.DataFrame) -> pd.Series:
    """Give the share of the positive scores in the lowest quarter of the frequencies, DC included.

    Args:
        shares: Rows of :func:`shares_table`, of one network, reading and label.

    Returns:
        By ``weights`` and ``seed``.
    """
    quarter = (shares["frequency"].max() + 1) / 4
    return shares[shares["frequency"] < quarter].groupby(["weights", "seed"])["share"].sum()


def with_low_share(robustness: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Join the digit networks' accuracies under attack with their :func:`low_share` in the reading ``"printed"``.

    Args:
        robustness: Rows of :func:`srop.networks.pixel_network.accuracy_under_attack` with ``eps`` and
            ``seed``.
        shares: What :func:`shares_table` gives.
    """
    printed = shares[(shares["network"] == "digits") & (shares["reading"] == "printed") & (shares["label"] == -1)]
    weights = robustness["eps"].map("eps{:g}".format)
    return robustness.assign(weights=weights).join(low_share(printed).rename("low_share"), on=["weights", "seed"])
