"""What claims about backbones are judged on: networks, settings, and their layers."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import numpy as np
import pandas as pd

from srop.experiments.backbones.paper import PAPER_BACKBONES
from srop.experiments.backbones.tables import output_size
from srop.ledger.judge import (
    CONVENTION,
    DEAD,
    DOWNLOADS,
    Networks,
    Tables,
    UntestableError,
    claim,
)

PAPER = Networks(PAPER_BACKBONES, "backbones")
"""The paper's networks."""


PROXIES = Networks(("EfficientNet-Lite0", "EfficientNet-Lite1", "EfficientNet-Lite2"), "backbones")
"""The networks that stand in for the paper's trained ones, in rows of their own."""


of_paper = partial(claim, networks=PAPER)
"""Register the judge of a claim about the paper's networks."""


BACKBONES = {"input": ("noise", "images"), "batch_norm": ("batch", "running"), **CONVENTION, **DEAD}
"""Axes of the settings; the first value of each makes the headline, nearest to what the paper seems to have done."""


TRAINED = {"input": ("noise", "images"), **CONVENTION, **DEAD}
"""Axes of claims on trained networks alone, whose batch norm has its own statistics."""


def layers_of(at: Tables) -> pd.DataFrame:
    """Give the layers of backbones, without the curves of the benchmark pool."""
    return at.backbones[at.backbones["curve"] == "layer"]


def per_title(values: Mapping[tuple[str, bool], float]) -> list[float]:
    """Average a network and its anti-aliased like, which are no independent samples."""
    by_title: dict[str, list[float]] = {}
    for (title, _), value in values.items():
        by_title.setdefault(title, []).append(value)
    return [float(np.nanmean(of)) if not np.isnan(of).all() else np.nan for of in by_title.values()]


def layers_of_kind(at: Tables, kind: str) -> pd.DataFrame:
    """Give the layers of random or of trained networks, averaged over seeds."""
    layers = layers_of(at)
    rows = layers[(layers["weights"] == "random") == (kind == "random")]
    if rows.empty:
        raise UntestableError(f"no {kind} network of these is here{DOWNLOADS if kind == 'trained' else ''}")
    keys = ["title", "antialiased", "layer", "depth", "size", "reference", "downscales"]
    means = rows.groupby(keys)[["mean", "lower_quartile", "upper_quartile", "std"]].mean().reset_index()
    return means.sort_values(["title", "antialiased", "depth"], ignore_index=True)


def pairs(at: Tables) -> dict[tuple[str, bool], pd.DataFrame]:
    """Give trained networks beside their random counterparts: ``mean``, ``std`` and ``mean_random``, ``std_random``."""
    keys = ["title", "antialiased", "layer", "depth", "size", "reference"]
    both = layers_of_kind(at, "trained").merge(layers_of_kind(at, "random"), on=keys, suffixes=("", "_random"))
    return dict(iter(both.groupby(["title", "antialiased"])))


def per_seed(at: Tables, title: str) -> dict[int, pd.DataFrame]:
    """Give a plain random network's layers by seed."""
    layers = layers_of(at)
    rows = layers[(layers["title"] == title) & (layers["weights"] == "random") & ~layers["antialiased"]]
    if rows.empty:
        raise UntestableError(f"{title} is not among the backbones")
    return {seed: network.sort_values("depth") for seed, network in rows.groupby("seed")}


def all_networks(at: Tables) -> dict[tuple[str, bool], pd.DataFrame]:
    found = {"random": layers_of_kind(at, "random")}
    with suppress(UntestableError):
        found["trained"] = layers_of_kind(at, "trained")
    return {
        (f"{title}, {kind}", antialiased): of
        for kind, layers in found.items()
        for (title, antialiased), of in layers.groupby(["title", "antialiased"])
    }


def minima(network: pd.DataFrame) -> pd.Series:
    """Give the least layer mean in each row of Table 2, which an input of another size has as well."""
    rows = output_size(network["size"], network["reference"]) * 224 // network["reference"]
    return network.groupby(rows)["mean"].min()


RESNETS = Networks(("ResNet18", "ResNet34"), "backbones")
