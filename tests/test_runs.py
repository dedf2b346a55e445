"""Two runs compared, and a run checked against the recorded one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from runs import copy_project, snakemake

from srop.files import sha256_of
from srop.pipeline.invocation import Invocation
from srop.pipeline.io import write_table
from srop.pipeline.stage import compose, plain, values_of
from srop.runs.check import EXIT, check_run
from srop.runs.differences import differences, in_spreads, machine_spreads
from srop.runs.figures import moved_figures
from srop.runs.page import page, summary
from srop.runs.verdicts import ledger_of, verdicts_of_both

PROJECT = Path(__file__).resolve().parent.parent
RECORDED = Path("workflow/recorded")
MACHINES = RECORDED / "embedded", RECORDED / "embedded-amd"
TABLE = pd.DataFrame({"layer": ["a", "b"], "mean": [0.5, np.nan]})
LEDGER = pd.DataFrame({"id": ["4-low"], "verdict": ["mixed"], "ours": [0.5], "note": ["words"]})
RULE = {"claim": "It rises", "short": "Rises", "basis": "reduced", "setting": "adam", "measure": "mean", "limit": "> 0"}
VALUES = {"digits": {"w": [0, 1], "training": {"lr": 0.1}}}


def write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False) if path.suffix == ".csv" else write_table(table, path)


@pytest.fixture
def folders(tmp_path):
    for name in ("one", "other"):
        write(TABLE, tmp_path / name / "tables" / "digits.csv")
        write(TABLE, tmp_path / name / "digits" / "srops.parquet")
        write(LEDGER, tmp_path / name / "tables" / "claims.csv")
        write(pd.DataFrame({"minutes": [len(name)]}), tmp_path / name / "figures" / "runtime.csv")
        write(pd.DataFrame({"x": [len(name)]}), tmp_path / name / "differences" / "values.csv")
    return tmp_path / "one", tmp_path / "other"


def test_the_same_numbers(folders):
    write(LEDGER.assign(note="other words"), folders[1] / "tables" / "claims.csv")
    assert differences(*folders).empty


@pytest.mark.parametrize(
    ("path", "table", "column", "message"),
    [
        ("tables/digits.csv", TABLE.fillna(0.25), "mean", "row 1: nan and 0.25"),
        ("tables/digits.csv", TABLE[:1], None, "2 rows and 1"),
        ("digits/srops.parquet", TABLE.assign(mean=[0.5, 0.6]), "mean", "row 1: nan and 0.6"),
        ("digits/srops.parquet", TABLE.assign(layer=["a", "c"]), "layer", "row 1: b and c"),
        ("digits/srops.parquet", TABLE.astype({"mean": "float32"}), None, "types of mean"),
        ("digits/srops.parquet", TABLE.rename(columns={"mean": "median"}), None, "columns mean, median"),
        ("tables/claims.csv", LEDGER.assign(verdict="reproduced"), "verdict", "row 0: mixed and reproduced"),
        ("tables/claims.csv", LEDGER.assign(ours=0.6), "ours", "row 0: 0.5 and 0.6"),
    ],
)
def test_a_difference_is_named(folders, path, table, column, message):
    write(table, folders[1] / path)
    (row,) = differences(*folders).astype(object).replace({np.nan: None}).itertuples()
    assert (row.table, row.column, row.first) == (path.partition(".")[0], column, message)


def test_the_largest_and_the_typical_difference_of_a_column(folders):
    """Infinite where one value is no number."""
    path = folders[1] / "tables" / "digits.csv"
    write(TABLE.assign(mean=[0.25, np.nan]), path)
    (row,) = differences(*folders).itertuples()
    assert (row.rows, row.differ, row.largest, row.typical) == (2, 0.5, 0.25, pytest.approx(0.25 / 2**0.5))
    write(TABLE.fillna(0.25), path)
    assert differences(*folders)["largest"].tolist() == [np.inf]


def test_a_missing_table_and_an_empty_folder(folders, tmp_path):
    (folders[0] / "tables" / "digits.csv").unlink()
    (row,) = differences(*folders).itertuples()
    assert (row.table, row.first) == ("tables/digits", f"only in {folders[1]}")
    with pytest.raises(FileNotFoundError, match="holds no table"):
        differences(folders[0], tmp_path / "nowhere")


def test_a_run_is_compared_with_a_recorded_one_by_the_rows_that_are_recorded(folders):
    whole = pd.DataFrame({"convention": ["half_pixel", "published"], "x": [1, 2]})
    write(whole, folders[0] / "tables" / "kappa.csv")
    write(whole[1:], folders[1] / "tables" / "kappa.csv")
    assert differences(*folders)["first"].tolist() == ["2 rows and 1"]
    (folders[1] / "origin.json").write_text("{}")
    (folders[1] / "digits" / "srops.parquet").unlink()
    assert differences(*folders).empty


def test_a_difference_is_measured_in_spreads_of_two_machines():
    rows = [("a", "x", 0.2), ("a", "y", 0.1), ("b", "x", 0.1)]
    table = pd.DataFrame(rows, columns=["table", "column", "typical"])
    spreads = pd.DataFrame([("a", "x", 0.1), ("a", "y", 0.0)], columns=["table", "column", "spread"])
    times = in_spreads(table, spreads).set_index(["table", "column"])["times"]
    assert times["a", "x"] == 2
    assert times["a", "y"] == np.inf, "the machines agree"
    assert np.isnan(times["b", "x"]), "nothing is recorded"


@pytest.mark.parametrize("other", [TABLE, TABLE[:1]])
def test_nothing_that_differs_or_could_be_compared_has_no_spread(folders, other):
    for name in ("digits/srops.parquet", "tables/claims.csv"):
        (folders[0] / name).unlink()
        (folders[1] / name).unlink()
    write(other, folders[1] / "tables" / "digits.csv")
    table = in_spreads(differences(*folders), machine_spreads(*MACHINES))
    assert table["times"].isna().all()
    assert len(table) == len(TABLE) - len(other)


def test_two_recorded_machines_are_one_spread_apart():
    table = in_spreads(differences(*MACHINES), machine_spreads(*MACHINES))
    moved = table[table["column"].notna()]
    assert len(moved) > 20
    assert (moved["times"] == 1).all()
    same = machine_spreads(*MACHINES).query("table == 'tables/baseline'")
    assert (same["spread"] == 0).all(), "white noise is the same on every machine"
    accuracy = moved[(moved["table"] == "tables/epochs") & (moved["column"] == "test_accuracy")]
    assert accuracy["largest"].item() == pytest.approx(0.097)


def test_verdicts_side_by_side():
    rows = [RULE | {"id": id, "verdict": "mixed", "values": "1"} for id in ("1", "2", "3", "4")]
    one = pd.DataFrame([*rows, rows[0] | {"basis": "paper scale"}])
    other = one[one["id"] != "4"].assign(verdict=["mixed", "reproduced", "reproduced", "mixed"])
    other.loc[other["id"] == "3", "limit"] = "> 1"
    table = verdicts_of_both(one, other, marked=frozenset({"1", "2"})).set_index(["id", "basis"])
    assert table["moved"].to_dict() == {
        ("1", "reduced"): False,
        ("2", "reduced"): True,
        ("3", "reduced"): True,
        ("4", "reduced"): True,
        ("1", "paper scale"): False,
    }
    assert table["survives"].tolist() == [False, False, True, True, True]
    assert table["same_rule"].tolist() == [True, True, False, False, True]
    assert table["second"].tolist()[3] == ""


def test_figures_that_differ(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for run in (one, other):
        (run / "figures").mkdir(parents=True)
        for name in ("same", "drawn", "moved", "runtime"):
            (run / "figures" / f"{name}.svg").write_text("<svg/>")
            (run / "figures" / f"{name}.csv").write_text("x\n1\n")
    (other / "figures" / "drawn.svg").write_text("<svg></svg>")
    (other / "figures" / "moved.csv").write_text("x\n2\n")
    (one / "figures" / "new.svg").write_text("<svg/>")
    (other / "figures" / "runtime.csv").write_text("x\n2\n")
    expected = {"drawn": "picture alone", "moved": "values", "new": f"only in {one}"}
    assert moved_figures(one, other).set_index("figure")["how"].to_dict() == expected
    assert moved_figures(one, tmp_path).empty


def test_the_page_is_one_file_and_loads_nothing(tmp_path):
    values = in_spreads(differences(*MACHINES), machine_spreads(*MACHINES))
    verdicts = verdicts_of_both(*map(ledger_of, MACHINES))
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.svg").write_text("<svg/>")
    figures = pd.DataFrame({"figure": ["a"], "how": ["values"]})
    files = [
        Path("workflow/runs/differences.html.j2"),
        *(Path(f"workflow/report/article.{end}") for end in ("css", "js")),
    ]
    parts = dict(zip(("template", "style", "script"), (file.read_text() for file in files), strict=True))
    html = page(*MACHINES, values=values, verdicts=verdicts, figures=figures, **parts)
    for text in (
        "AMD EPYC",
        "Intel(R) Xeon(R)",
        "tables/epochs",
        "test_accuracy",
        "0.097",
        "sign only",
        "✓ reproduced",
    ):
        assert text in html
    for address in ("http:", "https:", "url(", "@import", 'src="/', "<link"):
        assert address not in html
    html = page(tmp_path, tmp_path, values=values, verdicts=pd.DataFrame(), figures=figures, **parts)
    assert html.count("data:image/svg+xml;base64,") == 2
    assert "no ledger of claims" in html
    assert summary(values[:0], verdicts[:0], figures[:0]) == "nothing differs"


@pytest.fixture
def runs(tmp_path):
    """A run and the recorded run of its preset, with three verdicts, of which one may differ."""
    ledger = pd.DataFrame([RULE | {"id": id, "verdict": "mixed", "values": "1"} for id in ("1", "2", "marked")])
    own, recorded = tmp_path / "own", tmp_path / "recorded"
    write(ledger, own / "tables" / "claims.parquet")
    (own / "provenance.json").write_text(json.dumps({"values": VALUES}))
    recording(ledger, recorded)
    return own, recorded


def values_of_embedded() -> dict:
    """The values that a run of the preset embedded records."""
    return plain(values_of(compose(Path("config").resolve(), "base", ["preset=embedded"]), ["*"]))


def recording(ledger: pd.DataFrame, recorded: Path, values: dict = VALUES) -> None:
    write(ledger, recorded / "tables" / "claims.csv")
    (recorded / "origin.json").write_text(json.dumps({"values": values}))
    (recorded / "SHA256SUMS").write_text(f"{sha256_of(recorded / 'tables' / 'claims.csv')}  tables/claims.csv\n")


def checked(runs, **options):
    return check_run(*runs, VALUES, marked=frozenset({"marked"}), **options)


def test_a_run_with_the_recorded_verdicts_passes(runs):
    outcome = checked(runs)
    assert outcome.lines == [f"passed: 2 of 2 verdicts are those of {runs[1]}"]
    own = ledger_of(runs[0])
    own.loc[own["id"] == "marked", "verdict"] = "reproduced"
    write(pd.concat([own, own[:1].assign(id="new")]), runs[0] / "tables" / "claims.parquet")
    assert checked(runs).lines == [f"passed: 2 of 2 verdicts are those of {runs[1]}; not recorded: new"]


def test_a_verdict_that_must_survive_and_differs_fails(runs):
    write(ledger_of(runs[0]).assign(verdict="reproduced"), runs[0] / "tables" / "claims.parquet")
    outcome = checked(runs)
    assert outcome.lines == [
        "1 (reduced): reproduced, recorded mixed: Rises",
        "2 (reduced): reproduced, recorded mixed: Rises",
        f"failed: 2 of 2 verdicts differ from those of {runs[1]}",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda own, recorded: shutil.rmtree(recorded), "there is no recorded run"),
        (lambda own, recorded: (own / "tables" / "claims.parquet").unlink(), "holds no tables/claims"),
        (lambda own, recorded: (own / "tables" / "claims.parquet").write_bytes(b"PAR1"), "--forcerun"),
        (lambda own, recorded: (own / "provenance.json").unlink(), "run the pipeline to its end first"),
        (lambda own, recorded: (own / "provenance.json").write_text("{"), "is damaged"),
        (
            lambda own, recorded: (own / "provenance.json").write_text(json.dumps({"values": {"digits": {"w": [0]}}})),
            "was made without the keys digits.training.lr",
        ),
        (lambda own, recorded: write(LEDGER, recorded / "tables" / "claims.csv"), "was changed after it was recorded"),
        (
            lambda own, recorded: recording(ledger_of(own), recorded, {"digits": {"w": [0]}}),
            r"other values: digits\.w=\[0\] \(here \[0, 1\]\)",
        ),
        (
            lambda own, recorded: recording(ledger_of(own), recorded, {"digits": {"gone": 1}}),
            r"other values: digits\.gone \(no key here\)",
        ),
        (
            lambda own, recorded: recording(ledger_of(own).assign(limit="> 1"), recorded),
            "0 verdicts are the same, and these recorded ones have none by the same rule here: 1, 2",
        ),
        (
            lambda own, recorded: write(ledger_of(own)[1:], own / "tables" / "claims.parquet"),
            "1 verdicts are the same, and these recorded ones have none by the same rule here: 1",
        ),
    ],
)
def test_a_check_that_could_not_run_says_so(runs, change, message):
    change(*runs)
    outcome = checked(runs)
    assert outcome.word == "not checked"
    with pytest.raises(ValueError, match=message):
        raise ValueError(outcome.why)


def test_changed_values_are_not_checked(runs):
    assert checked(runs, changed=["digits.w=[1]"]).word == "not checked"
    assert len({*EXIT.values()}) == 3


def test_the_recorded_run_passes_its_own_check(tmp_path):
    """So its values are the preset's, and every verdict of it that counts can be compared."""
    shutil.copytree(MACHINES[0] / "tables", tmp_path / "tables")
    values = values_of_embedded()
    (tmp_path / "provenance.json").write_text(json.dumps({"values": values}))
    outcome = check_run(tmp_path, MACHINES[0], values)
    assert outcome.word == "passed", outcome.lines
    amd = check_run(tmp_path, MACHINES[1], values)
    others = {line.partition(" ")[0] for line in amd.lines[:-1]}
    # That ledger is older than the third seeds of the recorded CIFAR networks; of its own rows none is another one.
    assert others == {"W2-cifar", "W4-cifar", "W6-cifar", "W7-cifar", "W8"}, amd.lines


