"""The paper's claims about the digit experiments: Sec. 5.1."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from srop.ledger.density_modes import BANDWIDTHS, Modes, modes
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import CONVENTION, Networks, claim, not_measured
from srop.ledger.statistics import rank_correlation
from srop.ledger.verdicts import Finding, margin, number
from srop.rolloff import rolloff_grid
from srop.white_noise import white_noise_srop

DIGIT_NETWORK = Networks(("digit network",), "digits")
"""The digit network; a preset may shorten its trainings."""


OPTIMIZER = {"optimizer": ("adam", "adadelta")}
"""The optimizers of the trainings, each at its usual rate: Adam at the paper's, .001; Adadelta at 1.

The paper names a rate and no optimizer. The example that it cites uses Adadelta at 1. At .001, Adam alone learns the
digits. So the first value is Adam, and the second shows what depends on this choice.
"""


DIGITS = {**OPTIMIZER, "layer": ("relu2", "conv2", "pool"), **CONVENTION, "dead": ("one", "omit")}
"""Axes of the settings. The paper names the last convolution; its SROPs of 1 come from dead maps alone."""


DENSITIES = DIGITS | {"bandwidth": tuple(BANDWIDTHS)}
"""Axes for claims about densities. The paper names no bandwidth; plotting libraries take Scott's."""


_CHANNELS = 64
"""The maps of the digit network's last convolution."""


def _networks(at: Tables, case: str) -> pd.DataFrame:
    """Select a case's networks with those at w = 0, which both cases share.

    A seed without a network of the case, and a w that some seed lacks, are left out.
    """
    rows = at.digits[at.digits["case"].isin([case, "none"])]
    seeds = rows.loc[rows["case"] == case, "seed"].unique()
    rows = rows[rows["seed"].isin(seeds)]
    return rows[rows.groupby("w")["seed"].transform("nunique") == len(seeds)]


def _frog(at: Tables, case: str) -> pd.DataFrame:
    """Select the frog's SROP: a row per seed, a column per w."""
    rows = _networks(at, case)
    if case not in set(rows["case"]):
        raise UntestableError(f"{_TITLES[case]} was not trained")
    return rows.pivot(index="seed", columns="w", values="frog_srop")


def _accuracy(at: Tables, case: str) -> pd.DataFrame:
    rows = _networks(at, case).drop_duplicates(["w", "seed"])
    return rows.pivot(index="seed", columns="w", values="accuracy")


def _between(w: float) -> bool:
    """Say whether w is one of the paper's, which are tenths, between 0 and 1."""
    return 0 < w < 1 and abs(10 * w - round(10 * w)) < 1e-6


def _samples(at: Tables, case: str) -> dict[int, dict[float, pd.DataFrame]]:
    """Select the test images that have an SROP, by seed and w."""
    rows = at.srops[(at.srops["case"] == case) & (at.srops["image"] >= 0) & at.srops["srop"].notna()]
    if rows.empty:
        raise UntestableError(f"{_TITLES[case]} was not trained, or has no live map")
    return {seed: dict(iter(images.groupby("w"))) for seed, images in rows.groupby("seed")}


def _seeds(at: Tables, case: str, condition: Callable[[float], bool]) -> list[int]:
    """List the seeds that were trained at a w that meets the condition, whether or not they have live maps."""
    rows = at.srops[at.srops["case"] == case]
    return sorted(rows.loc[rows["w"].map(condition).astype(bool), "seed"].unique())


def _modes(at: Tables, sample: pd.DataFrame, bandwidth: str = "") -> Modes:
    factor = BANDWIDTHS[bandwidth or at.setting["bandwidth"]]
    return _cached_modes(sample["srop"].to_numpy(np.float64).tobytes(), factor, _lattice_step(at, sample))


