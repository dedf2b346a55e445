"""Claims about uses of an SROP, inferred from Sec. 6."""

from functools import partial

import numpy as np
import pandas as pd

from srop.experiments.uses.omission import LEVEL
from srop.ledger.evidence import NeedsWeightsError, Tables, UntestableError
from srop.ledger.judge import Networks, claim
from srop.ledger.verdicts import Finding

_claim = partial(claim, section="6", paper="a potential use", networks=Networks((), "uses"), seen=True)
"""What the paper proposes and did not try. Channels were removed, digits left out and a penalty tried once, by hand,
before these statistics were written."""

_WORTH = {"worth_is": ("accuracy", "change")}


@_claim(
    "33",
    text="Channels of low SROP are worth more to a network than channels of high SROP",
    short="Channels of low SROP are worth more",
    kind="inferred",
    over=_WORTH,
    measure="accuracy without the channels of highest SROP, less that without those of lowest, mean over shares",
    shown_in="removal",
    may_differ=True,
)
def low_channels_are_worth_more(at: Tables) -> Finding:
    """Compare in each seed; two points of accuracy, or a fiftieth of the logits' length, are a difference."""
    return _compared(at, "highest", "lowest")


@_claim(
    "33-random",
    text="Channels of high SROP are worth less than random channels",
    kind="inferred",
    over=_WORTH,
    measure="accuracy without the channels of highest SROP, less that without random ones, mean over shares",
    shown_in="removal",
    may_differ=True,
)
def high_channels_are_worth_less(at: Tables) -> Finding:
    """Judge the high channels as claim 33 does: the low channels alone may decide claim 33."""
    return _compared(at, "highest", "random")


@_claim(
    "33-norm",
    text="A channel's SROP predicts its worth better than the norm of its filter",
    kind="control",
    over=_WORTH,
    measure="accuracy without the channels of highest SROP, less that without those of smallest norm, mean over shares",
    shown_in="removal",
    may_differ=True,
)
def better_than_norms(at: Tables) -> Finding:
    """Judge as claim 33 does, and compare with the filters' norm, by which networks are pruned in practice."""
    return _compared(at, "highest", "norm")


_trained_claim = partial(
    _claim,
    kind="inferred",
    over={"compared_with": ("lowest", "random", "norm")},
    measure="change of the logits without the others, less that without the channels of highest SROP, by layer",
    shown_in="removal",
)


@_trained_claim("33-imagenet", text="Channels of low SROP are worth more in networks trained on ImageNet")
def low_channels_of_imagenet(at: Tables) -> Finding:
    """See :func:`_of_trained`."""
    return _of_trained(at, "ImageNet")


@_trained_claim("33-cifar", text="Channels of low SROP are worth more in networks trained on CIFAR-10")
def low_channels_of_cifar(at: Tables) -> Finding:
    """See :func:`_of_trained`."""
    return _of_trained(at, "CIFAR-10")


def _of_trained(at: Tables, data: str) -> Finding:
    """Compare in each layer, a fiftieth of the logits' length; layers are no sample of networks."""
    rows = at.removal[at.removal["data"] == data]
    if rows.empty:
        raise NeedsWeightsError(f"no network trained on {data} has its weights here")
    layers = rows.assign(place=rows["network"].astype(str) + " " + rows["layer"].astype(str))
    values = _compared_values(layers, "change", "highest", at.setting["compared_with"], "place")
    names = ", ".join(rows["network"].astype(str).unique())
    note = f"layers of {names} over 20 images; layers of one network are no sample"
    return Finding(values, above=0.02, direction=(0, np.inf), note=note)


def _compared(at: Tables, one: str, other: str) -> Finding:
    rows = at.removal[at.removal["data"] == "digits"]
    if rows.empty:
        raise UntestableError("no channels of digit networks were removed")
    values = _compared_values(rows, at.setting["worth_is"], one, other, "seed")
    return Finding(values, above=0.02, direction=(0, np.inf))


def _compared_values(rows: pd.DataFrame, score: str, one: str, other: str, by: str) -> dict:
    """Compute how much less one order of removal loses than another, averaged over shares and draws."""
    means = rows.groupby(["order", by], observed=True)[score].mean().unstack("order")
    spared = means[one] - means[other]
    return (-spared if score == "change" else spared).to_dict()


@_claim(
    "34",
    text="The density of SROPs tells that all images of a class are missing from a data set",
    short="A density tells a missing class",
    kind="inferred",
    over={"srops_of": ("relu2", "images")},
    measure="share of random halves in which a Kolmogorov-Smirnov test at 2 % tells the set without '1's",
    shown_in="omission",
)
def a_density_tells_a_missing_class(at: Tables) -> Finding:
    """Ask for four of five, as is usual for the power of a test; more than chance is the sign."""
    return Finding(_detected(at, 0.0), above=0.8, direction=(5 * LEVEL, np.inf))


@_claim(
    "34-complete",
    text="A complete data set is not accused",
    kind="control",
    over={"srops_of": ("relu2", "images")},
    measure="share of random halves, both complete, that the same test tells apart",
    shown_in="omission",
    may_differ=True,
)
def a_complete_set_is_not_accused(at: Tables) -> Finding:
    """Allow three times the level: of 100 halves, more than six come by chance in less than one of 200 cases."""
    return Finding(_detected(at, 1.0), below=3 * LEVEL + 1e-9)


def _detected(at: Tables, kept: float) -> dict[int, float]:
    rows = at.omission[(at.omission["srops_of"] == at.setting["srops_of"]) & (at.omission["kept"] == kept)]
    if rows.empty:
        raise UntestableError(f"no set that keeps {kept:g} of the digit was measured")
    return (rows.set_index("seed")["detections"] / rows.set_index("seed")["repeats"]).to_dict()


@_claim(
    "35",
    text="A network can be trained for a lower SROP at little cost in accuracy",
    short="A lower SROP costs little accuracy",
    kind="inferred",
    over={"weight_is": ("largest", "smallest")},
    measure="accuracy lost by the penalty on fine patterns",
    shown_in="penalty",
    may_differ=True,
)
def a_low_srop_is_cheap(at: Tables) -> Finding:
    """Call two points little, as in J2-clean. The SROP must fall by .05, and live maps must not have died instead."""
    difference = _with_penalty(at)
    also = np.minimum(-difference["srop"] - 0.05, 0.1 - difference["dead_share"])
    further = "the SROP falls by .05 or more, and at most a tenth of the maps dies"
    return Finding((-difference["accuracy"]).to_dict(), below=0.02, also=also.to_dict(), further=further)


@_claim(
    "35-robust",
    text="A network that was trained for a lower SROP is more robust",
    kind="inferred",
    over={"under": ("noise", "pgd"), "weight_is": ("largest", "smallest")},
    measure="accuracy under noise or attack with the penalty, less that without",
    shown_in="penalty",
)
def a_low_srop_is_robust(at: Tables) -> Finding:
    """Call five points a gain, as in J1."""
    return Finding(_with_penalty(at)[at.setting["under"]].to_dict(), above=0.05, direction=(0, np.inf))


def _with_penalty(at: Tables) -> pd.DataFrame:
    """Give the differences that the penalty makes, by seed."""
    table = at.penalty.set_index("seed")
    if table.empty:
        raise UntestableError("no network was trained with a penalty")
    weights = sorted(table["weight"][table["weight"] > 0].unique())
    weight = weights[-1] if at.setting["weight_is"] == "largest" else weights[0]
    return table[table["weight"] == weight] - table[table["weight"] == 0]
