"""The paper's claims about the digit experiments: Sec. 5.1."""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd

from srop.ledger.density_modes import Modes, modes
from srop.ledger.judge import CONVENTION, DEAD, Finding, Networks, Tables, UntestableError, claim, rank, within

DIGIT_NETWORK = Networks(("digit network",), "digits")
"""The digit network, whose trainings a preset may have shortened."""


DIGITS = {"layer": ("relu2", "conv2", "pool"), **CONVENTION, **DEAD}


def _frog(at: Tables, case: str) -> pd.DataFrame:
    """Give the frog's SROP, a row per seed and a column per w; w = 0 belongs to both cases."""
    rows = at.digits[at.digits["case"].isin([case, "none"])]
    return rows.pivot(index="seed", columns="w", values="frog_srop")


def _samples(at: Tables, case: str) -> dict[tuple[float, int], pd.DataFrame]:
    """Give the test images that have an SROP, by w and seed."""
    rows = at.srops[(at.srops["case"] == case) & (at.srops["image"] >= 0) & at.srops["srop"].notna()]
    return dict(iter(rows.groupby(["w", "seed"])))


def _modes(samples: Mapping[tuple[float, int], pd.DataFrame]) -> dict[tuple[float, int], Modes]:
    return {key: _modes_of(sample["srop"].to_numpy(np.float64).tobytes()) for key, sample in samples.items()}


@cache
def _modes_of(sample: bytes) -> Modes:
    return modes(np.frombuffer(sample))


def _per_seed_of(values: Mapping[tuple[float, int], float]) -> pd.Series:
    """Average values by w and seed over w."""
    return pd.Series([float(value) for value in values.values()]).groupby([seed for _, seed in values]).mean()


def _at_shared_w(rows: pd.DataFrame) -> pd.DataFrame:
    """Take the w at which every seed was trained: recorded runs may have some of one seed only."""
    seeds = rows.groupby("w")["seed"].nunique()
    return rows[rows["w"].isin(seeds.index[seeds == rows["seed"].nunique()])]


@claim(
    "1",
    "5.1",
    "At w = 0 the test images' SROPs have three peaks",
    over=DIGITS,
    measure="number of modes (Silverman's test, 5 %)",
    shown_in="figure2",
    paper="3",
    networks=DIGIT_NETWORK,
)
def three_peaks(at: Tables) -> Finding:
    """Count modes at w = 0 in each network; it holds if each has three, so the mean must be 3 without spread."""
    found = list(_modes(_samples(at, "none")).values())
    if not found:
        raise UntestableError("w = 0 was not trained")
    low, high = found[0].bandwidths
    note = f"first seed: {found[0].count} modes for bandwidths {low:.4f} to {high:.4f}"
    return Finding([mode.count for mode in found], above=2.5, below=3.5, note=note)


@claim(
    "2",
    "5.1",
    "CASE I: two low-SROP peaks at w = 1, two or three for w between 0 and 1",
    over=DIGITS,
    measure="share of w at which it is so (Silverman's test)",
    shown_in="figure2",
    paper="1",
    networks=DIGIT_NETWORK,
)
def low_peaks(at: Tables) -> Finding:
    """Count modes of CASE I. 'Low' is below .5, the middle of the range; more than 9 of 10 w must have them."""
    found = _modes(_samples(at, "case1"))
    if not found:
        raise UntestableError("CASE I was not trained")
    right = {
        key: mode.count in ((2,) if key[0] == 1 else (2, 3)) and mode.places[-1] < 0.5 for key, mode in found.items()
    }
    return Finding(_per_seed_of(right), above=0.9)


@claim(
    "3",
    "5.1",
    "CASE II: at w = 1 the SROPs rise to 1",
    over=DIGITS,
    measure="mean SROP of the test images at w = 1",
    shown_in="figure2",
    paper="1",
    networks=DIGIT_NETWORK,
)
def rise_to_one(at: Tables) -> Finding:
    """Take the mean over the test images at w = 1. White noise has .88, so above .95 is nearer to 1 than to noise."""
    rows = at.digits[(at.digits["case"] == "case2") & (at.digits["w"] == 1)]
    return Finding(rows["test_srop"], above=0.95)


@claim(
    "4",
    "5.1",
    "CASE II: the frog's mean SROP increases monotonically for w above .5",
    over=DIGITS,
    measure="SROP at the greatest w less that at w = .5",
    shown_in="figure3",
    paper="> 0, monotone",
    networks=DIGIT_NETWORK,
)
def frog_rises(at: Tables) -> Finding:
    """Take the rise from w = .5 on in each seed; beside, each step of w must be one up, by its own interval."""
    srop = _frog(at, "case2").loc[:, lambda table: table.columns >= 0.5].dropna()
    if srop.shape[1] < 2 or 0.5 not in srop:
        raise UntestableError("w = .5 and greater ones were not trained in CASE II")
    if srop.empty:
        raise UntestableError("no seed has an SROP at every w")
    steps = [srop[after] - srop[before] for before, after in pairwise(srop)]
    found = [within(step, 0, np.inf) for step in steps]
    monotone = False if False in found else None if None in found else True
    note = f"steps: {', '.join(f'{step.mean():+.3f}' for step in steps)}"
    return Finding(srop.iloc[:, -1] - srop[0.5], above=0, also=monotone, note=note)


@claim(
    "4-low",
    "5.1",
    "CASE I: the frog's mean SROP stays low for every w",
    over=DIGITS,
    measure="the largest over w",
    shown_in="figure3",
    paper="low, stable",
    networks=DIGIT_NETWORK,
)
def frog_stays_low(at: Tables) -> Finding:
    """Take the largest over w in each seed. 'Low' is below .5, the middle of the range."""
    return Finding(_frog(at, "case1").drop(columns=0.0, errors="ignore").max(axis=1), below=0.5)


