"""The ledger: settings and their summary, runs and which of them counts."""

from dataclasses import replace

import pandas as pd
import pytest
from evidence import (
    CLAIMS,
    DOWN,
    NO,
    RISING,
    SEEDS,
    SIGN,
    YES,
    digits,
    example_claim,
    layers,
    network,
    own,
    tables,
    trained,
)

from srop.experiments.backbones.claim_tables import BACKBONES, RESNETS
from srop.experiments.digits.claims import DIGITS
from srop.ledger.evidence import Tables
from srop.ledger.figures import figure_claims, figure_verdicts
from srop.ledger.judge import ALL_CONVENTIONS, Run, claim, judge, ledger, readable, verdict
from srop.ledger.judged_runs import recorded_runs
from srop.ledger.verdicts import Finding
from srop.ledger.vocabulary import BASES, KINDS, MARKS, SEEN, VERDICTS, worded


def test_a_claim_has_a_number_and_a_kind():
    rest = {"section": "1", "text": "t", "measure": "m", "paper": "p", "over": {}, "networks": RESNETS}
    for id, changed, message in (
        ("first", {}, "an id begins with a number"),
        ("1", {"kind": "guess"}, "the kinds are paper, cited"),
        ("1", {"over": {"low": ("a", "b")}}, "the ledger has a column low"),
    ):
        with pytest.raises(ValueError, match=message):
            claim(id, **{**rest, **changed})(Finding)


def settled(verdicts: dict[tuple[str, str], str], same: dict[tuple[str, str], str] | None = None) -> dict:
    axes = {"dead": ("one", "omit"), "input": ("noise", "images")}
    numbers = {"ours": 1.0, "low": 0.5, "high": 1.5, "replicates": 3, "values": ".5 1 1.5", "k_of_n": "3 of 3"}
    rows = [
        {"dead": dead, "input": name, **numbers, "limit": "above 0", "verdict": outcome,
         "note": "why" if "applicable" in outcome or "needs" in outcome else "",
         "same_as": (same or {}).get((dead, name), "")}
        for (dead, name), outcome in verdicts.items()
    ]  # fmt: skip
    return verdict(replace(example_claim([]), over=axes), pd.DataFrame(rows))


KEYS = [("one", "noise"), ("one", "images"), ("omit", "noise"), ("omit", "images")]


def test_the_papers_own_setting_gives_the_verdict_and_others_its_robustness():
    def outcome(*verdicts, same=None):
        row = settled(dict(zip(KEYS, verdicts, strict=True)), same)
        return row["verdict"], (row["agree"], row["against"], row["open"]), row["flips"]

    assert outcome(YES, YES, YES, YES) == (YES, (3, 0, 0), "")
    assert outcome(YES, YES, NO, NO) == (YES, (1, 2, 0), "dead: omit")
    assert outcome(NO, YES, YES, NO) == (NO, (1, 2, 0), "input: images; dead: omit")
    assert outcome(YES, SIGN, "mixed", "cannot tell") == (YES, (0, 0, 3), "")
    assert outcome(SIGN, YES, NO, SIGN) == (SIGN, (1, 1, 1), "input: images (reproduced there); dead: omit")
    assert outcome("mixed", YES, NO, "mixed") == ("mixed", (1, 0, 2), "input: images (reproduced there)")
    assert outcome(YES, YES, NO, "not applicable") == (YES, (1, 1, 0), "dead: omit")
    assert outcome("not applicable", YES, YES, YES)[0] == "cannot tell"
    assert outcome(*["needs weights"] * 4) == ("needs weights", (0, 0, 0), "")
    # Settings that cannot differ count once.
    assert outcome(YES, YES, YES, NO, same={KEYS[1]: "one, noise", KEYS[2]: "one, noise"}) == (YES, (0, 1, 0), "")


def test_a_verdict_that_few_other_settings_share_is_fragile():
    def fragile(*verdicts):
        return settled(dict(zip(KEYS, verdicts, strict=True)))["fragile"]

    assert fragile(YES, YES, NO, NO) == "fragile"
    assert fragile(YES, YES, YES, NO) == ""
    assert fragile(NO, SIGN, "mixed", NO) == "fragile"
    # No side, nothing to break.
    assert fragile("mixed", YES, NO, YES) == ""
    assert fragile(YES, "not applicable", "not applicable", "not applicable") == ""


