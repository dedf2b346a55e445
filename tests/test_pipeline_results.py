"""What a run of the preset smoke leaves: figures, tables, provenance, a report in a browser."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest
from runs import FIRST_PLANS, copy_project, planned, snakemake
from smoke_jobs import EVERYTHING, LATER

from srop.pipeline.machine import cpu_kind

pytestmark = pytest.mark.slow


def test_a_first_run_makes_everything(project):
    assert FIRST_PLANS[project] == EVERYTHING


def test_every_figure_and_table_is_there(results):
    for stem in (
        "figure1",
        "figure2",
        "figure2-conv2",
        "figure2-pool",
        "figure3",
        "figure4",
        "figure5-noise",
        "kappa",
        "id",
        "training",
        "patterns",
        "association",
        "learning",
        "occlusion",
        "occlusion-example",
        "heat",
        "robust",
        "attacks",
        "attacks-difference",
        "filters",
        "corruptions",
        "cifar",
        "claims-by-choice",
        "runtime",
    ):
        for ending in ("svg", "png", "csv"):
            assert (results / "figures" / f"{stem}.{ending}").stat().st_size > 200
    for rule in EVERYTHING.keys() - {"all"}:
        for kind in ("logs", "benchmarks"):
            assert list((results / kind).glob(f"{rule}*")), f"{rule} left nothing under {kind}"
    assert not (results / "checkpoints").exists() or not list((results / "checkpoints").rglob("*.pt"))


def test_table_has_a_row_per_key(results):
    table = pd.read_csv(results / "tables" / "digits.csv")
    keys = ["case", "w", "seed", "layer", "convention", "dead"]
    assert len(table) == 3 * 3 * 2 * 2
    assert not table.duplicated(keys).any()
    assert set(zip(table["case"], table["w"], strict=True)) == {("none", 0), ("case1", 1), ("case2", 1)}
    assert table[["accuracy", "dead_share", "frog_dead_share"]].notna().all(axis=None)
    assert (table["dead_share"] + table["out_of_band_share"] <= 1).all()
    epochs = pd.read_csv(results / "tables" / "epochs.csv")
    assert epochs.groupby(["case", "w", "seed"])["test_accuracy"].last().tolist() == (
        table.groupby(["case", "w", "seed"])["accuracy"].first().tolist()
    )


def test_run_times_add_up_all_jobs(results):
    times = pd.read_csv(results / "figures" / "runtime.csv").set_index("rule")
    jobs = {rule: count for rule, count in EVERYTHING.items() if rule not in {"all", "figure_runtime", *LATER}}
    assert times["jobs"].to_dict() == jobs
    assert (times["minutes"] > 0).all()


def test_speed_stands_apart(project):
    assert planned(project, "speed") == {"measure_speed": 1, "speed": 1}


def test_kappa_at_085_is_the_table(results):
    table = pd.read_csv(results / "tables" / "digits.csv")
    kappa = pd.read_csv(results / "tables" / "kappa.csv")
    keys = ["case", "w", "seed", "layer", "convention", "dead"]
    both = kappa[kappa["kappa"] == 0.85].merge(table, on=keys, suffixes=("_kappa", ""))
    assert len(both) == len(table)
    pd.testing.assert_series_equal(both["frog_srop_kappa"], both["frog_srop"], check_names=False, atol=2e-6)


def test_variant_stands_next_to_the_experiment(results):
    variant = pd.read_csv(results / "tables" / "variants" / "frog5" / "digits.csv")
    assert set(zip(variant["case"], variant["w"], strict=True)) == {("case2", 1)}
    frogs = {(results / folder / "digits.safetensors").read_bytes() for folder in ("digits", "variants/frog5")}
    assert len(frogs) == 2


def test_provenance(results):
    record = json.loads((results / "provenance.json").read_text())
    assert record["preset"] == "smoke"
    assert record["values"]["digits"]["training"]["epochs"] == 1
    assert {"torch", "snakemake", "hydra-core"} <= record["versions"].keys()
    assert record["hardware"]["cores"] >= 1
    device = record["origins"][0]["device"]
    assert record["origins"] == [{"commit": None, "device": device, "cpu": cpu_kind(), "tables": 66}]
    assert "git" in record["no_commit"]
    for table in set(results.rglob("*.parquet")) - set((results / "tables").rglob("*.parquet")):
        metadata = json.loads(pq.read_schema(table).metadata[b"provenance"])
        assert {"commit", "versions", "values", "code", "device", "cpu"} <= metadata.keys()


# The report, in a browser.


FIGURES = ["figure1", "figure2", "figure3", "kappa", "figure4", "figure5-images", "figure5-noise", "id", "runtime"]
FIGURES += ["claims-by-choice", "training", "patterns", "association", "learning", "occlusion", "occlusion-example"]
FIGURES += [
    "heat",
    "robust",
    "attacks",
    "attacks-difference",
    "filters",
    "corruptions",
    "cifar",
    "removal",
    "omission",
    "penalty",
    "aliasing",
    "amplitudes",
    "bands",
    "photographs",
    "generated",
]


def test_the_article_shows_everything_and_loads_nothing(results, browser):
    page = (results / "report.html").as_uri()
    browser.driver.get(page)
    shown = browser.run("return [...document.querySelectorAll('figure')].map(figure => figure.id)")
    assert sorted(shown) == sorted(f"figure-{name}" for name in [*FIGURES, "table1", "table2", "networks"])
    assert browser.run("return [...document.images].every(image => !image.src || image.naturalWidth > 0)")
    assert browser.run("return [...document.querySelectorAll('figure img')].every(image => image.alt.length > 30)")
    assert "More figures" not in browser.run("return document.body.textContent")
    broken = "return [...document.links].map(a => a.hash.slice(1)).filter(id => id && !document.getElementById(id))"
    assert browser.run(broken) == []
    twice = "const ids = [...document.querySelectorAll('[id]')].map(each => each.id);"
    assert browser.run(f"{twice} return ids.filter((id, place) => ids.indexOf(id) !== place)") == []
    assert {address for address in browser.requests() if not address.startswith(("data:", "blob:"))} == {page}
    assert [entry for entry in browser.driver.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_article_is_as_wide_as_the_window(results, browser, width):
    browser.resize(width)
    browser.driver.get((results / "report.html").as_uri())
    assert browser.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_the_article_has_no_barriers(results, browser, width):
    browser.resize(width)
    browser.driver.get((results / "report.html").as_uri())
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    assert browser.barriers() == []


def test_a_click_sorts_claims_and_enlarges_figures(results, browser):
    browser.driver.get((results / "report.html").as_uri())

    def verdicts() -> list[str]:
        cells = (
            "return [...document.querySelectorAll('tr[id^=claim-] td:nth-of-type(3), tr.superseded td:nth-of-type(3)')]"
        )
        return [text[2:] for text in browser.run(f"{cells}.map(cell => cell.textContent)")]

    browser.click("#every-claim thead th:nth-child(4) button")
    assert verdicts() == sorted(verdicts())
    browser.click("#every-claim thead th:nth-child(4) button")
    assert verdicts() == sorted(verdicts(), reverse=True)
    browser.click("#figure-figure3 button")
    assert browser.run(
        "return document.querySelector('dialog').open && document.querySelector('dialog img').src.length > 99"
    )


def test_two_clean_runs_give_the_same_tables(results, tmp_path):
    again = copy_project(tmp_path)
    targets = (
        "digits",
        "backbones",
        "wavelets",
        "occlusion",
        "adversarial",
        "filters",
        "cifar",
        "uses",
        "beyond",
        "measure_cifar_aliasing",
        "claims",
    )
    assert snakemake(again, *targets).returncode == 0
    tables = sorted((results / "tables").rglob("*.csv"))
    assert len(tables) == 51
    for table in tables:
        assert (again / "results" / "smoke" / table.relative_to(results)).read_bytes() == table.read_bytes(), table.name