@pytest.mark.parametrize("key", ["first", "second"])
def test_the_folders_to_compare_are_checked(key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = PROJECT / "config"
    with pytest.raises(ValueError, match=f"{key}=1: give a folder of results"):
        Invocation.from_config({key: 1}, {key: "1"}, config)
    call = Invocation.from_config({key: "mine"}, {key: "mine"}, config)
    with pytest.raises(ValueError, match=f"{key}=mine: there is no such folder"):
        call.check_folders()
    (tmp_path / "mine").mkdir()
    call.check_folders()


@pytest.mark.slow
def test_the_targets(tmp_path):
    project = copy_project(tmp_path / "project")
    config = ("first=workflow/recorded/embedded", "second=workflow/recorded/embedded-amd")
    compared = snakemake(project, "diff_results", config=config)
    assert compared.returncode == 0, compared.stderr
    assert "columns differ, 0 of them by more than two recorded machines do" in compared.stdout
    folder = project / "results" / "embedded" / "differences"
    assert {file.name for file in folder.iterdir()} == {
        *("differences.html", "values.csv", "verdicts.csv", "figures.csv")
    }
    refused = snakemake(project, "diff_results", config=("first=nowhere",))
    assert refused.returncode == 1
    assert "first=nowhere: there is no such folder" in refused.stderr
    checks = {}
    own = project / "results" / "embedded"
    for name in ("not checked", "passed", "failed"):
        done = snakemake(project, "check_results", config=("preset=embedded",))
        checks[name] = done.returncode, (own / "logs" / "check_results.log").read_text().splitlines()[-1]
        if name == "not checked":
            values = values_of_embedded()
            (own / "provenance.json").write_text(json.dumps({"values": values}))
            shutil.copytree(MACHINES[0] / "tables", own / "tables")
        else:
            ledger = ledger_of(own)
            ledger.loc[ledger["id"] == "Y4", "verdict"] = "not reproduced"
            write(ledger, own / "tables" / "claims.csv")
    for name, (status, line) in checks.items():
        assert line.startswith(f"{name}: ")
        assert status == (name != "passed")
