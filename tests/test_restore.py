"""The article from recorded tables, without a measurement."""

import json
import re
import shutil
from pathlib import Path

import pytest
from runs import copy_project, planned, snakemake

from srop.files import sha256_of
from srop.pipeline.invocation import Invocation
from srop.runs.restore import recorded_table, restorable, restored_tables

PROJECT = Path(__file__).resolve().parent.parent
RECORDED = PROJECT / "workflow" / "recorded"
CONFIG = ("preset=embedded", "restore=recorded")
HEAVY = ("train_", "watch_", "attack_", "corrupt_", "measure_")


def test_rules_are_kept_that_need_nothing_else_than_tables_and_images():
    rules = {
        "measure": (["model"], ["t/a.parquet", "t/a.csv"]),
        "measure_more": (["model"], ["t/b.csv"]),
        "draw": (["t/a.parquet"], ["f/a.svg"]),
        "draw_with_image": (["t/a.csv", "i/224"], ["f/b.svg"]),
        "draw_maps": (["t/a.parquet", "maps"], ["f/c.svg"]),
        "draw_unknown": ([lambda wildcards: "t/a.csv"], ["f/d.svg"]),
        "page": (["f/a.svg", "f/b.svg"], ["page"]),
        "page_of_maps": (["f/a.svg", "f/c.svg"], ["maps.html"]),
        "download": ([], ["model"]),
    }
    assert restorable(rules, tables={"t/a"}, images="i/") == (["measure"], ["draw", "draw_with_image", "page"])


def test_other_values_and_runs_without_a_ledger_are_refused(tmp_path):
    values = json.loads((RECORDED / "embedded" / "origin.json").read_text())["values"]
    assert "digits" in restored_tables(RECORDED / "embedded", values)
    with pytest.raises(ValueError, match=r"digits\.training\.epochs=3 \(here 1\)"):
        restored_tables(RECORDED / "embedded", {"digits": {"training": {"epochs": 1}}})
    with pytest.raises(ValueError, match="no recorded run with a ledger"):
        restored_tables(RECORDED / "adadelta", values)
    with pytest.raises(ValueError, match="restore=mine: recorded takes"):
        Invocation.from_config({"restore": "mine"}, {"restore": "mine"}, PROJECT / "config")


def test_a_recorded_table_that_was_edited_is_refused(tmp_path):
    run = shutil.copytree(RECORDED / "embedded", tmp_path / "run")
    assert recorded_table(run, "claims")["id"].map(type).eq(str).all()
    with (run / "tables" / "claims.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(ValueError, match="changed after it was recorded"):
        recorded_table(run, "claims")


def test_nothing_is_trained_or_measured(tmp_path):
    """Nor is anything of the run itself taken: both have folders of their own."""
    jobs = planned(copy_project(tmp_path / "project"), config=CONFIG)
    assert {"restore_tables", "figure3", "figure5", "report"} <= jobs.keys()
    assert not [rule for rule in jobs if rule.startswith(HEAVY)]


@pytest.mark.slow
def test_the_article_is_made_from_recorded_tables_and_marks_each_value(tmp_path):
    project = copy_project(tmp_path / "project")
    done = snakemake(project, config=CONFIG)
    assert done.returncode == 0, done.stdout + done.stderr
    results = project / "results" / "embedded-restored"
    page = (results / "report.html").read_text(encoding="utf-8")
    article = page[page.index("<main") : page.index('<section id="sources">')]
    values = re.findall(r'<(?:a|span) class="(?:number|verdict)[^"]*"[^>]*>[^<]*</(?:a|span)>(.{0,22})', article)
    assert len(values) > 100
    assert all(after.startswith('<sup class="restored"') for after in values)
    assert len(re.findall(r"<figcaption><strong>.*?</strong><sup class=\"restored\"", article)) > 10
    assert sha256_of(results / "tables" / "claims.csv") == sha256_of(RECORDED / "embedded" / "tables" / "claims.csv")
    record = json.loads((results / "provenance.json").read_text())
    assert record["restored"] == "workflow/recorded/embedded"
    recorded = json.loads((RECORDED / "embedded" / "origin.json").read_text())
    assert [origin["commit"] for origin in record["origins"]] == recorded["commits"]
