"""What a run of the preset smoke leaves: figures, tables, provenance, a report in a browser, notebooks."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pyarrow.parquet as pq
import pytest
from nbclient import NotebookClient
from runs import FIRST_PLANS, PROJECT, copy_project, planned, snakemake
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
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


def test_variant_stands_beside_the_experiment(results):
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
    assert record["origins"] == [{"commit": None, "device": device, "cpu": cpu_kind(), "tables": 40}]
    assert "git" in record["no_commit"]
    for table in set(results.rglob("*.parquet")) - set((results / "tables").rglob("*.parquet")):
        metadata = json.loads(pq.read_schema(table).metadata[b"provenance"])
        assert {"commit", "versions", "values", "code", "device", "cpu"} <= metadata.keys()


# The report, in a browser.

CATEGORIES = [
    "1 Claims",
    "2 Images and noise",
    "3 Digits",
    "4 Random networks",
    "5 Random and trained networks",
    "6 Intrinsic dimension",
    "7 Trainings",
    "8 Patterns of data sets",
    "9 Frequencies and robustness",
    "Run",
]


class Browser:
    """Headless Chromium at the report; everything in it appears some time after a click."""

    def __init__(self, driver: webdriver.Chrome):
        self.driver = driver
        self.run = driver.execute_script
        late = [NoSuchElementException, StaleElementReferenceException]
        self.until = WebDriverWait(driver, 30, poll_frequency=0.05, ignored_exceptions=late).until

    def click(self, xpath: str) -> None:
        # Found and clicked in one step: the menu moves, and what was found before may have been drawn anew.
        script = (
            "const match = document.evaluate(arguments[0], document, null, XPathResult.FIRST_ORDERED_NODE_TYPE);"
            "match.singleNodeValue?.click(); return match.singleNodeValue !== null"
        )
        self.until(lambda driver: driver.execute_script(script, xpath))

    def requests(self) -> set[str]:
        """Addresses asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}


@pytest.fixture
def browser(tmp_path) -> Iterator[Browser]:
    binary, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and chromedriver):
        pytest.skip("needs chromium and chromedriver on PATH (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1500,950",
        f"user-data-dir={tmp_path}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with webdriver.Chrome(options=options, service=Service(chromedriver)) as driver:
        driver.get("about:blank")
        browser = Browser(driver)
        browser.requests()
        yield browser


def test_report_shows_everything_and_loads_nothing(results, browser):
    report = (results / "report.html").as_uri()
    browser.driver.get(report)
    browser.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "#rulegraph svg, #rulegraph canvas"))
    assert "Spectral roll-off points" in browser.driver.find_element(By.CSS_SELECTOR, ".prose h1").text
    menu = [link.text for link in browser.driver.find_elements(By.CSS_SELECTOR, "nav li > a")]
    assert [link for link in menu if link[:1].isdigit() or link == "Run"] == CATEGORIES

    shown = browser.run("return results")
    assert browser.driver.find_element(By.CSS_SELECTOR, ".prose img").size["width"] > 300
    stems = ["figure1", "figure2", "figure3", "kappa", "figure4", "figure5-images", "figure5-noise", "id", "runtime"]
    stems += ["claims-by-choice", "training", "patterns", "association", "learning", "occlusion", "occlusion-example"]
    stems += ["heat", "robust", "attacks", "attacks-difference", "filters", "corruptions"]
    tables = ["claims", "table1", "table2", "networks", "provenance"]
    assert {Path(path).name for path in shown} == {f"{stem}.svg" for stem in stems} | {
        f"{name}.html" for name in tables
    }
    contents = browser.run("return categories")
    for category in CATEGORIES:
        for path in contents[category]["Other"]:
            result = shown[path]
            browser.run("app.setView({navbarMode: 'menu'})")
            browser.click(f"//nav//a[normalize-space()='{category}']")
            row = f"//nav//tr[td[1][normalize-space()='{result['labels']['result']}']]"
            browser.click(f"({row}//a)[1]")
            if path.endswith(".svg"):
                browser.until(lambda driver, uri=result["data_uri"]: is_drawn(browser, uri))
            else:
                frame = browser.until(lambda driver, uri=result["data_uri"]: frame_of(driver, uri))
                browser.driver.switch_to.frame(frame)
                browser.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "td")) > 3)
                browser.driver.switch_to.default_content()
            browser.click(f"({row}//a)[2]")
            caption = browser.until(lambda driver: driver.find_element(By.CSS_SELECTOR, "nav .prose").text)
            assert len(caption) > 80
            assert "system-message" not in result["caption"]

    browser.run("app.setView({navbarMode: 'menu'})")
    browser.click("//nav//a[normalize-space()='Statistics']")
    for plot in ("runtimes", "timeline"):
        browser.until(lambda driver, plot=plot: driver.find_element(By.CSS_SELECTOR, f"#{plot} svg, #{plot} canvas"))

    asked = {address for address in browser.requests() if not address.startswith(("data:", "blob:"))}
    assert asked == {report}
    assert [entry for entry in browser.driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def is_drawn(browser: Browser, uri: str) -> bool:
    return browser.run(
        "const image = document.querySelector('#app > div > div img');"
        "return Boolean(image) && image.src === arguments[0] && image.complete && image.naturalWidth > 0"
        " && image.getBoundingClientRect().width > 300",
        uri,
    )


def frame_of(driver: webdriver.Chrome, uri: str):
    frame = driver.find_element(By.TAG_NAME, "iframe")
    return frame if frame.get_attribute("src") == uri else None


def test_claims_are_sorted_by_a_click(results, browser):
    browser.driver.get((results / "report" / "claims.html").as_uri())

    def verdicts() -> list[str]:
        return [cell.text for cell in browser.driver.find_elements(By.CSS_SELECTOR, "tbody td:nth-child(5)")]

    browser.click("//th[text()='verdict']")
    assert verdicts() == sorted(verdicts())
    browser.click("//th[text()='verdict']")
    assert verdicts() == sorted(verdicts(), reverse=True)


@pytest.mark.parametrize("notebook", sorted((PROJECT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs_on_these_results_and_is_stripped(results, monkeypatch, notebook):
    monkeypatch.setenv("SROP_RESULTS", str(results))
    content = nbformat.read(notebook, as_version=4)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    NotebookClient(content, timeout=120, resources={"metadata": {"path": str(notebook.parent)}}).execute()
    assert sum(bool(cell.outputs) for cell in code) >= 3


def test_two_clean_runs_give_the_same_tables(results, tmp_path):
    again = copy_project(tmp_path)
    assert (
        snakemake(again, "digits", "backbones", "wavelets", "occlusion", "adversarial", "filters", "claims").returncode
        == 0
    )
    tables = sorted((results / "tables").rglob("*.csv"))
    assert len(tables) == 34
    for table in tables:
        assert (again / "results" / "smoke" / table.relative_to(results)).read_bytes() == table.read_bytes(), table.name