def test_a_row_says_what_would_count_and_whether_its_data_were_seen():
    claim = replace(example_claim({0: 1.0, 1: 1.1, 2: 0.9}, above=0.5), seen=True)
    row = verdict(claim, judge(claim, tables()))
    assert (row["limit"], row["seen"]) == ("above .5", SEEN)
    assert verdict(replace(claim, seen=False), judge(claim, tables()))["seen"] == ""


def test_recorded_runs_of_two_optimizers_are_one_run_with_an_axis(monkeypatch, tmp_path):
    training = {
        "paper": ("adam", 0.001),
        "cpu-w0.95": ("adam", 0.001),
        "adadelta": ("adadelta", 1.0),
        "x": ("sgd", 0.1),
    }
    networks = {"paper": (0, 1), "cpu-w0.95": (0.95,), "adadelta": (0, 1), "x": (0,)}

    def of_run(folder):
        optimizer, rate = training[folder.name]
        data = {"train": 60000}
        return {"values": {"digits": {"data": data, "training": {"optimizer": optimizer, "lr": rate, "epochs": 20}}}}

    def read(folders, names):
        rows = [{"case": "case2", "w": w, "seed": 0, "run": run.name} for run in folders for w in networks[run.name]]
        return {name: pd.DataFrame(rows) for name in names}

    monkeypatch.setattr("srop.ledger.judged_runs.origin", of_run)
    monkeypatch.setattr("srop.ledger.judged_runs.read_recorded", read)
    (run,) = recorded_runs(tmp_path, {"digits": list(training)}, ["digits", "backbones"])["digits"]
    title = "recorded: 60,000 digits, 20 epochs, 2 networks and 1 of cpu-w0.95 and 2 of adadelta and 1 of x"
    assert (run.title, run.basis) == (title, "paper scale")
    counts = {name: len(run.tables.at({"optimizer": name}, ()).digits) for name in ("adam", "adadelta", "sgd at 0.1")}
    assert counts == {"adam": 3, "adadelta": 2, "sgd at 0.1": 1}
    assert recorded_runs(tmp_path, {"digits": []}, []) == {"digits": []}


def test_the_other_settings_are_counted_by_verdict():
    row = settled(dict(zip(KEYS, (YES, NO, YES, "mixed"), strict=True)))
    assert row["others"] == "reproduced in 1, not reproduced in 1, mixed in 1"
    assert row["setting"] == "one, noise"


def test_settings_that_cannot_differ_are_told():
    axes = {"dead": ("one", "omit"), "convention": ("published", "printed")}
    rows = [
        {"dead": dead, "convention": convention, "seed": seed, "frog_srop": 0.5}
        for dead in axes["dead"] for convention in axes["convention"] for seed in SEEDS
    ]  # fmt: skip

    def read(at: Tables) -> Finding:
        return Finding(at.digits.set_index("seed")["frog_srop"].to_dict(), above=0)

    table = judge(replace(example_claim([]), over=axes, judge=read), tables(digits=pd.DataFrame(rows)))
    assert table["same_as"].tolist() == ["", "", "one, published", "one, printed"]


def test_a_claim_sees_one_setting():
    rows = pd.DataFrame({"dead": ["one", "omit"], "layer": ["relu2", "relu2"], "case": "case2"})
    networks = pd.DataFrame(
        {"title": ["A", "A", "A", "B"], "architecture": "x", "layer": "conv0", "dead": "one",
         "batch_norm": ["batch", "running", "trained", "batch"]}
    )  # fmt: skip
    cut = tables(digits=rows, layers=networks).at({"dead": "one", "layer": "relu2", "batch_norm": "batch"}, ("A",))
    assert len(cut.digits) == 1
    assert cut.backbones["batch_norm"].tolist() == ["batch", "trained"]


def test_a_seed_is_left_out_but_where_it_is_the_only_one():
    evidence = layers(network("A", DOWN), trained("A", DOWN), network("B", DOWN)[lambda rows: rows["seed"] == 0])
    left = (
        evidence.without_seed(0)
        .backbones.groupby(["title", "weights"], observed=True)["seed"]
        .unique()
        .map(list)
        .to_dict()
    )
    assert left == {("A", "random"): [1, 2], ("A", "imagenet"): [0], ("B", "random"): [0]}
    assert set(digits(RISING).without_seed(1).digits["seed"]) == {0, 2}


