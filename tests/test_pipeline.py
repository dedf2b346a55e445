"""The pipeline as a user runs it, on the smoke preset, in a copy of the project that tests may change."""

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
import torch
from nbclient import NotebookClient
from PIL import Image
from runs import FIRST_PLANS, PROJECT, command, copy_project, environment, planned, snakemake
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from srop.pipeline.machine import cpu_kind

pytestmark = pytest.mark.slow

BACKBONES = {
    rule: 1
    for rule in [
        "tabulate_backbones",
        "table1",
        "table2",
        "figure4",
        "figure5",
        "claims",
        "figure_claims",
        "provenance",
        "all",
    ]
}
AFTER_TABLE = {"figure2": 1, "figure3": 1, "claims": 1, "figure_claims": 1, "provenance": 1, "all": 1}
INTRINSIC = {"measure_intrinsic_digits": 1, "tabulate_intrinsic": 1, "figure_intrinsic": 1}
AFTER_LAYERS = AFTER_TABLE | {"measure_kappa": 1, "figure_kappa": 1, "measure_epochs": 1, "tabulate_digits": 1}
AFTER_MODELS = AFTER_LAYERS | INTRINSIC
FIGURES = {
    rule: 1
    for rule in [
        *(f"figure{number}" for number in range(1, 6)),
        "figure_kappa",
        "figure_claims",
        "figure_training",
        "figure_patterns",
        "figure_association",
        "figure_learning",
        "figure_occlusion",
        "figure_robust",
        "figure_adversarial",
        "figure_filters",
        "figure_intrinsic",
        "provenance",
        "all",
    ]
}
# Of the figures those that show no SROPs, or SROPs of one convention.
OF_NO_CONVENTION = {"figure_claims", "figure_training", "figure_patterns", "figure_association", "figure_learning"}
OF_NO_CONVENTION |= {"figure_occlusion", "figure_robust", "figure_adversarial", "figure_filters"}
DIGIT_FIGURES = {rule: 1 for rule in ["figure2", "figure3", "figure_kappa", "provenance", "all"]}
TOLD = {"tabulate_training": 1, "figure_training": 1, "claims": 1, "figure_claims": 1, "provenance": 1, "all": 1}
REBUILT = {"measure_rebuilt": 1, "figure_learning": 1, "claims": 1, "figure_claims": 1, "provenance": 1, "all": 1}
LEARNING = REBUILT | {"measure_learning": 1}
PATTERNS = {"measure_patterns": 1, "figure_patterns": 1, "provenance": 1, "all": 1}
OF_IMAGES = PATTERNS | {
    rule: 1 for rule in ["measure_learning", "figure_learning", "measure_association", "figure_association", "claims"]
}
OF_IMAGES |= {"figure_claims": 1}
WAVELETS = LEARNING | OF_IMAGES
DYNAMICS = TOLD | {"watch_training": 4}
LEANT_ON = {
    rule: 1
    for rule in [
        *("tabulate_occlusion", "figure_occlusion", "figure_robust"),
        *("claims", "figure_claims", "provenance", "all"),
    ]
}
FILTERS = {"tabulate_filters": 1, "figure_filters": 1, "claims": 1, "figure_claims": 1, "provenance": 1, "all": 1}
# Of smoke: two proportions, and the four that modulate.
FILTERS |= {"train_filters": 6}
OCCLUDED = LEANT_ON | {"measure_occlusion_digits": 1}
ATTACKED = {
    rule: 1
    for rule in [
        *("tabulate_adversarial", "figure_adversarial", "figure_robust"),
        *("claims", "figure_claims", "provenance", "all"),
    ]
} | {"attack_adversarial": 2}
OCCLUSION = OCCLUDED | ATTACKED | {"train_adversarial": 2, "measure_occlusion_robust": 1}
VARIANT = {"tabulate_variant": 1, "provenance": 1, "all": 1}
PROFILES = {"measure_baseline": 1, "measure_rotation": 1, "measure_backbone": 2}
IMAGES = BACKBONES | PROFILES | {"prepare_images": 1, "figure1": 1}
MEASURES = AFTER_MODELS | VARIANT | DYNAMICS | PATTERNS | BACKBONES | PROFILES | {"measure_digits": 4}
MEASURES |= OCCLUDED | FILTERS | {"measure_occlusion_robust": 1}
AFTER_TRAININGS = AFTER_MODELS | VARIANT | DYNAMICS | REBUILT | OCCLUDED | {"train_digits": 4, "measure_digits": 4}
# Follows whatever is rerun.
REPORT = {"figure_runtime": 1, "pages": 1, "report": 1}
# May run after the figure of the run times.
LATER = ["provenance", "pages", "report"]
PREPARED = {
    "prepare_digits": 2,
    "prepare_labeled": 1,
    "prepare_filters": 1,
    "corrupt_images": 1,
    "tabulate_networks": 1,
}
EVERYTHING = MEASURES | WAVELETS | OCCLUSION | FILTERS | IMAGES | REPORT | PREPARED | {"train_digits": 4}


