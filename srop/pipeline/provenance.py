"""The origin of results: commit, versions, hardware."""

import os
import platform
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import torch
from packaging.requirements import Requirement

from srop.pipeline.io import read_provenance
from srop.pipeline.machine import cpu_kind, processor

_PROJECT = Path(__file__).resolve().parents[2]


def software(tracked: dict[str, Any]) -> dict[str, Any]:
    """Describe the software and the values that made a table, equally on all machines of one kind.

    Args:
        tracked: What :func:`srop.pipeline.stage.tracked` gives.

    Returns:
        ``commit`` (with "+changes" if a tracked file is changed; None if there is no commit, and ``no_commit`` says
        why), ``cpu`` (:func:`srop.pipeline.machine.cpu_kind`), ``python``, ``versions`` of the direct dependencies
        with those of the pipeline (None if not installed, such as packages of weights), and the values and the code
        hashes of the stage.
    """
    commit, reason = _commit()
    names = sorted(Requirement(line).name for line in _requirements())
    return {
        "commit": commit,
        **({"no_commit": reason} if reason else {}),
        "cpu": cpu_kind(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in names},
        **tracked,
    }


def _requirements() -> list[str]:
    """List the direct dependencies, from the project's own file if it is there: it need not be installed."""
    file = _PROJECT / "pyproject.toml"
    if file.is_file():
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        return [*project["dependencies"], *project["optional-dependencies"]["pipeline"]]
    markers = {line: Requirement(line).marker for line in requires("srop")}
    return [line for line, marker in markers.items() if marker is None or marker.evaluate({"extra": "pipeline"})]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def origins(tables: Iterable[str | Path]) -> list[dict[str, Any]]:
    """Count Parquet tables by their origin, since a rerun may leave a mixture.

    Args:
        tables: Parquet files with a ``provenance`` of ``commit`` and ``device``.

    Returns:
        ``commit``, ``device``, ``cpu`` and ``tables`` (the number of tables) of each origin.
    """
    records = [read_provenance(table) for table in tables]
    keys = ("commit", "device", "cpu")
    counts = Counter(tuple(record.get(key) for key in keys) for record in records)
    return [{**dict(zip(keys, origin, strict=True)), "tables": count} for origin, count in counts.items()]


def hardware() -> dict[str, Any]:
    """Describe the machine: platform, processor, cores, memory in GiB, and the GPU or None."""
    return {
        "platform": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _commit() -> tuple[str | None, str]:
    """Give the commit of the project, or None and the reason."""
    # Variables such as GIT_DIR, which hooks and other tools set, would name another repository.
    configured = ("GIT_CONFIG", "GIT_TRACE")
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(configured)
    }

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", _PROJECT, *arguments], capture_output=True, text=True, check=True, env=own
        ).stdout.strip()

    try:
        top = Path(git("rev-parse", "--show-toplevel"))
        if top.resolve() != _PROJECT:
            return None, f"the project lies within another repository, {top}, and is not one itself"
        git("ls-files", "--error-unmatch", "Snakefile")
        changes = "+changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        return git("rev-parse", "HEAD") + changes, ""
    except FileNotFoundError:
        return None, "git is not installed"
    except OSError as error:
        return None, f"git cannot be run: {error}"
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()[:1]
        return None, f"git knows no commit of the project: {''.join(lines) or 'nothing is committed'}"