def test_axes_are_those_of_the_configuration():
    from typing import get_args

    from srop.convention import CONVENTIONS
    from srop.networks.digit_layers import DIGIT_LAYERS
    from srop.pipeline.keys import BatchNorm, DeadTreatment

    assert set(DIGITS["layer"]) <= set(DIGIT_LAYERS)
    for axes in (DIGITS, BACKBONES):
        assert set(axes["convention"]) < set(CONVENTIONS) == set(ALL_CONVENTIONS["convention"])
        assert set(axes["dead"]) == set(get_args(DeadTreatment))
    assert set(BACKBONES["batch_norm"]) == set(get_args(BatchNorm))


def test_runs_at_the_papers_scale_supersede_others(monkeypatch):
    chosen = [own(claim) for claim in CLAIMS if claim.id in ("5", "4-low", "4", "23", "18", "12-quantized")]
    monkeypatch.setattr("srop.ledger.judge.all_claims", lambda: chosen)
    paper = digits(RISING, accuracy=(0.99, 0.99, 0.99, 0.98, 0.1), case1=())
    runs = {
        "digits": [Run("recorded", paper, "paper scale"), Run("here", digits(RISING), "reduced")],
        "backbones": [Run("networks here", digits(RISING), "reduced")],
        "quantized": [],
    }
    with pytest.raises(ValueError, match="claims about quantized, and no run"):
        ledger({name: candidates for name, candidates in runs.items() if candidates})
    rows, settings = ledger(runs)
    assert rows[["id", "judged_on", "superseded"]].to_numpy().tolist() == [
        ["4", "recorded", False], ["4", "here", True], ["4-low", "here", False],
        ["5", "recorded", False], ["5", "here", True], ["18", "networks here", False],
        ["23", "recorded", False], ["23", "here", True],
    ]  # fmt: skip
    # The reduced row may differ from machine to machine.
    assert rows.loc[rows["id"] == "5", "verdict"].tolist() == [SIGN, "cannot tell"]
    assert rows.loc[rows["id"] == "5", "basis"].tolist() == ["paper scale", "reduced"]
    assert rows.loc[rows["id"] == "18", "basis"].item() == "reduced"
    assert set(rows["verdict"]) <= set(VERDICTS)
    assert set(rows["kind"]) <= set(KINDS)
    assert set(rows["basis"]) <= set(BASES)
    assert settings["judged_on"].tolist() == rows["judged_on"].tolist()
    again = ledger(runs | {"digits": [runs["digits"][0], Run("here", paper, "paper scale")]})[0]
    assert again.loc[again["id"] == "4", "judged_on"].tolist() == ["here", "recorded"]
    text = readable(rows)
    assert not text.isna().any(axis=None)
    assert text["id"].tolist() == ["4", "4-low", "5", "18", "23"]


def test_the_picture_in_words_has_each_verdict_its_basis_and_what_turns_it():
    rows = [
        {"short": "It rises", "verdict": name, "basis": "reduced", "fragile": "", "flips": "dead: omit"}
        for name in VERDICTS
    ]
    figure = figure_verdicts(pd.DataFrame(rows))
    texts = [text.get_text() for text in figure.axes[0].texts]
    shown = [f"{MARKS[name]} {worded(name)}" for name in VERDICTS]
    assert [text for text in texts if text in shown] == shown
    assert "? undecided" in shown
    assert texts.count("reduced; turned by dead: omit") == len(VERDICTS)


def test_the_picture_of_settings_names_what_it_shows_and_no_setting_in_a_narrow_cell():
    wide, narrow = (
        pd.DataFrame({
            "id": id, "claim": "It rises", "short": "It rises", "kind": "paper", "basis": "reduced",
            "verdict_whole": YES, "verdict": [YES, "cannot tell"] * (count // 2), "same_as": "",
            "input": "noise", "convention": "half_pixel",
        })
        for id, count in (("1", 2), ("2", 24))
    )  # fmt: skip
    figure = figure_claims(pd.concat([wide, narrow], ignore_index=True))
    assert [text.get_text() for text in figure.axes[0].texts].count("noise\nhalf_pixel") == len(wide)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[:3] == ["reproduced", "undecided", "the setting that we infer"]
