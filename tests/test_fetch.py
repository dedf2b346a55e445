"""Downloads, once, before the jobs of a cluster."""

import pytest
from runs import copy_project, snakemake


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path / "project")


def test_a_preset_without_downloads_says_so(project):
    done = snakemake(project, "fetch")
    assert done.returncode == 0, done.stderr
    assert "This preset downloads nothing." in done.stdout + done.stderr


def test_weights_that_packages_ship_are_checked(project):
    config = ("preset=smoke", "name=lite", "set=backbones.architectures=[efficientnet_lite0]")
    done = snakemake(project, "fetch", config=config)
    assert done.returncode == 0, done.stderr
    assert "efficientnet_lite0/imagenet: here, and as its hash says" in done.stdout + done.stderr


def test_data_that_may_not_be_downloaded_are_named(project):
    config = ("preset=smoke", "name=mnist", "set=digits.data.source=mnist data.root=nowhere")
    done = snakemake(project, "fetch", config=config)
    assert done.returncode != 0
    assert "nowhere" in done.stdout + done.stderr
    assert "data.download=true" in done.stdout + done.stderr
