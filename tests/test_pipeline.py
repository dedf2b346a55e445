"""The pipeline as a user runs it, on the smoke preset."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

PROJECT = Path(__file__).parent.parent
RULES = {"prepare_digits", "train_digits", "measure_digits", "tabulate_digits", "figure2", "figure3", "all"}

pytestmark = pytest.mark.slow


def snakemake(folder: Path, *arguments: str, config: str = "preset=smoke") -> subprocess.CompletedProcess:
    """Call the pipeline, its results in a folder of their own."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile", "--directory", folder]
    command += ["--cores", "all", *arguments, "--config", config]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


def planned(folder: Path, *arguments: str) -> set[str]:
    """Name the rules that a run would execute."""
    result = snakemake(folder, *arguments, "--dry-run")
    assert result.returncode == 0, result.stderr
    if "Nothing to be done" in result.stdout + result.stderr:
        return set()
    stats = (result.stdout + result.stderr).split("Job stats:")[1].split("total")[0]
    return {line.split()[0] for line in stats.splitlines()[3:] if line.strip()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    assert planned(folder) == RULES
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_every_figure_and_table_is_there(folder):
    results = folder / "results" / "smoke"
    for stem in ("figure2", "figure2-conv2", "figure2-pool", "figure3"):
        for ending in ("svg", "png", "csv"):
            assert (results / "figures" / f"{stem}.{ending}").stat().st_size > 500
    for rule in RULES - {"all"}:
        for kind in ("logs", "benchmarks"):
            assert list((results / kind).glob(f"{rule}*")), f"{rule} left nothing under {kind}"


def test_table_has_a_row_per_key(folder):
    table = pd.read_csv(folder / "results" / "smoke" / "tables" / "digits.csv")
    keys = ["case", "w", "seed", "layer", "convention", "dead"]
    assert len(table) == 3 * 3 * 3 * 2
    assert not table.duplicated(keys).any()
    assert set(zip(table["case"], table["w"], strict=True)) == {("none", 0), ("case1", 1), ("case2", 1)}
    assert table[["accuracy", "dead_share", "frog_dead_share"]].notna().all(axis=None)
    assert (table["dead_share"] + table["out_of_band_share"] <= 1).all()


def test_second_run_does_nothing(folder):
    assert planned(folder) == set()


def test_lost_figure_is_redrawn_alone(folder):
    figure = folder / "results" / "smoke" / "figures" / "figure3.svg"
    content = figure.read_bytes()
    figure.unlink()
    assert planned(folder) == {"figure3", "all"}
    assert snakemake(folder, "figure3").returncode == 0
    assert figure.read_bytes() == content


def test_two_clean_runs_give_the_same_bytes(folder, tmp_path):
    assert snakemake(tmp_path).returncode == 0
    tables = sorted((folder / "results").rglob("*.csv"))
    assert len(tables) == 5
    for table in tables:
        assert (tmp_path / table.relative_to(folder)).read_bytes() == table.read_bytes(), table.name


def test_unknown_preset_and_unknown_setting_are_refused(tmp_path):
    result = snakemake(tmp_path, config="preset=nope")
    assert result.returncode != 0
    assert "preset/nope" in result.stderr
    assert "embedded" in result.stderr
    result = snakemake(tmp_path, config="prest=smoke")
    assert result.returncode != 0
    assert "prest" in result.stderr
    assert not list(tmp_path.rglob("results"))