@claim(
    "5",
    "5.1",
    "CASE II: accuracy drops between w = .8 and w = .9",
    over={},
    measure="accuracy at w = .8 less that at w = .9",
    shown_in="figure3",
    paper="an apparent drop",
    networks=DIGIT_NETWORK,
)
def accuracy_drops(at: Tables) -> Finding:
    """Take the drop in each seed. 'Apparent' is more than .05, which an eye sees on an axis from 0 to 1."""
    rows = at.digits[at.digits["case"] == "case2"].drop_duplicates(["w", "seed"])
    accuracy = rows.pivot(index="seed", columns="w", values="accuracy")
    if not {0.8, 0.9} <= set(accuracy):
        raise UntestableError("w = .8 and w = .9 were not both trained")
    return Finding(accuracy[0.8] - accuracy[0.9], above=0.05)


@claim(
    "6",
    "6",
    "At w = 0 the peak of the highest SROPs consists of '1's",
    over=DIGITS,
    measure="share of all '1's that lie in it",
    shown_in="figure2",
    paper=".79 (893 of 1,135), and tens of others",
    networks=DIGIT_NETWORK,
)
def peak_of_ones(at: Tables) -> Finding:
    """Cut at the valley before the last mode. It holds if most '1's lie above it and most images there are '1's."""
    recall, precision = [], []
    samples = _samples(at, "none")
    for key, found in _modes(samples).items():
        sample, valleys = samples[key], found.valleys
        peak = sample[sample["srop"] > valleys[-1]] if len(valleys) else sample[:0]
        ones = (peak["label"] == 1).sum()
        recall.append(ones / (sample["label"] == 1).sum())
        precision.append(ones / max(1, len(peak)))
    if not recall:
        raise UntestableError("w = 0 was not trained")
    note = f"share of '1's among the images of the peak: {np.mean(precision):.2f}"
    return Finding(recall, above=0.5, also=np.mean(precision) > 0.5, note=note)


@claim(
    "20",
    "7",
    "SROP and accuracy vary synchronously with w",
    over=DIGITS,
    measure="rank correlation of the frog's SROP and accuracy over w, CASE II",
    shown_in="figure3",
    paper="strongly negative",
    networks=DIGIT_NETWORK,
)
def synchronous_over_w(at: Tables) -> Finding:
    """Correlate over w in each seed. 'Synchronously' asks for more than half of the greatest correlation, below -.5."""
    rows = _at_shared_w(at.digits[at.digits["case"].isin(["case2", "none"])]).dropna(subset="frog_srop")
    return Finding([rank(of["frog_srop"], of["accuracy"]) for _, of in rows.groupby("seed")], below=-0.5)


@claim(
    "20-epochs",
    "7",
    "SROP and accuracy vary synchronously while a network is trained",
    over=DIGITS,
    measure="rank correlation of the frog's SROP and accuracy over epochs, mean over w, CASE II",
    shown_in="figure3",
    paper="strongly negative",
    networks=DIGIT_NETWORK,
)
def synchronous_over_epochs(at: Tables) -> Finding:
    """Correlate over epochs in each network of CASE II, average over a seed's; the threshold is that of claim 20.

    Three epochs give a network no other values than 1, .5, -.5 and -1.
    """
    keys = ["w", "seed"]
    both = at.frog_epochs.merge(at.epochs, on=["case", *keys, "epoch"]).dropna(subset="frog_srop")
    case2 = _at_shared_w(both[both["case"] == "case2"])
    ranks = {key: rank(of["frog_srop"], of["test_accuracy"]) for key, of in case2.groupby(keys)}
    if not ranks:
        raise UntestableError("CASE II was not trained")
    return Finding(_per_seed_of(ranks), below=-0.5, note=f"{both['epoch'].nunique()} epochs")


@claim(
    "21",
    "5.1",
    "CASE II: noisy inputs have additional peaks at high SROPs",
    over=DIGITS,
    measure="share of w from .5 to below 1 with more modes than at w = 0, one of them .1 above",
    shown_in="figure2",
    paper="likely",
    networks=DIGIT_NETWORK,
)
def additional_peaks(at: Tables) -> Finding:
    """Compare modes with those at w = 0: more of them, and one .1 above, which is more than a bandwidth.

    'Likely' is more than half.
    """
    before = {seed: mode for (_, seed), mode in _modes(_samples(at, "none")).items()}
    noisy = {key: sample for key, sample in _samples(at, "case2").items() if 0.5 <= key[0] < 1 and key[1] in before}
    if not noisy:
        raise UntestableError("no w from .5 to below 1 was trained beside w = 0")
    added = {
        key: mode.count > before[key[1]].count and mode.places[-1] > before[key[1]].places[-1] + 0.1
        for key, mode in _modes(noisy).items()
    }
    return Finding(_per_seed_of(added), above=0.5)


@claim(
    "23",
    "5.1",
    "SROPs are negatively related to noise intensity",
    over=DIGITS,
    measure="rank correlation of w and the frog's SROP, CASE II",
    shown_in="figure3",
    paper="negative in words, positive in Figure 3",
    networks=DIGIT_NETWORK,
)
def negative_to_noise(at: Tables) -> Finding:
    """Correlate over w in each seed; below 0 is what the words say."""
    rows = at.digits[at.digits["case"].isin(["case2", "none"])]
    shared = _at_shared_w(rows)["w"].unique()
    curves = [row.dropna() for _, row in _frog(at, "case2")[list(shared)].iterrows()]
    return Finding([rank(pd.Series(curve.index), pd.Series(curve.to_numpy())) for curve in curves], below=0)