def _lattice_step(at: Tables, sample: pd.DataFrame) -> float:
    r"""Compute the step between possible means of SROPs.

    An SROP is a ring over m, so their mean over c maps is a whole number over :math:`m c`: a step of 1/960 for 64 maps
    of 24 x 24, and of 1/384 after the pool. Where dead maps are left out, c is the median number of the live ones.
    """
    unit = rolloff_grid(int(sample["size"].iloc[0]), convention=at.setting["convention"])[1]
    live = 1 - sample["dead_share"].median() if at.setting["dead"] == "omit" and "dead_share" in sample else 1
    return 1 / (unit * max(1, round(_CHANNELS * live)))


@cache
def _cached_modes(sample: bytes, bandwidth: float, step: float) -> Modes:
    return modes(np.frombuffer(sample), bandwidth, step=step)


def _noise_level(at: Tables) -> float:
    """Compute the SROP of white noise at the size of the layer's maps, under the setting's convention."""
    if at.srops.empty:
        raise UntestableError("no test image was measured")
    return white_noise_srop(int(at.srops["size"].iloc[0]), convention=at.setting["convention"])


def _levels(at: Tables) -> pd.Series:
    """Select the test images' mean SROP at w = 0, by seed."""
    plain = at.digits[at.digits["case"] == "none"]
    if plain.empty:
        raise UntestableError("w = 0 was not trained")
    return plain.set_index("seed")["test_srop"]


_TITLES = {"none": "w = 0", "case1": "CASE I", "case2": "CASE II"}


def _in_words(peaks: Mapping[int, Modes]) -> str:
    return "; ".join(
        ", ".join(f"{count} at {number(place)}" for place, count in zip(one.places, one.counts, strict=True))
        for one in peaks.values()
    )


@claim(
    "1",
    "5.1",
    "At w = 0 the test images' SROPs have three peaks",
    short="Three SROP peaks at w = 0",
    over=DENSITIES,
    measure="number of peaks that hold 2 % of the images",
    shown_in="figure2",
    paper="3",
    networks=DIGIT_NETWORK,
    seen=True,
)
def three_peaks(at: Tables) -> Finding:
    """Count the peaks of the density at w = 0 in each network. The sign is that there is more than one peak."""
    samples = {seed: by_w[0] for seed, by_w in _samples(at, "none").items()}
    peaks = {seed: _modes(at, sample) for seed, sample in samples.items()}
    counts = {seed: len(modes.places) for seed, modes in peaks.items()}
    note = f"images by seed: {_in_words(peaks)}"
    for name in BANDWIDTHS:
        if name != at.setting["bandwidth"]:
            others = [len(_modes(at, sample, name).places) for sample in samples.values()]
            note += f"; peaks at {name}: {' '.join(map(str, others))}"
    return Finding(counts, above=2.5, below=3.5, direction=(1.5, np.inf), note=note)


def _upper_limit_of_low(at: Tables, seed: int, levels: pd.Series) -> float:
    """Compute the limit below which an SROP is low: the middle between the images at w = 0 and white noise."""
    return (levels.get(seed, np.nan) + _noise_level(at)) / 2


@claim(
    "2a",
    "5.1",
    "CASE I: two low-SROP peaks at w = 1",
    short="CASE I at w = 1: two peaks",
    over=DENSITIES,
    measure="number of peaks that hold 2 % of the images",
    shown_in="figure2",
    paper="2",
    networks=DIGIT_NETWORK,
    seen=True,
)
def two_low_peaks(at: Tables) -> Finding:
    """Count the peaks at w = 1. All must be low: nearer to the images at w = 0 than to white noise.

    The sign is that there is more than one peak.
    """
    levels = _levels(at)
    peaks = {seed: _modes(at, by_w[1]) for seed, by_w in _samples(at, "case1").items() if 1 in by_w}
    seeds = _seeds(at, "case1", lambda w: w == 1)
    return Finding(
        {seed: len(peaks[seed].places) if seed in peaks else np.nan for seed in seeds},
        above=1.5,
        below=2.5,
        direction=(1.5, np.inf),
        also={seed: _upper_limit_of_low(at, seed, levels) - modes.places[-1] for seed, modes in peaks.items()},
        further="all low",
        note=f"images by seed: {_in_words(peaks)}; those of the '1's are one and the same, the frog",
    )


