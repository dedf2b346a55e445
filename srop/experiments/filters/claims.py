"""The claims of Jia et al. 2019 (arXiv 1911.12044, abstract) about first-layer filters."""

from functools import partial

import numpy as np
import pandas as pd

from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import Networks, claim
from srop.ledger.statistics import rank_correlation
from srop.ledger.verdicts import Finding, margin, number

_claim = partial(claim, source="Jia et al. 2019", section="abstract", networks=Networks((), "filters"))


@_claim(
    "J1",
    text="The proportion of low filters has a great impact on the robustness to common corruptions",
    short="Low filters decide robustness to corruptions",
    over={"accuracy_on": ("corrupted", "clean")},
    measure="accuracy at the largest proportion less that at the smallest, or the other way round",
    shown_in="filters",
    paper="a great impact",
    seen=True,
)
def proportion_matters(at: Tables) -> Finding:
    """Compare the ends in each seed, in the direction of their mean: five points are a great impact.

    The difference must also exceed the range over seeds at one proportion. The setting of clean images shows whether
    the impact is one on robustness at all. The abstract does not say in which direction the impact goes, nor that the
    filters' number of free parameters changes with the proportion, as it does here. J1-projection asks what holding
    the proportion costs by itself.
    """
    table = _held(at).pivot(index="seed", columns="proportion", values=at.setting["accuracy_on"])
    ends = table.iloc[:, -1] - table.iloc[:, 0]
    seed_range = table.apply(margin).median()
    note = f"{'more' if ends.mean() > 0 else 'fewer'} low filters are better; seeds at one proportion range over "
    ends *= np.sign(ends.mean())
    return Finding(ends.to_dict(), above=max(0.05, seed_range), direction=(0, np.inf), note=note + number(seed_range))


@_claim(
    "J1-projection",
    text="To hold the proportion costs accuracy by itself",
    over={"accuracy_on": ("corrupted", "clean")},
    measure="accuracy of a free network, less that of held ones at its share of low filters",
    shown_in="filters",
    paper="not asked",
    kind="control",
    seen=True,
)
def holding_costs(at: Tables) -> Finding:
    """Compare a free network with the held ones of the same seed, interpolated at its own share of low filters.

    Without a cost the two are alike. Two points are a cost, as in J2-clean. The ends of J1 differ by as much as the
    cost where it depends on the proportion, and its impact is no proof of what low filters do then.
    """
    table, column = at.filters, at.setting["accuracy_on"]
    free = table[(table["group"] == "modulated") & (table["arm"] == "plain")].set_index("seed")
    held = _held(at).sort_values("proportion")
    if "low_10" not in table or free.empty:
        raise UntestableError("no free network is here, or its share of low filters is unknown")
    costs = {
        seed: free.loc[seed, column] - np.interp(free.loc[seed, "low_10"], own["proportion"], own[column])
        for seed, own in held.groupby("seed")
        if seed in free.index
    }
    note = f"its own share: {' '.join(number(share) for share in free['low_10'])}"
    return Finding(costs, above=0.02, direction=(0, np.inf), note=note)


@_claim(
    "J2",
    text="Learnable modulation with perturbed power spectra makes networks more robust",
    short="Modulation with perturbed spectra makes networks robust",
    over={"compared_with": ("plain", "gates", "perturbed")},
    measure="accuracy on corrupted images with both, less that of plain networks",
    shown_in="filters",
    paper="+10.97 points",
    seen=True,
)
def modulation_helps(at: Tables) -> Finding:
    """Compare networks of a seed; half of the paper's gain counts as its size. Either part alone is a setting.

    Corruptions must take more than that from plain networks: nothing can be gained back that was not lost.
    """
    gains = _gain(at, "corrupted", at.setting["compared_with"])
    plain = at.filters[at.filters["arm"] == "plain"]
    lost = (plain["clean"] - plain["corrupted"]).mean()
    undecided = f"corruptions take only {number(lost)} from plain networks, so they must be stronger"
    return Finding(gains, above=_GAIN, direction=(0, np.inf), undecided=undecided if lost < _GAIN else "")


_GAIN = 0.055
"""Half of the paper's gain."""


@_claim(
    "J2-clean",
    text="Learnable modulation with perturbed power spectra costs little accuracy on clean images",
    short="Modulation costs little accuracy on clean images",
    over={},
    measure="accuracy on clean images of plain networks, less that with both",
    shown_in="filters",
    paper="negligible",
)
def clean_is_kept(at: Tables) -> Finding:
    """Call two points little."""
    return Finding({seed: -gain for seed, gain in _gain(at, "clean", "plain").items()}, below=0.02)


@_claim(
    "J3",
    text="The proportion of low filters shows in the SROPs of the first layer",
    over={"layer_is": ("first", "last")},
    measure="rank correlation of the proportion and the mean SROP",
    shown_in="filters",
    paper="not asked",
    kind="control",
)
def proportion_and_srop(at: Tables) -> Finding:
    """Correlate over the proportions of a seed: more low filters, lower SROPs; -.5 is a visible fall."""
    return Finding(
        _correlations(at, "proportion", f"srop_{at.setting['layer_is']}"), below=-0.5, direction=(-np.inf, 0)
    )


@_claim(
    "J3-robust",
    text="Networks of lower SROPs are more robust",
    over={"layer_is": ("first", "last")},
    measure="rank correlation of the mean SROP and the accuracy on corrupted images",
    shown_in="filters",
    paper="not asked",
    kind="control",
)
def srop_and_robustness(at: Tables) -> Finding:
    """Correlate over the proportions of a seed."""
    return Finding(_correlations(at, f"srop_{at.setting['layer_is']}", "corrupted"), below=-0.5, direction=(-np.inf, 0))


def _held(at: Tables) -> pd.DataFrame:
    rows = at.filters[at.filters["group"] == "held"]
    if rows["proportion"].nunique() < 3:
        raise UntestableError("fewer than three proportions were held")
    return rows


def _correlations(at: Tables, one: str, other: str) -> dict[int, float]:
    return {seed: rank_correlation(networks[one], networks[other]) for seed, networks in _held(at).groupby("seed")}


def _gain(at: Tables, column: str, reference: str) -> dict[int, float]:
    table = at.filters.pivot(index="seed", columns="arm", values=column)
    if not {"both", reference} <= {*table}:
        raise UntestableError("there are no such networks")
    return (table["both"] - table[reference]).to_dict()
