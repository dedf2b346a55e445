"""Faults of disk, clock and place, injected into runs of the preset smoke; and the page that lists all faults."""

import ast
import os
import re
import resource
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from runs import command, copy_project, environment, planned, snakemake

PROJECT = Path(__file__).resolve().parent.parent
DIGITS = "results/smoke/digits/digits.safetensors"
TRAINING = "results/smoke/digits/none/w0/seed0/model.safetensors"
YEAR = 365 * 24 * 3600


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project with one training, which the tests copy."""
    project = copy_project(tmp_path_factory.mktemp("trained") / "project")
    done = snakemake(project, TRAINING)
    assert done.returncode == 0, done.stderr
    return project


def results_of(project: Path) -> dict[str, bytes]:
    files = sorted((project / "results").rglob("*.safetensors"))
    return {file.relative_to(project).as_posix(): file.read_bytes() for file in files}


@pytest.mark.slow
def test_a_run_on_a_full_disk_names_the_file_and_goes_on_once_there_is_room(trained, tmp_path):
    project = copy_project(tmp_path / "project")
    full = subprocess.run(
        command(TRAINING),
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
        # Files may not grow beyond this, as on a disk that is full.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert full.returncode
    assert f"File too large: '{DIGITS}'" in full.stdout + full.stderr
    assert results_of(project) == {}
    assert snakemake(project, TRAINING).returncode == 0
    assert results_of(project) == results_of(trained)


@pytest.mark.slow
def test_a_clock_that_goes_back_is_named_and_a_touch_is_all_it_takes(trained, tmp_path):
    project = shutil.copytree(trained, tmp_path / "project", symlinks=True)
    ahead = time.time() + YEAR
    os.utime(project / DIGITS, (ahead, ahead))
    assert planned(project, TRAINING) == {}, "an input that is younger than what follows from it"
    (project / TRAINING).unlink()
    behind = snakemake(project, TRAINING)
    assert behind.returncode
    assert "clock skew" in behind.stdout + behind.stderr, "Snakemake refuses what seems to be made before its input"
    os.utime(project / DIGITS)
    assert snakemake(project, TRAINING).returncode == 0
    assert results_of(project) == results_of(trained)


@pytest.mark.slow
def test_a_second_snakemake_in_the_same_folder_is_refused_and_the_first_goes_on(trained, tmp_path):
    project = copy_project(tmp_path / "project")
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    first = subprocess.Popen(command(TRAINING), cwd=project, env=environment(project), **silent)
    locks = project / ".snakemake" / "locks"
    deadline = time.time() + 300
    while not (locks.is_dir() and any(locks.iterdir())):
        assert first.poll() is None, "it ended before it began"
        assert time.time() < deadline, "no lock"
        time.sleep(0.02)
    second = snakemake(project, TRAINING)
    assert second.returncode
    assert "cannot be locked" in second.stderr
    assert first.wait(600) == 0
    assert results_of(project) == results_of(trained)


@pytest.mark.slow
def test_results_that_are_moved_to_another_folder_are_taken_as_they_are(trained, tmp_path):
    whole = shutil.copytree(trained, tmp_path / "é (1), x", symlinks=True)
    assert planned(whole, TRAINING) == {}, "the whole project"
    alone = copy_project(tmp_path / "alone")
    shutil.copytree(trained / "results", alone / "results")
    assert planned(alone, TRAINING) == {}, "the results without Snakemake's records"
    (alone / "results").rename(tmp_path / "elsewhere")
    (alone / "results").symlink_to(tmp_path / "elsewhere")
    assert planned(alone, TRAINING) == {}, "a link to results on another disk"


def test_every_fault_on_the_page_is_injected_by_a_test():
    text = (PROJECT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| fault")]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", row)
        assert named, f"no test: {row}"
        for file, name in named:
            tree = ast.parse((PROJECT / "tests" / file).read_text(encoding="utf-8"))
            functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert name in functions, f"{file} has no {name}"