@claim(
    "2b",
    "5.1",
    "CASE I: two or three low-SROP peaks for w between 0 and 1",
    short="CASE I, w between: two or three peaks",
    over=DENSITIES,
    measure="share of w at which it is so",
    shown_in="figure2",
    paper="1",
    networks=DIGIT_NETWORK,
    seen=True,
    may_differ=True,
)
def two_or_three_low_peaks(at: Tables) -> Finding:
    """Count the peaks at each w between 0 and 1. Every w must have two or three, and all must be low as in claim 2a.

    The sign is that more than half of the w have them.
    """
    levels = _levels(at)
    samples = _samples(at, "case1")
    shares, counts = dict.fromkeys(_seeds(at, "case1", _between), np.nan), set()
    for seed in shares:
        peaks = [_modes(at, sample).places for w, sample in samples.get(seed, {}).items() if _between(w)]
        if peaks:
            limit = _upper_limit_of_low(at, seed, levels)
            shares[seed] = np.mean([len(places) in (2, 3) and places[-1] < limit for places in peaks])
            counts |= {len(places) for places in peaks}
    note = f"peaks: {' or '.join(map(str, sorted(counts)))}"
    return Finding(shares, above=0.99, direction=(0.5, np.inf), note=note)


@claim(
    "3",
    "5.1",
    "CASE II: at w = 1 the SROPs rise to 1",
    short="CASE II, w = 1: SROPs become 1",
    over=DIGITS,
    measure="mean SROP of the test images at w = 1",
    shown_in="figure2",
    paper="1",
    networks=DIGIT_NETWORK,
    seen=True,
)
def rise_to_one(at: Tables) -> Finding:
    """Average over the test images at w = 1. The mean must lie nearer to 1 than to white noise.

    The sign is a rise from w = 0 by more than the range of the seeds there.
    """
    rows = at.digits[(at.digits["case"] == "case2") & (at.digits["w"] == 1)]
    if rows.empty:
        raise UntestableError("w = 1 was not trained in CASE II")
    levels, noise = _levels(at), _noise_level(at)
    risen = levels.max() + margin(levels)
    values = rows.set_index("seed")["test_srop"].to_dict()
    note = "; ".join(filter(None, [f"white noise: {number(noise)}", _dead_count(at, rows)]))
    return Finding(values, above=(1 + noise) / 2, direction=(risen, np.inf), note=note)


def _dead_count(at: Tables, rows: pd.DataFrame) -> str:
    """Say what share of the frog's maps is dead, where they count as 1 and so make the SROP."""
    shares = rows.set_index("seed").get("frog_dead_share")
    if at.setting["dead"] != "one" or shares is None or not shares.any():
        return ""
    return f"dead maps count as 1; their share at w = {number(rows['w'].max())}: {' '.join(map(number, shares))}"