def test_a_first_run_makes_everything(project):
    assert FIRST_PLANS[project] == EVERYTHING


@pytest.fixture
def results(project) -> Path:
    return project / "results" / "smoke"


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
    assert planned(project, "speed") == {"measure_speed": 1, "figure_speed": 1, "speed": 1}


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
            "const found = document.evaluate(arguments[0], document, null, XPathResult.FIRST_ORDERED_NODE_TYPE);"
            "found.singleNodeValue?.click(); return found.singleNodeValue !== null"
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


# Reruns: what a change reruns, and nothing else.


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        text = (project / file).read_text()
        assert old in text
        (project / file).write_text(text.replace(old, new, 1))

    return change


def unused(file: str) -> Callable[[Path], None]:
    def change(project: Path) -> None:
        with (project / file).open("a", encoding="utf-8") as code:
            code.write("\n\ndef unused():\n    return 1\n")

    return change


def touch_everything(project: Path) -> None:
    later = time.time() + 5
    for path in (
        path for folder in ("results", "srop", "workflow", "config") for path in (project / folder).rglob("*")
    ):
        os.utime(path, (later, later))


def bring_weights(project: Path) -> None:
    file = project / "torch" / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    file.parent.mkdir(parents=True)
    file.touch()


WITHOUT_FIGURE4 = {rule: jobs for rule, jobs in BACKBONES.items() if rule != "figure4"}

