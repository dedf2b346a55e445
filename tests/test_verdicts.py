"""How a verdict follows from values, limits and seeds."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from evidence import RISING, by_id, digits, example_claim, judged, tables
from hypothesis import given
from hypothesis import strategies as st

from srop.ledger.evidence import NeedsWeightsError, Tables, UntestableError
from srop.ledger.judge import judge
from srop.ledger.verdicts import SHIFT, Finding, decide, what_counts

SIGNED = {"above": 0.5, "direction": (0, np.inf)}


@pytest.mark.parametrize(
    ("values", "limits", "expected"),
    [
        ([1.0, 1.1, 0.9], {"above": 0.5}, "reproduced"),
        ([1.0, 1.1, 0.9], {"above": 1.5}, "not reproduced"),
        ([1.0, 1.1, 0.9], {"above": 1.0}, "mixed"),
        ([1.0, 1.1, 0.9], {"above": 0.5, "below": 1.05}, "mixed"),
        ([0.2, 0.3, 0.1], SIGNED, "sign only"),
        ([0.2, 0.3, 0.6], SIGNED, "sign only"),
        # Without the one of another size, it would be reproduced.
        ([0.2, 0.8, 0.6], SIGNED, "mixed"),
        ([-0.2, -0.3, -0.1], SIGNED, "not reproduced"),
        ([0.2, 0.3, -0.1], SIGNED, "mixed"),
        # A tenth of the spread away from the limit.
        ([0.51, 0.9, 0.6], {"above": 0.5}, "mixed"),
        ([0.55, 0.9, 0.6], {"above": 0.5}, "reproduced"),
        ([1.0], {"below": 2}, "cannot tell"),
        ([1.0, 1.1], {"below": 2}, "cannot tell"),
        ([1.0], {"below": 2, "replicates": "exact"}, "reproduced"),
        ([1.0], {"below": 1, "replicates": "exact"}, "not reproduced"),
        ([1.0, 1.1, np.nan], {"above": 0.5}, "cannot tell"),
        ([3, 3, 3], {"above": 2.5, "below": 3.5}, "reproduced"),
    ],
)
def test_replicates_decide(values, limits, expected):
    assert decide(Finding(dict(enumerate(values)), **limits))["verdict"] == expected


def test_a_further_condition_holds_in_every_replicate():
    def outcome(also):
        return decide(Finding({0: 1.0, 1: 1.1, 2: 0.9}, also=dict(enumerate(also)), **SIGNED))["verdict"]

    assert outcome((1, 1, 1)) == "reproduced"
    assert outcome((-1, -1, -1)) == "sign only"
    assert outcome((1, 1, -1)) == "mixed"
    assert outcome((1, 1, 0.05)) == "mixed"  # a tenth of their spread away from 0


def test_resamples_decide_where_19_in_20_agree():
    def outcome(inside):
        values = [1.0] * inside + [0.0] * (200 - inside)
        return decide(Finding({"images": values}, above=0.5, replicates="resamples"))

    assert outcome(190)["verdict"] == "reproduced"
    assert outcome(189)["verdict"] == "cannot tell"
    assert outcome(10)["verdict"] == "not reproduced"
    assert (outcome(200)["values"], outcome(200)["k_of_n"]) == ("1 (1 to 1)", "")


def test_each_sample_must_decide_for_itself():
    """As the pools of a network, whose channels are resampled pool by pool."""
    narrow, wide = [0.5] * 200, [1.5] * 200
    row = decide(Finding({"pool1": narrow, "pool2": narrow, "pool3": wide}, below=1, replicates="resamples"))
    assert (row["verdict"], row["values"], row["k_of_n"]) == ("mixed", ".5 .5 1.5", "2 of 3")
    row = decide(Finding({"pool1": narrow, "pool2": narrow}, below=1, replicates="resamples"))
    assert row["verdict"] == "reproduced"


def test_a_number_without_a_limit_has_no_verdict():
    row = decide(Finding({0: 0.1, 1: 0.2, 2: 0.3}))
    assert (row["verdict"], row["values"], row["k_of_n"], row["limit"]) == ("no verdict", ".1 .2 .3", "", "no limit")


def test_numbers_that_decide_nothing_are_shown():
    row = decide(Finding({0: 0.1, 1: 0.2, 2: 0.3}, above=0, undecided="too short", note="under .1"))
    assert (row["verdict"], row["values"], row["note"]) == ("cannot tell", ".1 .2 .3", "too short; under .1")


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"above": 0.5}, "above .5"),
        ({"below": 1, "further": "each step up"}, "below 1, each step up"),
        ({"above": 0.35, "below": 0.65, "direction": (-np.inf, 1)}, "between .35 and .65; sign: below 1"),
        ({"above": 2.5, "below": 3.5, "direction": (1.5, np.inf)}, "between 2.5 and 3.5; sign: above 1.5"),
        ({}, "no limit"),
    ],
)
def test_a_limit_in_words(limits, words):
    assert what_counts(Finding({}, **limits)) == words


def test_named_networks_are_counted_and_their_seeds_must_agree():
    networks = {"A": [1.0, 1.1, 0.9], "B": [1.0, 1.1, 0.2], "C": [1.0]}
    row = decide(Finding(networks, above=0.5, replicates="networks"))
    assert (row["verdict"], row["k_of_n"], row["replicates"]) == ("mixed", "2 of 3", 3)
    alone = decide(Finding({"A": [1.0], "B": [1.1], "C": [0.9]}, above=0.5, replicates="networks"))
    assert alone["verdict"] == "cannot tell"
    # The one seed of C takes the spread of the others.
    alone = decide(Finding({"A": [1.0, 1.5, 0.6], "C": [0.55]}, above=0.5, replicates="networks"))
    assert (alone["k_of_n"], alone["verdict"]) == ("2 of 2", "mixed")


def test_replicates_are_shown_as_values_up_to_five():
    few = decide(Finding({0: 0.154, 1: 0.574, 2: 0.167}, above=0.05))
    assert (few["values"], few["k_of_n"]) == (".154 .574 .167", "3 of 3")
    many = decide(Finding({seed: 0.1 * (seed + 1) for seed in range(6)}, above=0.05))
    assert many["values"] == ".1 to .6"
    signed = decide(Finding({0: 0.2, 1: 0.3, 2: 0.1}, **SIGNED))
    assert signed["k_of_n"] == "0 of 3; the sign in 3"


def test_a_replicate_without_a_number_leaves_no_fair_sample():
    row = decide(Finding({0: np.nan, 1: 1.0, 2: 1.0}, above=0.5, note="why"))
    assert (row["verdict"], row["note"]) == ("cannot tell", "1 of 3 has no live map; why")
    none = decide(Finding({0: np.nan, 1: np.nan, 2: np.nan}, above=0.5))
    assert (none["verdict"], none["note"]) == ("cannot tell", "3 of 3 have no live map")
    with pytest.raises(UntestableError, match="there is no live map"):
        decide(Finding({}, above=0.5))


numbers = st.floats(-10, 10).map(lambda value: round(value, 3))


def plainly(values, above, sign) -> str:
    """The verdict by its words alone, whatever its stability."""
    if all(value > above for value in values):
        return "reproduced"
    if all(value > min(sign, above) for value in values):
        return "sign only"
    return "not reproduced" if not any(value > min(sign, above) for value in values) else "mixed"


@given(values=st.lists(numbers, min_size=3, max_size=5), above=numbers, sign=numbers, networks=st.booleans())
def test_a_verdict_is_stable_or_mixed(values, above, sign, networks):
    """It stays when one seed is left out, and when values move by a tenth of the seeds' spread; else it is mixed."""
    limits = {"above": above, "direction": (min(sign, above), np.inf)}
    named = {"A": values} if networks else dict(enumerate(values))
    outcome = decide(Finding(named, replicates="networks" if networks else "seeds", **limits))["verdict"]
    moves = product((-SHIFT, 0, SHIFT), repeat=len(values))
    moved = [[value + by * np.ptp(values) for value, by in zip(values, move, strict=True)] for move in moves]
    left = [sample[:place] + sample[place + 1 :] for sample in moved for place in range(len(values))]
    possible = {plainly(sample, above, sign) for sample in [*moved, *left]}
    assert outcome == (possible.pop() if len(possible) == 1 else "mixed")