@claim(
    "4",
    "5.1",
    "CASE II: the frog's mean SROP increases monotonically for w above .5",
    short="The frog's SROP rises above w = .5",
    over={**DIGITS, "from": ("above .5", ".5")},
    measure="SROP at w = 1 less that at the first w above .5",
    shown_in="figure3",
    paper="> 0, monotone",
    networks=DIGIT_NETWORK,
    seen=True,
    may_differ=True,
)
def frog_rises(at: Tables) -> Finding:
    """Compute the rise over all w above .5 in each seed. Every step must go up; the sign is that the whole rise does.

    A fall up to the last w with a live map contradicts the claim, whatever comes after it. The words 'when w > 0.5' may
    count the step from .5 to the next w, or not; both are settings.
    """
    first = 0.5 if at.setting.get("from") == ".5" else 0.5 + 1e-6
    srop = _frog(at, "case2").loc[:, lambda table: table.columns >= first]
    if srop.shape[1] < 2:
        raise UntestableError("no two w above .5 were trained in CASE II")
    rises, steps = {}, {}
    for seed, curve in srop.iterrows():
        live = curve.dropna()
        rise = live.iloc[-1] - live.iloc[0] if len(live) > 1 else np.nan
        rises[seed] = rise if len(live) == len(curve) or rise <= 0 else np.nan
        steps[seed] = live.diff().min() if len(live) > 1 else np.nan
    dead = int(srop.isna().any(axis=1).sum())
    note = f"smallest step: {' '.join(number(step) for step in steps.values())}"
    note += f"; {dead} of {len(srop)} without a live map at some w" if dead else ""
    case2 = at.digits[at.digits["case"] == "case2"]
    note = "; ".join(filter(None, [note, _dead_count(at, case2[case2["w"] == case2["w"].max()])]))
    limits = {"above": 0, "direction": (0, np.inf), "also": steps, "further": "each step up"}
    return Finding(rises, **limits, missing="live map at each w", note=note)


@claim(
    "4-low",
    "5.1",
    "CASE I: the frog's mean SROP stays low, on average over w",
    short="CASE I: the frog's SROP stays low",
    over=DIGITS,
    measure="mean over w less that at w = 0",
    shown_in="figure3",
    paper="low, stable",
    networks=DIGIT_NETWORK,
    seen=True,
)
def frog_stays_low(at: Tables) -> Finding:
    """Compare with the network of the same seed at w = 0, without a frog. Low is within the range of the seeds there.

    The sign is that the SROP rises less than in CASE II. The largest of ten noisy values exceeds a single one by
    chance; their mean does not. Both cases are compared at the same w.
    """
    case1, case2 = _frog(at, "case1"), _frog(at, "case2")
    if 0.0 not in case1:
        raise UntestableError("w = 0 was not trained")
    both = case1.columns.intersection(case2.columns).drop(0.0)
    rises = [srop[both].mean(axis=1) - srop[0.0] for srop in (case1, case2)]
    span = margin(case1[0.0])
    largest = (case1.drop(columns=0.0).sub(case1[0.0], axis=0)).max(axis=1)
    note = f"seeds at w = 0 span {number(span)}; CASE II: {' '.join(map(number, rises[1]))}; the largest rise at a "
    note += f"single w: {' '.join(map(number, largest))}"
    return Finding(rises[0].to_dict(), below=span, direction=(-np.inf, float(rises[1].min())), note=note)


@claim(
    "5",
    "5.1",
    "CASE II: accuracy drops apparently between w = .8 and w = .9",
    short="Accuracy drops between w = .8 and .9",
    over=OPTIMIZER,
    measure="accuracy at w = .8 less that at w = .9",
    shown_in="figure3",
    paper="an apparent drop",
    networks=DIGIT_NETWORK,
    seen=True,
    may_differ=True,
)
def accuracy_drops(at: Tables) -> Finding:
    """Compute the drop in each seed. 'Apparent' is more than .05, which an eye sees on an axis from 0 to 1.

    The sign is a drop by more than the range of the seeds at w = 0.
    """
    accuracy = _accuracy(at, "case2")
    if not {0.0, 0.8, 0.9} <= set(accuracy):
        raise UntestableError("w = 0, .8 and .9 were not all trained")
    drops = (accuracy[0.8] - accuracy[0.9]).to_dict()
    after = f"; from .9 to 1: {' '.join(map(number, accuracy[0.9] - accuracy[1.0]))}" if 1.0 in accuracy else ""
    return Finding(
        drops, above=0.05, direction=(margin(accuracy[0.0]), np.inf), missing="accuracy",
        note="the paper gives 'apparent' no size, and .05 is our reading: what an eye sees on an axis from 0 to 1; "
        f"seeds at w = 0 span {number(margin(accuracy[0.0]))}{after}",
    )  # fmt: skip


