"""Results as HTML pages of the report; each page stands alone and loads no other file."""

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from srop.pipeline.io import read_table
from srop.report.captions import as_text
from srop.report.page_style import SORT, STYLE


def page_of(path: str | Path) -> str:
    """Render a result as an HTML page.

    Args:
        path: The ledger of claims (``.parquet``), a table for people (``.md``) or a record (``.json``).

    Returns:
        The page.

    Raises:
        ValueError: If the ledger is not as it was written.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        return claims_page(as_text(read_table(path)))
    text = path.read_text(encoding="utf-8")
    return table_page(text) if path.suffix == ".md" else record_page(json.loads(text))


_COLUMNS = {
    "id": ("id", ""),
    "source": ("source", ""),
    "kind": ("kind", ""),
    "claim": ("claim", "words"),
    "verdict": ("verdict", "short"),
    "basis": ("basis", ""),
    "measure": ("measure", ""),
    "paper": ("the paper", ""),
    "values": ("ours, by replicate", "short"),
    "k_of_n": ("k of n", "short"),
    "setting": ("setting", ""),
    "others": ("other settings", "words"),
    "flips": ("turned by", ""),
    "note": ("note", "words"),
    "judged_on": ("judged on", ""),
}
"""The columns of the ledger with their titles and the style of their cells."""


def claims_page(claims: Sequence[dict[str, str]]) -> str:
    """Render the ledger as a sortable table with a row per claim; superseded verdicts are pale."""
    rows = []
    for claim in claims:
        shown = claim | {"source": f"{claim['source']}, Sec. {claim['section']}"}
        kinds = {column: kind for column, (_, kind) in _COLUMNS.items()}
        kinds["verdict"] += f" {claim['verdict'].replace(' ', '-')}"
        if claim["superseded"] == "True":
            shown["basis"] += " (superseded)"
            kinds |= {"verdict": f"{kinds['verdict']} superseded", "basis": "superseded"}
        rows.append([_cell(shown[column], kind) for column, kind in kinds.items()])
    return _page(_table([title for title, _ in _COLUMNS.values()], rows, "sortable"), SORT)


def table_page(markdown: str) -> str:
    """Render a Markdown table; bold text stays bold, and NaN becomes an empty cell."""
    head, rule, *rows = ([cell.strip() for cell in line.strip("|\n ").split("|")] for line in markdown.splitlines())
    kinds = ["number" if mark.endswith(":") else "" for mark in rule]
    body = [[_cell("" if text == "nan" else text, kind) for text, kind in zip(row, kinds, strict=True)] for row in rows]
    return _page(_table([name.replace("_", " ") for name in head], body, "sortable"), SORT)


def record_page(record: dict[str, Any]) -> str:
    """Render a record: a table of its single values first, then for each nested value a heading and a table."""
    parts = [_pairs({key: value for key, value in record.items() if not isinstance(value, dict | list)})]
    for key, value in record.items():
        if isinstance(value, dict):
            (flat,) = pd.json_normalize(value).to_dict("records")
            parts += [f"<h2>{escape(key)}</h2>", _pairs(flat)]
        elif isinstance(value, list):
            rows = [[_cell(_text(item)) for item in entry.values()] for entry in value]
            parts += [f"<h2>{escape(key)}</h2>", _table(list(value[0]) if value else [], rows)]
    return _page("\n".join(parts))


def _text(value: Any) -> str:
    if value in (None, "", []):
        return "none"
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _pairs(record: dict[str, Any]) -> str:
    rows = "\n".join(f"<tr><th>{escape(key)}</th>{_cell(_text(value))}</tr>" for key, value in record.items())
    return f"<table>{rows}</table>"


def _cell(text: str, kind: str = "") -> str:
    content = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))
    return f'<td class="{kind}">{content}</td>' if kind else f"<td>{content}</td>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<table class="{kind}"><thead><tr>{names}</tr></thead><tbody>\n{body}\n</tbody></table>'


def _page(body: str, script: str = "") -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><style>{STYLE}</style></head>\n'
        f"<body>\n{body}\n<script>{script}</script></body></html>\n"
    )