@given(rises=st.lists(numbers, min_size=4, max_size=4), before=st.lists(numbers, min_size=4, max_size=4))
def test_a_verdict_is_stable_where_its_limit_moves_with_the_seeds(rises, before):
    """Through the judge: a limit that is the range of the seeds is another one without one of them."""
    rows = pd.DataFrame({"case": "case1", "w": 1.0, "seed": range(4), "frog_srop": rises, "test_srop": before})

    def within_the_range(at: Tables) -> Finding:
        return Finding(at.digits.set_index("seed")["frog_srop"].to_dict(), below=np.ptp(at.digits["test_srop"]))

    outcome = judge(replace(example_claim([]), judge=within_the_range), tables(digits=rows))["verdict"].item()
    if outcome != "mixed":
        for seed in range(4):
            rest = rows[rows["seed"] != seed]
            limit = np.ptp(rest["test_srop"])
            assert {value < limit for value in rest["frog_srop"]} == {outcome == "reproduced"}


def test_a_verdict_that_hangs_on_one_seed_is_mixed():
    """Claim 4-low is judged against the range of the seeds: the widest of them decides."""
    evidence = digits(RISING, case1=(0.4, 0.401, 0.39, 0.4, 0.4))
    wide = evidence.digits.assign(
        frog_srop=evidence.digits["frog_srop"] + np.where(evidence.digits["seed"] == 2, 0.3, 0)
    )
    rest = evidence.digits[evidence.digits["seed"] == 2].assign(seed=3)
    shifted = evidence.changed(digits=pd.concat([wide, rest]))
    case1 = shifted.digits["case"] == "case1"
    shifted = evidence.changed(digits=shifted.digits.assign(frog_srop=shifted.digits["frog_srop"] + 0.1 * case1))
    row = judged(by_id("4-low"), shifted)
    assert (row["verdict"], "single seed" in row["note"]) == ("mixed", True)


@pytest.mark.parametrize(
    ("error", "expected"), [(UntestableError, "cannot tell"), (NeedsWeightsError, "needs weights")]
)
def test_what_cannot_be_judged_says_why(error, expected):
    def never(at: Tables) -> Finding:
        raise error("no weights")

    row = judged(replace(example_claim([]), judge=never), tables())
    assert (row["verdict"], row["note"]) == (expected, "no weights")
