"""The page that shows how two runs differ: one HTML file that loads nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from srop.ledger.vocabulary import marked, verdict_style
from srop.runs.figures import picture_of
from srop.runs.origin import origin_of, other_values


def page(
    one: Path,
    other: Path,
    *,
    values: pd.DataFrame,
    verdicts: pd.DataFrame,
    figures: pd.DataFrame,
    template: str,
    style: str,
    script: str,
) -> str:
    """Write the page.

    Args:
        one: A run.
        other: Another.
        values: What :func:`~srop.runs.differences.in_spreads` gives.
        verdicts: What :func:`~srop.runs.verdicts.verdicts_of_both` gives; empty where a run has no ledger.
        figures: What :func:`~srop.runs.figures.moved_figures` gives.
        template: The page, in Jinja.
        style: CSS.
        script: JavaScript.

    Returns:
        HTML.
    """
    records = [origin_of(run) for run in (one, other)]
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = _number
    moved = values[values["column"].notna()]
    return environment.from_string(template).render(
        runs=[_described(run, record) for run, record in zip((one, other), records, strict=True)],
        other_values=other_values(*(record.get("values", {}) for record in records)),
        counts={
            "moved": len(moved),
            "beyond": int((moved["times"] > 1).sum()),
            "unknown": int(moved["times"].isna().sum()),
            "verdicts": _turned(verdicts),
            "alike": int(verdicts["same_rule"].sum()) if len(verdicts) else 0,
        },
        moved=moved.to_dict("records"),
        apart=values[values["column"].isna()].to_dict("records"),
        judged=len(verdicts),
        verdicts=verdicts[verdicts["moved"]].to_dict("records") if len(verdicts) else [],
        figures=[
            {**figure, "pictures": [picture_of(run, figure["figure"]) for run in (one, other)]}
            for figure in figures.to_dict("records")
        ],
        mark=marked,
        style=style + verdict_style(),
        script=script,
    )


def summary(values: pd.DataFrame, verdicts: pd.DataFrame, figures: pd.DataFrame) -> str:
    """Say in one line what moved; the arguments are those of :func:`page`."""
    moved, apart = values[values["column"].notna()], values[values["column"].isna()]
    turned = _turned(verdicts)
    if not len(values) + len(figures) + sum(verdicts.get("moved", [])):
        return "nothing differs"
    beyond = int((moved["times"] > 1).sum())
    return (
        f"{len(moved)} columns differ, {beyond} of them by more than two recorded machines do; {len(apart)} tables "
        f"were not compared; {turned} verdicts that both judge by one rule and {len(figures)} figures differ"
    )


def _turned(verdicts: pd.DataFrame) -> int:
    """Count the verdicts that differ where both runs judge by the same rule."""
    return int((verdicts["moved"] & verdicts["same_rule"]).sum()) if len(verdicts) else 0


def _described(run: Path, record: Mapping[str, Any]) -> dict[str, str]:
    hardware = record.get("hardware") or {}
    return {
        "folder": str(run),
        "commits": ", ".join(commit[:12] for commit in record.get("commits", [])) or "not recorded",
        "machine": str(hardware.get("gpu") or hardware.get("processor") or "not recorded"),
        "python": str(record.get("python") or "not recorded"),
        "torch": str((record.get("versions") or {}).get("torch") or "not recorded"),
        "record": json.dumps(record, indent=1, ensure_ascii=False) if record else "",
    }


def _number(value: float | None) -> str:
    """Write a number in at most three digits; nothing for a missing number.

    >>> [_number(value) for value in (0.12345, float("inf"), None)]
    ['0.123', '∞', '']
    """
    if value is None or np.isnan(value):
        return ""
    return "∞" if np.isinf(value) else f"{value:.3g}"
