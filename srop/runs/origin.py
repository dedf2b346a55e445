"""Where a run comes from: what its folder says of values, commits, versions and machine."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECORDS = ("provenance.json", "origin.json")
"""The records of a run's own results and of a recorded run."""


def is_recorded(run: Path) -> bool:
    """Say whether a folder holds a recorded run, whose tables are cut to what is kept."""
    return (run / "origin.json").is_file()


def origin_of(run: Path) -> dict[str, Any]:
    """Read the record of a run.

    Args:
        run: A folder of results or a recorded run.

    Returns:
        ``commits``, ``python``, ``versions``, ``hardware`` and ``values``; empty where the record is missing.

    Raises:
        ValueError: If the record is no JSON.
    """
    for file in (run / name for name in RECORDS):
        if file.is_file():
            try:
                record = json.loads(file.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ValueError(f"{file} is damaged: {error}") from error
            commits = [origin["commit"] or "unknown" for origin in record.get("origins", [])]
            return {"commits": sorted({*commits}), **record}
    return {}


def flattened(values: Mapping[str, Any], stem: str = "") -> dict[str, Any]:
    """Write nested values as one mapping of dotted keys.

    Example:
        >>> flattened({"digits": {"w": [0, 1], "training": {"lr": 0.1}}})
        {'digits.w': [0, 1], 'digits.training.lr': 0.1}
    """
    flat = {}
    for key, value in values.items():
        name = f"{stem}.{key}" if stem else key
        flat |= flattened(value, name) if isinstance(value, Mapping) else {name: value}
    return flat


def other_values(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """List the values that differ between two runs.

    Args:
        one: The values of a run, nested by section.
        other: The values of the other run.

    Returns:
        The two values, by key. A key that only one run has is left out: recorded runs keep a part of their values.

    Example:
        >>> other_values({"digits": {"w": [0], "seeds": [0]}}, {"digits": {"w": [1]}})
        {'digits.w': ([0], [1])}
    """
    first, second = flattened(one), flattened(other)
    return {key: (first[key], second[key]) for key in first if key in second and first[key] != second[key]}