@claim(
    "6",
    "6",
    "At w = 0 the peak of the highest SROPs consists of '1's",
    short="'1's make the peak of highest SROPs",
    over=DENSITIES,
    measure="share of '1's among the highest SROPs, as many as there are '1's; and whether a peak holds them",
    shown_in="figure2",
    paper="893 of 1,135 '1's, and tens of others",
    networks=DIGIT_NETWORK,
    seen=True,
    may_differ=True,
)
def peak_of_ones(at: Tables) -> Finding:
    """Take the highest SROPs, as many as there are '1's, and the last peak of the density.

    The claim is about a peak: there must be more than one, and most images of the last must be '1's. The sign needs no
    peak: the highest SROPs hold more '1's than by chance. The note has the peak, how many '1's come before the
    hundredth other digit ('tens of others'), and the area under the ROC curve of the SROP as a classifier of '1's.
    """
    shares, peaks, areas, early, notes, by_chance = {}, {}, [], [], [], 0.0
    for seed, by_w in _samples(at, "none").items():
        ones = (by_w[0]["label"] == 1).to_numpy()
        srops = by_w[0]["srop"].to_numpy()
        if ones.all() or not ones.any():
            shares[seed] = peaks[seed] = np.nan
            continue
        # A stable sort takes equal SROPs in the order of the images.
        sorted_ones = ones[np.argsort(-srops, kind="stable")]
        shares[seed] = sorted_ones[: ones.sum()].mean()
        areas.append(number(roc_auc_score(ones, srops)))
        early.append(str(sorted_ones[np.cumsum(~sorted_ones) <= _TENS].sum()))
        last = srops > _modes(at, by_w[0]).above
        peaks[seed] = -0.5 if last.all() else ones[last].mean() - 0.5
        notes.append("no peak" if last.all() else f"{ones[last].sum()} of {last.sum()}")
        by_chance = max(by_chance, ones.mean())
    note = f"'1's in the last peak, which comes and goes with the training: {', '.join(notes)}; with at most {_TENS} "
    note += f"others: {' '.join(early)}; area under the ROC curve: {' '.join(areas)}"
    limits = {"above": 0.5, "direction": (by_chance, np.inf), "also": peaks, "further": "most of a peak of their own"}
    return Finding(shares, **limits, missing="'1's", note=note)


_TENS = 99
"""The most other digits that are 'tens of others'."""


@claim(
    "20",
    "7",
    "SROP and accuracy vary synchronously with w",
    over=DIGITS,
    measure="correlation of the frog's SROP and accuracy over w, CASE II",
    shown_in="figure3",
    paper="synchronous",
    networks=DIGIT_NETWORK,
    seen=True,
    may_differ=True,
)
def synchronous_over_w(at: Tables) -> Finding:
    """Compute Pearson's correlation over w in each seed. It must be below -.5; the sign is below 0.

    Synchronous means also that half of the SROP's rise and half of the accuracy's fall lie less than .1 apart, the
    paper's step of w. A rank correlation would hide that distance.
    """
    srop, accuracy = _frog(at, "case2"), _accuracy(at, "case2")
    if srop.shape[1] < 3 or 0.0 not in srop:
        raise UntestableError("w = 0 and two others were not trained in CASE II")
    values, apart, halves = {}, {}, []
    for seed in srop.index:
        rising, falling = srop.loc[seed], accuracy.loc[seed]
        varies = rising.notna().all() and rising.nunique() > 1 < falling.nunique()
        values[seed] = np.corrcoef(rising, falling)[0, 1] if varies else np.nan
        rise, fall = half_way(rising), half_way(falling)
        apart[seed] = 0.1 - abs(fall - rise) if not np.isnan(values[seed]) else np.nan
        halves.append(f"{rise:.2f} and {fall:.2f}; rank correlation {number(rank_correlation(rising, falling))}")
    note = (
        f"half of the rise and of the fall at w = {', '.join(halves)}; that both lie less than .1 apart is our reading "
    )
    note += "of 'synchronously', which the paper says of inputs in general"
    limits = {"below": -0.5, "direction": (-np.inf, 0), "also": apart, "further": "halves less than .1 apart"}
    return Finding(values, **limits, missing="live map at every w", note=note)


