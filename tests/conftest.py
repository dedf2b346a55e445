"""One run of the preset smoke for all tests that look at results, or change something and ask what reruns."""

from pathlib import Path

import pytest
from hypothesis import settings
from runs import FIRST_PLANS, copy_project, planned, snakemake
from shaken import shake

# A deadline would be a timed assertion, which a busy machine fails.
settings.register_profile("srop", deadline=None)
settings.load_profile("srop")


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    # Whatever a folder may be called.
    project = copy_project(tmp_path_factory.mktemp("é (1), it's [x]"))
    FIRST_PLANS[project] = planned(project)
    result = snakemake(project)
    assert result.returncode == 0, result.stdout + result.stderr
    return project


@pytest.fixture
def results(project) -> Path:
    return project / "results" / "smoke"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `-n`, one process has all tests of that run, and the others share the rest."""
    for item in items:
        if "project" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("project"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shaken", type=int, metavar="SEED", help="round as another CPU may, see tests/shaken.py")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("shaken") is not None:
        shake(config.getoption("shaken"))
