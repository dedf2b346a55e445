"""Results as HTML pages of the report; each page stands alone and loads no other file."""

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

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
        ValueError: If the file has another ending, or the ledger is not as it was written.
    """
    path = Path(path)
    pages = {
        ".parquet": lambda: claims_page(as_text(read_table(path))),
        ".md": lambda: table_page(path.read_text(encoding="utf-8")),
        ".json": lambda: record_page(json.loads(path.read_text(encoding="utf-8"))),
    }
    if path.suffix not in pages:
        raise ValueError(f"{path} cannot become a page; give a file that ends in {', '.join(pages)}")
    return pages[path.suffix]()


def claims_page(claims: Sequence[dict[str, str]]) -> str:
    """Render the ledger as a sortable table with a row per claim; superseded verdicts are pale."""
    rows = []
    for claim in claims:
        verdict, pale = claim["verdict"], " superseded" if claim["superseded"] == "True" else ""
        rows.append(
            {
                "id": _cell(claim["id"]),
                "source": _cell(f"{claim['source']}, Sec. {claim['section']}"),
                "kind": _cell(claim["kind"]),
                "claim": _cell(claim["claim"], "words"),
                "verdict": _cell(verdict, f"short {verdict.replace(' ', '-')}{pale}"),
                "basis": _cell(f"{claim['basis']}{' (superseded)' if pale else ''}", pale.strip()),
                "measure": _cell(claim["measure"]),
                "what would count": _cell(claim["limit"]),
                "the paper": _cell(claim["paper"]),
                "ours, by replicate": _cell(claim["values"], "short"),
                "k of n": _cell(claim["k_of_n"], "short"),
                "setting": _cell(claim["setting"]),
                "other settings": _cell(claim["others"], "words"),
                "fragile": _cell(claim["fragile"]),
                "seen": _cell(claim["seen"]),
                "turned by": _cell(claim["flips"]),
                "note": _cell(claim["note"], "words"),
                "judged on": _cell(claim["judged_on"]),
            }
        )
    return _page(_table(list(rows[0]) if rows else [], [list(row.values()) for row in rows], "sortable"), SORT)


def table_page(markdown: str) -> str:
    """Render a Markdown table; bold text stays bold, and NaN becomes an empty cell."""
    head, rule, *rows = ([cell.strip() for cell in line.strip("|\n ").split("|")] for line in markdown.splitlines())
    kinds = ["number" if mark.endswith(":") else "" for mark in rule]
    body = [[_cell("" if text == "nan" else text, kind) for text, kind in zip(row, kinds, strict=True)] for row in rows]
    return _page(_table([name.replace("_", " ") for name in head], body, "sortable"), SORT)


def record_page(record: dict[str, Any]) -> str:
    """Render a record: a table of its single values first, then for each nested value a heading and a table."""
    single = {key: value for key, value in record.items() if not isinstance(value, dict | list)}
    parts = [_pairs(single)]
    for key, value in record.items():
        if isinstance(value, dict):
            parts += [f"<h2>{escape(key)}</h2>", _pairs(dict(_flat(value)))]
        elif isinstance(value, list):
            rows = [[_cell(_text(item)) for item in entry.values()] for entry in value]
            parts += [f"<h2>{escape(key)}</h2>", _table(list(value[0]) if value else [], rows)]
    return _page("\n".join(parts))


def _flat(record: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


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
