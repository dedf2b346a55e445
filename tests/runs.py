"""Runs of the pipeline in copies of the project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).parent.parent

FIRST_PLANS: dict[Path, dict[str, int]] = {}
"""What a run in a fresh copy was to execute, by copy."""


def copy_project(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name in ("Snakefile", "config", "workflow", "srop", "profiles"):
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, folder / name)
    return folder


def command(*arguments: str, config: tuple[str, ...] = ("preset=smoke",)) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--cores", "all", *arguments, "--config", *config]


def environment(project: Path) -> dict[str, str]:
    """The copy's package goes before the installed one, and weights that this machine may have are not there."""
    return os.environ | {"PYTHONPATH": str(project), "TORCH_HOME": str(project / "torch")}


def snakemake(
    project: Path, *arguments: str, config: tuple[str, ...] = ("preset=smoke",)
) -> subprocess.CompletedProcess:
    """Call the pipeline in a copy of the project."""
    return subprocess.run(
        command(*arguments, config=config),
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,  # ends a run that hangs; a whole one takes ten minutes of two cores, and more if other tests run
    )


def planned(project: Path, *arguments: str, config: tuple[str, ...] = ("preset=smoke",)) -> dict[str, int]:
    """Say how many jobs of which rule a run would execute."""
    result = snakemake(project, *arguments, "--dry-run", config=config)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    if "Nothing to be done" in output:
        return {}
    lines = output.split("Job stats:")[1].split("total")[0].splitlines()[3:]
    return {line.split()[0]: int(line.split()[1]) for line in lines if line.strip()}


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Give a change of a file in a copy of the project."""

    def change(project: Path) -> None:
        text = (project / file).read_text()
        assert old in text
        (project / file).write_text(text.replace(old, new, 1))

    return change