def half_way(curve: pd.Series) -> float:
    """Interpolate the first w at which a curve is half way from its beginning to its end.

    Args:
        curve: Values, with w as the index, ascending.

    Example:
        >>> float(half_way(pd.Series([1.0, 1.0, 0.0], index=[0.0, 0.5, 1.0])))
        0.75
    """
    half = (curve.iloc[0] + curve.iloc[-1]) / 2
    side = np.sign(curve.to_numpy() - half)
    for (before, after), (a, b) in zip(pairwise(curve.index), pairwise(side), strict=True):
        if a != b:
            return before + (after - before) * (half - curve[before]) / (curve[after] - curve[before])
    return np.nan


@claim(
    "20-epochs",
    "7",
    "SROP and accuracy vary synchronously while a network is trained",
    over=DIGITS,
    measure="rank correlation of the frog's SROP and accuracy over epochs, mean over w, CASE II",
    shown_in="figure3",
    paper="synchronous as a model becomes well-trained",
    networks=DIGIT_NETWORK,
    seen=True,
    may_differ=True,
    kind="inferred",
)
def synchronous_over_epochs(at: Tables) -> Finding:
    """Correlate over epochs in each network of CASE II, and average over each seed's networks.

    The mean must be below -.5; the sign is below 0. The paper compares trained networks with random ones; epochs are
    our reading. Three epochs allow only the values 1, .5, -.5 and -1 for a network.
    """
    keys = ["w", "seed"]
    both = at.frog_epochs.merge(at.epochs, on=["case", *keys, "epoch"])
    case2 = both[both["case"] == "case2"]
    if case2.empty:
        raise UntestableError("CASE II was not trained")
    networks = case2.groupby(keys)[["frog_srop", "test_accuracy"]]
    ranks = networks.apply(lambda network: rank_correlation(network["frog_srop"], network["test_accuracy"]))
    # A constant accuracy, as at w = 1, has no correlation either, but there the network has live maps.
    dead = networks.apply(lambda network: network["frog_srop"].isna().any()).groupby("seed").any()
    values = ranks.groupby("seed").mean().mask(dead).to_dict()
    note = f"{both['epoch'].nunique()} epochs"
    return Finding(values, below=-0.5, direction=(-np.inf, 0), missing="live map at every w and epoch", note=note)


@claim(
    "21",
    "5.1",
    "CASE II: noisy inputs are likely to have additional peaks at high SROPs",
    short="CASE II: noisy inputs add high peaks",
    over=DENSITIES,
    measure="share of w between 0 and 1 with more peaks than at w = 0, one of them higher",
    shown_in="figure2",
    paper="likely",
    networks=DIGIT_NETWORK,
    seen=True,
    may_differ=True,
)
def additional_peaks(at: Tables) -> Finding:
    """Compare the peaks with the peaks at w = 0: there must be more, and the last must be higher.

    'Higher' means by more than the seeds' range at w = 0, and 'likely' means at more than half of the paper's w. A
    single w of nine shows nothing, because nine densities seldom agree. The note says where peaks are added, and how
    many of their images are '1's.
    """
    higher = margin(_levels(at))
    before = {seed: _modes(at, by_w[0]).places for seed, by_w in _samples(at, "none").items()}
    samples, notes = _samples(at, "case2"), []
    shares = dict.fromkeys(_seeds(at, "case2", _between), np.nan)
    for seed in sorted(shares.keys() & before.keys()):
        peaks = {w: _modes(at, sample) for w, sample in samples.get(seed, {}).items() if _between(w)}
        added = {
            w: len(one.places) > len(before[seed]) and one.places[-1] > before[seed][-1] + higher
            for w, one in peaks.items()
        }
        shares[seed] = np.mean(list(added.values())) if added else np.nan
        for w in [w for w, more in added.items() if more]:
            last = samples[seed][w].loc[samples[seed][w]["srop"] > peaks[w].above, "label"]
            notes.append(f"seed {seed}, w = {number(w)}: {(last == 1).sum()} of {len(last)}")
    note = f"'1's in the added peak: {'; '.join(notes)}" if notes else "no peak is added"
    return Finding(shares, above=0.5, note=note)