CHANGES = {
    "nothing": (lambda project: None, {}),
    "touch": (touch_everything, {}),
    "a comment and a docstring in a module": (edit("srop/rolloff.py", '"""', '"""# Other words. '), {}),
    "code that writes files": (edit("srop/pipeline/io.py", "%.6f", "%.7f"), {}),
    "code of the digits' figures": (
        edit("srop/experiments/digits/figures.py", "alpha=0.4", "alpha=0.5"),
        DIGIT_FIGURES,
    ),
    "the look of all figures": (edit("srop/style.py", 'style="ticks"', 'style="white"'), FIGURES),
    "an unused function beside the networks of libraries": (
        unused("srop/networks/build.py"),
        BACKBONES | {"measure_backbone": 2, "tabulate_networks": 1},
    ),
    "an unused function beside the digits": (unused("srop/networks/digit_task.py"), AFTER_TRAININGS),
    "an unused function in a table of backbones": (
        unused("srop/experiments/backbones/tables.py"),
        {
            rule: 1
            for rule in ["table1", "table2", "figure4", "figure5", "claims", "figure_claims", "provenance", "all"]
        },
    ),
    "code of the measure": (
        edit("srop/rolloff.py", "float32: 16", "float32: 17"),
        MEASURES | {"figure1": 1},
    ),
    "code of the claims": (
        edit("srop/experiments/digits/claims.py", "above=0.05", "above=0.06"),
        {"claims": 1, "figure_claims": 1, "provenance": 1, "all": 1},
    ),
    "code of the images": (
        edit("srop/data/images.py", "_CROP = 224 / 256", "_CROP = 223 / 256"),
        BACKBONES
        | INTRINSIC
        | OF_IMAGES
        | FILTERS
        | {"prepare_images": 1, "prepare_labeled": 1, "prepare_filters": 1, "corrupt_images": 1, "tabulate_networks": 1}
        | {"figure1": 1}
        | {"measure_baseline": 1, "measure_rotation": 1, "measure_backbone": 2},
    ),
    "an unused function in one figure's script": (
        edit("workflow/digits/figure3.py", "\n\n@stage", "\n\ndef unused():\n    pass\n\n\n@stage"),
        {"figure3": 1, "provenance": 1, "all": 1},
    ),
    "code of the device": (
        edit("srop/pipeline/device.py", "set_num_threads(1)", "set_num_threads(int(1))"),
        AFTER_MODELS
        | VARIANT
        | DYNAMICS
        | WAVELETS
        | OCCLUSION
        | FILTERS
        | BACKBONES
        | {
            "train_digits": 4,
            "measure_digits": 4,
            "measure_baseline": 1,
            "measure_backbone": 2,
            "tabulate_networks": 1,
        },
    ),
    "constants that decide results": (
        edit("srop/experiments/intrinsic/limits.py", "TWONN_POINTS = 500", "TWONN_POINTS = 499"),
        INTRINSIC | {"claims": 1, "figure_claims": 1, "provenance": 1, "all": 1},
    ),
    "code of a script": (
        edit("workflow/digits/figure_kappa.py", "style()", "style(), style()"),
        {
            "figure_kappa": 1,
            "provenance": 1,
            "all": 1,
        },
    ),
    "figures.convention": (
        edit("config/figures.yaml", "published", "printed"),
        {rule: count for rule, count in FIGURES.items() if rule not in OF_NO_CONVENTION} | {"table2": 1},
    ),
    "an architecture's layers": (
        edit("config/architecture/resnet18.yaml", "pool1: maxpool", "pool1: layer1"),
        BACKBONES | {"measure_backbone": 1, "tabulate_networks": 1},
    ),
    "backbones.architectures, one more": (
        edit("config/preset/smoke.yaml", "[alexnet, resnet18]", "[alexnet, resnet18, resnet34]"),
        WITHOUT_FIGURE4 | {"measure_backbone": 1, "tabulate_networks": 1},
    ),
    "weights that were missing": (bring_weights, WITHOUT_FIGURE4 | {"measure_backbone": 1, "tabulate_networks": 1}),
    "backbones.images": (
        edit("config/preset/smoke.yaml", "images: {count: 2}", "images: {count: 3}"),
        IMAGES | {"figure_intrinsic": 1},
    ),
    "backbones.seeds, one more": (
        edit("config/preset/smoke.yaml", "  noise: 2\n  seeds: [0]", "  noise: 2\n  seeds: [0, 1]"),
        BACKBONES | {"measure_backbone": 2},
    ),
    "digits.kappas": (
        edit("config/preset/smoke.yaml", "kappas: [0.5,", "kappas: [0.6,"),
        {"measure_kappa": 1, "figure_kappa": 1, "provenance": 1, "all": 1},
    ),
    "digits.conventions": (
        edit("config/digits.yaml", "[published, printed]", "[printed, published]"),
        AFTER_MODELS | VARIANT | {"measure_digits": 4},
    ),
    "digits.training": (
        edit("config/digits.yaml", "lr: 0.001", "lr: 0.002"),
        AFTER_TRAININGS | LEARNING | OCCLUSION | FILTERS,
    ),
    "digits.data.frog": (
        edit("config/digits.yaml", "index: 4", "index: 7"),
        AFTER_MODELS
        | DYNAMICS
        | REBUILT
        | OCCLUSION
        | FILTERS
        | {"prepare_filters": 1, "corrupt_images": 1}
        | {"prepare_digits": 1, "train_digits": 3, "measure_digits": 3},
    ),
    "wavelets.neighbors": (
        edit("config/wavelets.yaml", "neighbors: 10", "neighbors: 9"),
        {
            rule: 1
            for rule in ["measure_association", "figure_association", "claims", "figure_claims", "provenance", "all"]
        },
    ),
    "wavelets.data": (
        edit("config/preset/smoke.yaml", "data: {count: 200}", "data: {count: 250}"),
        OF_IMAGES | {"prepare_labeled": 1},
    ),
    "filters.noise": (
        edit("config/filters.yaml", "noise: 0.5", "noise: 0.4"),
        FILTERS,
    ),
    "filters.proportions, one more": (
        edit("config/preset/smoke.yaml", "proportions: [0, 1]", "proportions: [0, 0.5, 1]"),
        FILTERS | {"train_filters": 1},
    ),
    "filters.severities": (
        edit("config/filters.yaml", "severities: [3]", "severities: [4]"),
        FILTERS | {"corrupt_images": 1},
    ),
    "filters.cutoffs": (
        edit("config/filters.yaml", "cutoffs: [8, 10, 12]", "cutoffs: [8, 10, 11]"),
        FILTERS | {"tabulate_networks": 1, "figure5": 1},
    ),
    "adversarial.attacks": (
        edit("config/preset/smoke.yaml", "cw_searches: 1", "cw_searches: 2"),
        ATTACKED,
    ),
    "adversarial.training.eps": (
        edit("config/preset/smoke.yaml", "eps: [0, 0.3]", "eps: [0, 0.2]"),
        ATTACKED | LEANT_ON | {"train_adversarial": 1, "attack_adversarial": 1, "measure_occlusion_robust": 1},
    ),
    "a regime of the trainings that are watched": (
        edit("config/training_dynamics.yaml", "rate: 100", "rate: 10"),
        DYNAMICS | {"watch_training": 1},
    ),
    "training_dynamics.reference": (
        edit("config/preset/smoke.yaml", "reference: [1, 2]", "reference: [1, 3]"),
        DYNAMICS | {"watch_training": 1},
    ),
    "digits.w, one more": (
        edit("config/preset/smoke.yaml", "w: [0, 1]", "w: [0, 0.9, 1]"),
        AFTER_LAYERS | {"train_digits": 2, "measure_digits": 2},
    ),
    "digits.seeds, one more": (
        edit("config/preset/smoke.yaml", "w: [0, 1]\n  seeds: [0]", "w: [0, 1]\n  seeds: [0, 1]"),
        AFTER_MODELS | VARIANT | REBUILT | OCCLUDED | {"train_digits": 4, "measure_digits": 4},
    ),
    "digits.layers": (
        edit("config/digits.yaml", "layers: [conv2, relu2, pool]", "layers: [relu2, pool]"),
        AFTER_LAYERS | VARIANT | {"measure_digits": 4},
    ),
    "digits.variants, one more": (
        edit(
            "config/preset/smoke.yaml",
            "  variants:",
            "  variants:\n    sgd: {case: case2, w: 1, set: [digits.training.optimizer=sgd]}",
        ),
        VARIANT | {"train_digits": 1, "measure_digits": 1},
    ),
    "a variant's values": (
        edit("config/preset/smoke.yaml", "index=5", "index=7"),
        VARIANT | {"prepare_digits": 1, "train_digits": 1, "measure_digits": 1},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_reruns_exactly(project, tmp_path, name):
    change, expected = CHANGES[name]
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    change(tmp_path)
    assert planned(tmp_path) == (expected | REPORT if expected else {})


def test_figure2_follows_its_layer_there_and_back(project, tmp_path):
    """Back at the first layer every file is there, but the main one shows the other layer."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    edit("config/figures.yaml", "layer: relu2", "layer: pool")(tmp_path)
    assert snakemake(tmp_path, "figure2").returncode == 0
    assert planned(tmp_path, "figure2") == {}
    edit("config/figures.yaml", "layer: pool", "layer: relu2")(tmp_path)
    assert planned(tmp_path, "figure2") == {"figure2": 1}


def test_settings_that_are_no_values_rerun_nothing(project):
    assert planned(project, config=("preset=smoke", "device=cpu", "set=data.root=/elsewhere")) == {}


def test_a_caption_reruns_the_report_alone(project, tmp_path):
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    edit("workflow/digits/figure3.rst", "Accuracy", "The accuracy")(tmp_path)
    assert planned(tmp_path) == {"report": 1, "all": 1}


def test_lost_figure_is_redrawn_alone(project, results):
    figure = results / "figures" / "figure3.svg"
    content = figure.read_bytes()
    figure.unlink()
    assert planned(project, "figure3") == {"figure3": 1}
    assert snakemake(project, "figure3").returncode == 0
    assert figure.read_bytes() == content


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


# Values from the command line.

ONE_TRAINING = "digits.w=[1] digits.cases=[case2] digits.variants=null digits.data.train=1000 digits.training.epochs=6"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (["preset=nope"], "preset/nope"),
        (["preset=smoke", "--config", "device=cpu"], "--config stands twice"),
        (["preset=smoke/../paper"], "preset=smoke/../paper: there is no"),
        (["preset=[smoke,paper]"], "give one of embedded, paper, smoke"),
        (["preset=smoke", "name=1.10"], "name=1.1: it was read as a number"),
        (["preset=smoke", "name=0"], "name=0: it was read as a number"),
        (["preset=smoke", "name=[a,b]"], "it was read as a number or a list"),
        (["preset=smoke", "name=a", "set=+digits.variants.x={case:case2,w:1,set:[]}"], "is written in a preset's YAML"),
        (["prest=smoke"], "prest"),
        (["preset=smoke", "set=digits.w=[0.5]"], "add name=NAME"),
        (["preset=smoke", "name=a", "set=digits.w=[1.5]"], "must be a list of numbers in [0, 1]"),
        (["preset=smoke", "name=a", "set=digits.nope=1"], "digits.nope"),
        (["preset=smoke", "name=a", "set=digits.training.epochs=many"], "digits.training.epochs=many"),
        (["preset=smoke", "name=a/b"], "becomes a folder"),
        (["preset=smoke", "name=", "set=digits.w=[0.5]"], "add name=NAME"),
        (["preset=smoke", "name=a", "set=preset=paper"], "give the preset by itself"),
        (["preset=smoke", "name=a", "set=architecture.input_size=96"], "change an architecture in its YAML"),
        (["preset=smoke", "name=a", "set=digits.w=[1] +run.batch_size=3"], "set=+run.batch_size=3"),
        (["preset=smoke", "name=a", "set=digits.w=0.5"], "digits.w=0.5: must be a list of numbers"),
        (
            [
                "preset=smoke",
                "name=a",
                'set=data.root="/sp aced" backbones.images={source:folder,folder:"/no where",count:20}',
            ],
            "backbones.images.folder=/no where: there is no such folder",
        ),
        (["preset=smoke", "name=a", "set=digits.w=[1] # digits.seeds=[1]"], "set=#: set takes"),
        (["preset=smoke", "name=a", "set=digits.w=[1]", "set=digits.seeds=[1]"], "--config has set twice"),
        (["preset=smoke", "name=a #b"], "name=a #b: Snakemake reads 'a' and drops the rest"),
        (
            ["preset=smoke", "name=a", "set=digits.training.lr=0.5, digits.seeds=[1]"],
            'digits.training.lr="0.5,": must be a number > 0',
        ),
        (["preset=smoke", "name=a", "set=digits.training.lr=${no.such}"], "Interpolation key 'no.such' not found"),
        (["preset=smoke", "device=banana"], "device=banana"),
        (["preset=smoke", "device=0"], "device=0: there are auto, cpu"),
        (
            ["preset=smoke", "name=a", "set=backbones.architectures=[resnet81]"],
            "config/architecture/ holds no resnet81",
        ),
        (
            ["preset=smoke", "name=a", "set=figures.figure4=[alexnett]"],
            "figures.figure4: config/architecture/ holds no",
        ),
    ],
)
def test_bad_settings_are_refused_before_anything_runs(tmp_path, config, message):
    project = copy_project(tmp_path)
    result = snakemake(project, config=tuple(config))
    assert result.returncode != 0
    assert message in result.stderr
    assert not (project / "results").exists()


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_results_that_are_no_folder_are_named_by_a_dry_run(tmp_path, make):
    project = copy_project(tmp_path)
    make(project / "results")
    result = snakemake(project, "--dry-run")
    assert result.returncode
    assert "results is a" in result.stdout + result.stderr
    assert "move it away" in result.stdout + result.stderr


def test_a_workflow_profile_that_is_not_there_is_refused(tmp_path):
    project = copy_project(tmp_path)
    result = snakemake(project, "--dry-run", "--workflow-profile", "profiles/slurmm")
    assert result.returncode
    assert "--workflow-profile profiles/slurmm: there is no such folder" in result.stdout + result.stderr


def test_a_workflow_profile_is_seen_from_where_the_command_was_given(tmp_path):
    project, elsewhere = copy_project(tmp_path / "project"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "figure1", "--workflow-profile"]
    run += ["profiles/default", "--config", "preset=smoke"]

    def said(folder: Path, *more: str) -> str:
        env = environment(project) | {"PWD": str(folder)}
        result = subprocess.run([*run, *more], cwd=folder, env=env, capture_output=True, text=True, check=False)
        return result.stdout + result.stderr

    assert "there is no such folder" in said(elsewhere, "--snakefile", str(project / "Snakefile"))
    assert "figure1" in said(project, "--directory", str(elsewhere)).split("Job stats")[1]


@pytest.mark.skipif(find_spec("snakemake_executor_plugin_slurm") is not None, reason="the extra slurm is installed")
def test_the_slurm_profile_without_its_plugin_names_the_extra(tmp_path):
    result = snakemake(copy_project(tmp_path), "--dry-run", "--workflow-profile", "profiles/slurm")
    assert result.returncode
    assert "its plugin is missing: pip install -e '.[slurm]'" in result.stderr
    assert "usage:" not in result.stderr


def test_jobs_are_called_with_what_references_refer_to(tmp_path):
    """Those of a preset and of a variant, too: a job may run where the environment is another."""
    project = copy_project(tmp_path)
    preset = project / "config" / "preset" / "smoke.yaml"
    text = preset.read_text().replace(
        "training: {epochs: 1}", "training: {epochs: '${oc.env:EPOCHS,1}', lr: '${oc.env:RATE}'}"
    )
    preset.write_text(
        text.replace("set: [digits.data.frog.index=5]", "set: ['digits.training.epochs=${digits.data.frog.index}']")
    )
    words = command("digits", "--dry-run", "--printshellcmds")
    env = environment(project) | {"RATE": "0.25"}
    result = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, check=False)
    calls = [line for line in result.stdout.splitlines() if "train_digits.py" in line]
    assert len(calls) == 4
    assert all("digits.training.lr=0.25 " in call and "${" not in call for call in calls)
    of_variant = [call for call in calls if "variants/frog5" in call]
    assert len(of_variant) == 1
    assert "digits.training.epochs=4 " in of_variant[0]


def test_run_times_are_of_the_jobs_that_the_configuration_has(tmp_path):
    """Stale ones match the rules' patterns: settings, seeds and stages that are no longer asked for."""
    project = copy_project(tmp_path)
    own = ["train_digits/digits/case2/w1/seed0", "figure1"]
    stale = ["train_digits/digits/case2/w1/seed1", "train_digits/digits/case1/w0/seed0", "provenance"]
    stale += ["measure_intrinsic_backbone/alexnet/random", "train_digits/variants/frog5/case1/w1/seed0"]
    for name in [*own, *stale]:
        file = project / "results" / "smoke" / "benchmarks" / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("s\n1\n")
    said = snakemake(project, "figure_runtime", "--dry-run", "--printshellcmds").stdout
    (call,) = [line for line in said.splitlines() if "figure_runtime.py" in line]
    left_out = re.search(r"run\.leave_out=\[(.*?)\]", call)[1].split(",")
    assert sorted(left_out) == sorted(f"results/smoke/benchmarks/{name}.tsv" for name in stale)


def test_triggers_that_would_keep_results_of_other_values_are_refused(tmp_path):
    project = copy_project(tmp_path)
    result = snakemake(project, "results/smoke/digits/digits.safetensors", "--rerun-triggers", "mtime")
    assert result.returncode
    assert "rerun-triggers leave out code, input, params" in result.stderr
    assert not (project / "results" / "smoke" / "digits").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_results_are_named(tmp_path):
    project = copy_project(tmp_path)
    (project / "results").mkdir(mode=0o500)
    result = snakemake(project)
    assert result.returncode != 0
    assert "results is not writable" in result.stderr


def test_set_writes_beside_the_preset(project):
    config = ("preset=smoke", "name=try", f"set={ONE_TRAINING}")
    result = snakemake(project, "results/smoke-try/digits/digits.safetensors", config=config)
    assert result.returncode == 0, result.stderr
    assert planned(project) == {}


TINY = """
title: Tiny
source: module
model: tiny_networks:tiny
input_size: 16
layers: {conv: '0', pool: '1'}
downscaling: [pool]
"""


def test_networks_of_another_input_size_alone(project, tmp_path):
    """Figure 4 shows networks of 224 x 224; all else goes on without it."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config/architecture/tiny.yaml").write_text(TINY)
    (tmp_path / "tiny_networks.py").write_text("def tiny(): ...")
    jobs = planned(tmp_path, config=("preset=smoke", "name=small", "set=backbones.architectures=[tiny]"))
    assert jobs["measure_backbone"] == jobs["figure5"] == jobs["report"] == 1
    assert "figure4" not in jobs


def test_backbones_have_an_intrinsic_dimension_from_500_images_on(tmp_path):
    project, folder = copy_project(tmp_path / "project"), tmp_path / "images"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(500):
        Image.fromarray(generator.integers(0, 255, (16, 16, 3), dtype=np.uint8)).save(folder / f"{number:03}.png")
    (project / "config/architecture/tiny.yaml").write_text(TINY)
    (project / "tiny_networks.py").write_text(
        "from torch import nn\n\ndef tiny():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(196, 5))\n"
    )
    architectures = "backbones.architectures=[alexnet,resnet18,tiny]"
    values = f"{architectures} backbones.images={{source:folder,folder:{folder},count:500}}"
    config = ("preset=smoke", "name=id", f"set={values}")
    assert planned(project, "id", config=config)["measure_intrinsic_backbone"] == 3
    file = "results/smoke-id/backbones/tiny/random/intrinsic.parquet"
    result = snakemake(project, file, config=config)
    assert result.returncode == 0, result.stdout + result.stderr
    table = pd.read_parquet(project / file)
    assert table["layer"].unique().tolist() == ["input", "conv", "pool", "output"]
    assert set(table["title"]) == {"Tiny"}
    assert (table["intrinsic_dimension"] > 3).all()
    assert table.loc[table["layer"] != "output", "srop"].between(0, 1).all()


@pytest.mark.parametrize(
    ("file", "damage", "target"),
    [
        ("tables/digits.csv", lambda content: content.replace(b"0.", b"1.", 1), "figure3"),
        ("digits/case2/w1/srops.parquet", lambda content: content[:-50], "tabulate_digits"),
        (
            "digits/digits.safetensors",
            lambda content: content[:-100] + bytes([content[-100] ^ 1]) + content[-99:],
            "figure2",
        ),
    ],
)
def test_a_damaged_result_is_refused_and_the_command_in_the_message_repairs_it(project, tmp_path, file, damage, target):
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "results" / "smoke" / file
    before = path.read_bytes()
    path.write_bytes(damage(before))
    result = snakemake(tmp_path, target)
    assert result.returncode
    (said,) = {line for line in (result.stdout + result.stderr).splitlines() if line.startswith("ValueError: ")}
    name, repair = re.match(r"ValueError: (\S+) .*; repeat the run's command with (.*)$", said).groups()
    assert name == f"results/smoke/{file}"
    assert snakemake(tmp_path, target, *shlex.split(repair)).returncode == 0
    assert path.read_bytes() == before


def test_results_of_other_values_are_told_where_snakemake_has_lost_its_records(project, tmp_path):
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / ".snakemake")
    assert planned(tmp_path, "figure_kappa") == {}
    edit("config/preset/smoke.yaml", "kappas: [0.5, 0.85]", "kappas: [0.6, 0.85]")(tmp_path)
    result = snakemake(tmp_path, "figure_kappa")
    assert result.returncode
    said = result.stdout + result.stderr
    assert "results/smoke/tables/kappa.csv" in said
    (repair,) = re.findall(r"repeat the command with (--forcerun .*)", said)
    assert planned(tmp_path, "figure_kappa", *shlex.split(repair))["measure_kappa"] == 1


def test_jobs_import_the_projects_package_whatever_else_is_on_the_path(project, tmp_path):
    """As an installed copy of another version is; and the project need not be installed."""
    other = tmp_path / "site" / "srop"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('not this one')")
    script = project / "workflow" / "scripts" / "networks.py"
    environ = os.environ | {"PYTHONPATH": str(other.parent)}
    alone = subprocess.run([sys.executable, script], env=environ, capture_output=True, text=True, check=False)
    assert "not this one" in alone.stderr
    result = subprocess.run(
        command("networks", "--forcerun", "networks"),
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (other / "__init__.py").write_text("")
    shutil.copytree(project / "srop", other, dirs_exist_ok=True)
    alone = subprocess.run([sys.executable, script], env=environ, capture_output=True, text=True, check=False)
    assert f"not from its own project; set PYTHONPATH={project}" in alone.stderr
    assert snakemake(project).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cores", "2"], "Preset smoke: results/smoke/ on auto, 2 cores, downloads nothing; not recorded"),
        (["-j", "1"], "on auto, 1 core, "),
        (["--jobs=2"], "on auto, 2 cores, "),
        (
            ["results/embedded/tables/digits.csv"],
            "belongs to another run than results/smoke/; add --config preset=embedded",
        ),
        (["results/smoke-mine/report.html"], "add --config preset=smoke name=mine"),
    ],
)
def test_what_the_command_line_means_is_said_first(project, arguments, said):
    run = [sys.executable, "-m", "snakemake", "--dry-run", *arguments, "--config", "preset=smoke"]
    result = subprocess.run(run, cwd=project, env=environment(project), capture_output=True, text=True, check=False)
    assert said in result.stdout + result.stderr


def test_one_job_at_a_time_has_the_gpu_whatever_other_resources_are_given(project):
    """And on this machine jobs that could use one ask torch, not the driver's tools."""
    rules = """
include: "Snakefile"
print("gpu:", workflow.global_resources["gpu"].value, "has:", gpu_job(None), file=sys.stderr)
"""
    (project / "asking.smk").write_text(rules)
    said = snakemake(project, "--snakefile", "asking.smk", "--resources", "mem_mb=8000", "--dry-run", "figure1")
    (project / "asking.smk").unlink()
    assert f"gpu: 1 has: {int(torch.cuda.is_available())}" in said.stderr


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.time() + seconds
    while not condition():
        assert time.time() < deadline, "waited in vain"
        time.sleep(0.02)


def logs_of(results: Path, rule: str) -> list[str]:
    """Read the logs of a rule's jobs, of which an error of one may keep others from starting."""
    return [log.read_text() for log in (results / "logs" / rule).rglob("*.log")]


def test_networks_of_another_run_are_measured_in_the_place_of_trainings(project, results):
    # Quoted for Hydra, and for the shell's rules by which `set` is split; amid others, for Snakemake strips quotation
    # marks at both ends.
    folder = shlex.quote(f'digits.networks="{results / "digits"}"')
    networks = f"data.root=data {folder} digits.variants=null"
    again = ("preset=smoke", "name=again", f"set={networks}")
    assert "train_digits" not in planned(project, "digits", config=again)
    assert snakemake(project, "digits", config=again).returncode == 0
    taken = project / "results" / "smoke-again"
    for table in ("digits", "kappa", "frog_epochs"):
        assert (taken / "tables" / f"{table}.csv").read_bytes() == (results / "tables" / f"{table}.csv").read_bytes()
    metrics = taken / "digits" / "case2" / "w1" / "seed0" / "metrics.parquet"
    origin = json.loads(pq.read_schema(metrics).metadata[b"provenance"])
    assert origin["device"] == "cpu"
    model = results / "digits" / "case2" / "w1" / "seed0" / "model.safetensors"
    assert origin["taken"]["sha256"][0] == hashlib.sha256(model.read_bytes()).hexdigest()
    other = ("preset=smoke", "name=other", f"set={networks} digits.training.lr=0.5")
    assert snakemake(project, "digits", config=other).returncode
    said = "was trained with lr=0.001, this run has 0.5. Networks are taken under the same values only"
    assert any(said in text for text in logs_of(project / "results" / "smoke-other", "take_digits"))
    frog = ("preset=smoke", "name=frog", f"set={networks} digits.data.frog.index=5")
    assert snakemake(project, "digits", config=frog).returncode
    said = "was trained with digits="
    assert any(said in text for text in logs_of(project / "results" / "smoke-frog", "take_digits"))
    more = ("preset=smoke", "name=more", f"set={networks} digits.seeds=[0,7]")
    refused = snakemake(project, "digits", "--dry-run", config=more)
    assert refused.returncode
    assert "seed7/model.safetensors is missing, and" in refused.stdout + refused.stderr
    # Files of two networks exchanged: each is whole and sealed, and belongs to another training.
    exchanged = project / "exchanged = (1)"
    shutil.copytree(results / "digits", exchanged)
    for name in ("model.safetensors", "conv_weights_by_epoch.safetensors"):
        first, second = (exchanged / case / "w1" / "seed0" / name for case in ("case1", "case2"))
        first.write_bytes(second.read_bytes())
        config = (
            "preset=smoke",
            "name=exchanged",
            f"set=data.root=data {shlex.quote(f'digits.networks={exchanged}')} digits.variants=null",
        )
        assert snakemake(project, "digits", config=config).returncode
        logs = logs_of(project / "results" / "smoke-exchanged", "take_digits")
        assert any(f"{first} is not of the training that" in text for text in logs)
        shutil.copy(results / "digits" / "case1" / "w1" / "seed0" / name, first)


def test_killed_training_goes_on_and_ends_the_same(tmp_path):
    """Kill -9 of a job, then of snakemake itself; the same command brings the undisturbed tables."""
    config = ("preset=smoke", "name=killed", f"set={ONE_TRAINING}")
    undisturbed, disturbed = copy_project(tmp_path / "undisturbed"), copy_project(tmp_path / "disturbed")
    assert snakemake(undisturbed, "digits", config=config).returncode == 0

    checkpoint = disturbed / "results/smoke-killed/checkpoints/digits/case2/w1/seed0.pt"
    log = disturbed / "results/smoke-killed/logs/train_digits/digits/case2/w1/seed0.log"

    def start() -> subprocess.Popen:
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(
            command("digits", config=config),
            cwd=disturbed,
            env=environment(disturbed),
            start_new_session=True,
            **silent,
        )

    def kill_job(run: subprocess.Popen) -> None:
        for process in psutil.Process(run.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(word.startswith("checkpoint=") for word in process.cmdline()):
                    process.kill()

    def written() -> int:
        return checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0

    run = start()
    wait_for(checkpoint.exists)
    kill_job(run)
    assert run.wait(120) != 0
    assert checkpoint.exists()

    before = written()
    run = start()
    wait_for(lambda: written() > before)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(10)
    assert "goes on after epoch" in log.read_text()

    locked = snakemake(disturbed, "digits", config=config)
    assert locked.returncode != 0
    assert "--unlock" in locked.stderr
    assert snakemake(disturbed, "digits", "--unlock", config=config).returncode == 0
    assert snakemake(disturbed, "digits", config=config).returncode == 0
    assert not checkpoint.exists()
    tables = sorted((undisturbed / "results").rglob("*.csv"))
    assert len(tables) == 4
    for table in tables:
        assert (disturbed / table.relative_to(undisturbed)).read_bytes() == table.read_bytes(), table.name
