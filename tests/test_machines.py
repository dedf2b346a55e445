"""Verdicts of reduced runs are the same on every CPU: two machines are recorded, and 200 others lie between them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from evidence import CLAIMS, by_id, example_claim, own, tables

from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import Run, judge, ledger
from srop.ledger.machines import PERTURBATIONS, machine_spread, turned
from srop.ledger.recorded import kept, unpacked
from srop.ledger.verdicts import Finding

RUNS = Path("workflow/recorded")
OTHER_NAMES = {"robustness": "occlusion_robustness", "rebuilt": "pattern_rebuilt"}
OTHER_NAMES |= {"association": "pattern_association", "learning": "pattern_learning"}
LATER = ("removal", "omission", "penalty", "cifar", "cifar_cutoffs", "cifar_layers", "cifar_networks")
LATER += ("cifar_occlusion", "cifar_spectra")
NOT_TRAINED = ("backbones", "images", "channels", "baseline", "rotation")
"""Tables that no training makes; CPUs give them alike."""


@cache
def recorded(name: str) -> Tables:
    """The tables of a recorded run of the preset embedded that claims read, as far as it holds them."""
    run = RUNS / name
    names = ["digits", "epochs", "frog_epochs", "occlusion", "occlusion_spectra", "occlusion_heat", "occlusion_layers"]
    names += ["occlusion_networks", "filters", "training_told", "intrinsic", *OTHER_NAMES]
    # Not every run holds these.
    later = [table for table in LATER if (run / "tables" / f"{table}.csv").is_file()]
    read = {table: pd.read_csv(kept(run, f"tables/{OTHER_NAMES.get(table, table)}.csv")) for table in names + later}
    parts = [unpacked(pd.read_parquet(kept(run, f"srops/{path.name}"))) for path in sorted(run.glob("srops/*"))]
    if parts:
        read["srops"] = pd.concat(parts, ignore_index=True)
    read = {table: rows.assign(optimizer="adam") if "w" in rows else rows for table, rows in read.items()}
    return Tables(read, absent={"srops", "changes", *NOT_TRAINED, *LATER} - {*read})


@cache
def recorded_values() -> dict[str, pd.Series]:
    """The values of the reduced rows in the recorded ledgers, by machine."""
    ledgers = {}
    for name in ("embedded", "embedded-amd"):
        ledger = pd.read_csv(kept(RUNS / name, "tables/claims.csv"), dtype={"id": str})
        ledgers[name] = ledger[ledger["basis"] != "paper scale"].set_index("id")["values"]
    return ledgers


def finding_of(claim, evidence: Tables) -> Finding | None:
    try:
        setting = {axis: values[0] for axis, values in claim.over.items()}
        return claim.judge(evidence.at(setting, claim.networks.titles))
    except UntestableError:
        return None


def spread_of_rows(id: str) -> float:
    """The spread between two recorded ledgers, where their tables hold too little: from the values of their rows."""
    texts = [values.get(id, "") for values in recorded_values().values()]
    numbers = [dict(enumerate(map(float, str(text).split()))) if " to " not in str(text) else {} for text in texts]
    return machine_spread(*numbers) if all(numbers) else 0.0


@cache
def rows_that_turn() -> dict[str, dict[str, int]]:
    """The rows whose verdict turns, with how often the other verdicts come up."""
    rows = {}
    for claim in CLAIMS:
        first, second = (finding_of(claim, recorded(name)) for name in ("embedded", "embedded-amd"))
        if first is None or not first.values or claim.inconsistent:
            continue
        if second is not None:
            spreads = machine_spread(first.values, second.values), machine_spread(first.also or {}, second.also or {})
        else:
            spreads = spread_of_rows(claim.id), 0.0
        other = turned(first, *spreads)
        if second is not None and second.values:
            # What lies between two machines lies about either of them.
            other += turned(second, *spreads)
            verdicts = [judge(own(claim), recorded(name))["verdict"].item() for name in ("embedded", "embedded-amd")]
            if verdicts[0] != verdicts[1]:
                other[verdicts[1]] += 1
        if other:
            rows[claim.id] = dict(other)
    return rows


def test_rows_that_turn_from_machine_to_machine_are_marked():
    marked = {claim.id for claim in CLAIMS if claim.may_differ}
    assert {*rows_that_turn()} <= marked, rows_that_turn()


def test_few_rows_are_marked_and_each_was_seen_to_turn():
    marked = {claim.id for claim in CLAIMS if claim.may_differ}
    assert marked <= {*rows_that_turn()}, "take the mark away, or add the evidence"


def test_a_marked_row_has_no_verdict_on_reduced_data(monkeypatch):
    values = {0: 1.0, 1: 1.1, 2: 0.9}
    marked = replace(example_claim(values, above=0.5), may_differ=True)
    monkeypatch.setattr("srop.ledger.judge.all_claims", lambda: [marked])
    for basis, verdict in (("paper scale", "reproduced"), ("reduced", "cannot tell"), ("proxy", "cannot tell")):
        row = ledger({"backbones": [Run("here", tables(), basis)]})[0].iloc[0]
        assert row["verdict"] == verdict
        assert ("may differ" in row["note"]) == (basis != "paper scale")
        assert row["values"] == "1 1.1 .9"


def test_a_spread_is_that_of_common_replicates():
    assert machine_spread({0: 1.0}, {1: 2.0}) == machine_spread({}, {}) == 0
    assert machine_spread({0: [1.0, np.nan]}, {0: [3.0, 1.0]}) == 2


@pytest.mark.parametrize(
    ("values", "spread", "others"),
    [
        ((1.0, 1.1, 0.9), 0.01, set()),
        ((0.55, 1.1, 0.9), 0.05, {"reproduced"}),
        ((0.45, 0.2, 0.3), 0.1, {"mixed", "reproduced"}),
    ],
)
def test_a_margin_below_the_spread_turns(values, spread, others):
    other = turned(Finding(dict(enumerate(values)), above=0.5), spread)
    assert {*other} <= others
    assert bool(other) == bool(others)
    assert sum(other.values()) < PERTURBATIONS


def test_further_numbers_move_too():
    finding = Finding({0: 1.0, 1: 1.1, 2: 0.9}, above=0.5, direction=(0, np.inf), also={0: 0.1, 1: 0.1, 2: 0.1})
    assert not turned(finding, 0.01)
    assert turned(finding, 0.01, 0.1)


def test_the_mark_of_a_claim():
    assert by_id("20").may_differ
    assert not by_id("3").may_differ
