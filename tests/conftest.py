"""One run of the preset smoke for all tests that look at results, or change something and ask what reruns."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, opened
from filelock import FileLock
from hypothesis import settings
from runs import FIRST_PLANS, copy_project, planned, snakemake
from shaken import shake

# A deadline would be a timed assertion, which a busy machine fails.
settings.register_profile("srop", deadline=None)
settings.load_profile("srop")


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """A finished run. With `-n`, one process makes it, and each has a copy."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    # Whatever a folder may be called.
    first, plan = base / "é (1), it's [x]", base / "first_plan.json"
    with FileLock(base / "run.lock"):
        if not plan.exists():
            first.mkdir()
            jobs = planned(copy_project(first))
            result = snakemake(first)
            assert result.returncode == 0, result.stdout + result.stderr
            plan.write_text(json.dumps(jobs))
    project = tmp_path_factory.mktemp("é (2), it's [x]")
    shutil.copytree(first, project, dirs_exist_ok=True)
    FIRST_PLANS[project] = json.loads(plan.read_text())
    return project


@pytest.fixture
def results(project) -> Path:
    return project / "results" / "smoke"


@pytest.fixture
def browser(tmp_path) -> Iterator[Browser]:
    with opened(tmp_path) as browser:
        yield browser


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shaken", type=int, metavar="SEED", help="round as another CPU may, see tests/shaken.py")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("shaken") is not None:
        shake(config.getoption("shaken"))
