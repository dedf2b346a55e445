"""Where results come from: commit, versions, hardware."""

import hashlib
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import torch
from packaging.requirements import Requirement

from srop.pipeline.io import read_provenance

_PROJECT = Path(__file__).resolve().parents[2]


def software(tracked: dict[str, Any]) -> dict[str, Any]:
    """Say which software and which values made a table; the same on every machine that has the same software.

    Args:
        tracked: What :func:`srop.pipeline.stage.tracked` gives.

    Returns:
        ``commit`` (None without git, "+changes" added if a tracked file is changed), ``python``, ``versions`` of the
        direct dependencies (None for one that is not installed, such as weights that a run does without), and the
        values and the code hashes of the stage.
    """
    names = sorted(Requirement(line).name for line in requires("srop") if "extra ==" not in line)
    return {
        "commit": _commit(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in names},
        **tracked,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def file_hash(path: str | Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def origins(tables: Iterable[str | Path]) -> list[dict[str, Any]]:
    """Count Parquet tables by the commit and the device that made them, which a partial rerun leaves different.

    Args:
        tables: Parquet files with a ``provenance`` of ``commit`` and ``device``.

    Returns:
        ``commit``, ``device`` and ``tables`` of each origin.
    """
    records = [read_provenance(table) for table in tables]
    counts = Counter((record["commit"], record["device"]) for record in records)
    return [{"commit": commit, "device": device, "tables": count} for (commit, device), count in counts.items()]


def hardware() -> dict[str, Any]:
    """Say on which machine a run takes place: platform, processor, cores, memory in GiB, and the GPU or None."""
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _commit() -> str | None:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", _PROJECT, *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