@claim(
    "23",
    "5.1",
    "SROPs are negatively related to noise intensity",
    over=DIGITS,
    measure="rank correlation of w and the frog's SROP, CASE II",
    shown_in="figure3",
    paper="negative in words, and a rise with w in Figure 3",
    networks=DIGIT_NETWORK,
    seen=True,
    inconsistent="the sentences before it say that the frog's mean SROP increases monotonically with w, and the frog "
    "is the noise of CASE II",
)
def related_to_noise(at: Tables) -> Finding:
    """Correlate over w in each seed. Figure 3 shows a correlation above 0."""
    srop = _frog(at, "case2")
    curves = {seed: curve if curve.notna().all() else curve * np.nan for seed, curve in srop.iterrows()}
    values = {
        seed: rank_correlation(pd.Series(curve.index), curve.reset_index(drop=True)) for seed, curve in curves.items()
    }
    return Finding(values, above=0, missing="live map at every w")


# CASE I networks are tested with the frog in each '1'.
claim(
    "30",
    "4.1",
    "CASE I: models are less likely to learn digit patterns of '1's of a lower proportion (higher w)",
    short="CASE I: rarer '1's are learned less",
    over={},
    measure="none yet: accuracy of CASE I networks on plain '1's, over w",
    paper="less likely",
    networks=DIGIT_NETWORK,
    seen=True,
)(not_measured("it needs CASE I networks that are tested on plain '1's"))


# The penalty of claim 35 lowers SROPs, but it is on the power above a ring, and its networks are small.
claim(
    "31",
    "6",
    "Strategies to decrease SROPs improve the performance of semi-trained models",
    short="Lower SROPs improve semi-trained networks",
    over={},
    measure="none yet: accuracy after a short training with a penalty on SROPs, less that without",
    paper="supposed to improve it",
    networks=DIGIT_NETWORK,
    seen=True,
)(
    not_measured(
        "it needs semi-trained models of the paper's scale; claim 35 has a penalty that lowers SROPs, and what it costs"
    )
)


@claim(
    "36",
    "5.1",
    "CASE I: accuracy stays high for every w",
    short="CASE I: accuracy stays high",
    over=OPTIMIZER,
    measure="smallest accuracy over w, less that at w = 0",
    shown_in="figure3",
    paper="high accuracy",
    networks=DIGIT_NETWORK,
    seen=True,
)
def accuracy_stays(at: Tables) -> Finding:
    """Compare in each seed. High is a loss below .05, the size of an 'apparent' drop in claim 5.

    The sign is a smaller loss than in CASE II.
    """
    case1, case2 = (_accuracy(at, case) for case in ("case1", "case2"))
    if 0.0 not in case1 or case1.shape[1] < 2 or case2.empty:
        raise UntestableError("w = 0 and another were not trained in both cases")
    losses = [(table.min(axis=1) - table[0.0]) for table in (case1, case2)]
    note = f"CASE II: {' '.join(map(number, losses[1]))}"
    return Finding(losses[0].to_dict(), above=-0.05, direction=(float(losses[1].max()), np.inf), note=note)
