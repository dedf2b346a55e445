"""Results as HTML pages and captions for the report: each page stands alone and loads nothing.

Nothing here imports pandas or torch, because the workflow reads this at every start.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

_VERDICTS = {
    "holds": ("holds", "hold"),
    "fails": ("fails", "fail"),
    "undecided": ("is undecided", "are undecided"),
    "depends": ("depends on a choice", "depend on a choice"),
    "untestable here": ("is untestable here", "are untestable here"),
}

_COLUMNS = ("id", "section", "claim", "measure", "paper", "ours", "low", "high", "replicates", "setting")
_COLUMNS += ("verdict", "holds_for", "note", "judged_on", "shown_in")

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; color: #1e293b; margin: 1rem; }
h2 { font-size: 16px; margin: 1.2rem 0 .4rem; }
table { border-collapse: collapse; }
th { background: #e2e8f0; position: sticky; top: 0; text-align: left; }
th, td { border: 1px solid #cbd5e1; padding: .25rem .5rem; vertical-align: top; }
.sortable th { cursor: pointer; }
.sortable th::after { content: " \\2195"; color: #64748b; }
.number { text-align: right; }
.number, .short { white-space: nowrap; }
.holds { background: #d1fae5; }
.fails { background: #fecaca; }
.depends { background: #fef3c7; }
.undecided { background: #ffedd5; }
.untestable { background: #e2e8f0; }
"""

# Numbers are compared as such, everything else as text; a second click turns the order round.
_SORT = """
for (const head of document.querySelectorAll(".sortable th")) head.onclick = () => {
  const body = head.closest("table").tBodies[0], text = row => row.cells[head.cellIndex].textContent;
  const sign = head.dataset.sign = head.dataset.sign === "1" ? -1 : 1;
  const rows = [...body.rows].sort((one, other) =>
    sign * (parseFloat(text(one)) - parseFloat(text(other)) || text(one).localeCompare(text(other))));
  body.append(...rows);
};
"""


def page_of(path: str | Path) -> str:
    """Render a file of results as an HTML page.

    Args:
        path: The ledger of claims (``.csv``), a table for people (``.md``) or a record (``.json``).

    Returns:
        The page.

    Raises:
        ValueError: The file has another ending.
    """
    path = Path(path)
    match path.suffix:
        case ".csv":
            return claims_page(read_claims(path))
        case ".md":
            return table_page(path.read_text(encoding="utf-8"))
        case ".json":
            return record_page(json.loads(path.read_text(encoding="utf-8")))
    raise ValueError(f"{path}: a page is made of .csv, .md or .json")


def read_claims(path: str | Path) -> list[dict[str, str]]:
    """Read the ledger of claims; there are none before it is written, and an older one may lack columns.

    Returns:
        A row per claim, all of it text, empty where there is none; :func:`srop.ledger.judge.ledger` says of what.
    """
    if not Path(path).is_file():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [{column: row.get(column) or "" for column in _COLUMNS} for row in csv.DictReader(file)]


def tally(claims: Sequence[dict[str, str]]) -> str:
    """Count claims by verdict.

    >>> tally([{"verdict": "fails"}, {"verdict": "holds"}, {"verdict": "holds"}])
    '2 hold and 1 fails'
    """
    counts = Counter(claim["verdict"] for claim in claims)
    order = [*_VERDICTS, *(verdict for verdict in counts if verdict not in _VERDICTS)]
    parts = [
        f"{counts[verdict]} {_VERDICTS.get(verdict, (verdict, verdict))[counts[verdict] > 1]}"
        for verdict in order
        if counts[verdict]
    ]
    return " and ".join([", ".join(parts[:-1]), *parts[-1:]] if len(parts) > 1 else parts)


def agreement(claims: Sequence[dict[str, str]]) -> str:
    """Say in reStructuredText how many of a figure's claims agree with the paper, and list them."""
    if not claims:
        return ""
    items = []
    for claim in claims:
        condition = f" ({claim['holds_for']})" if claim["holds_for"] else ""
        ours, paper = rounded(claim["ours"]) or "not measured", rounded(claim["paper"]) or "no number"
        where = f" under {claim['setting']}" if claim["setting"] else ""
        numbers = f"{claim['measure']}{where}: {ours}; the paper: {paper}"
        items.append(
            f"- Claim {claim['id']} **{claim['verdict']}**{_in_rst(condition)}: {_in_rst(claim['claim'])}"
            f" ({_in_rst(numbers)})"
        )
    count = f"{len(claims)} verdict{'s' if len(claims) > 1 else ''}"
    return "\n".join([f"Of the ledger's {count} on it {_in_rst(tally(claims))}.", "", *items])


def claims_page(claims: Sequence[dict[str, str]]) -> str:
    """Render the ledger of claims: a row per claim, sortable, in the ledger's order at first."""
    rows = []
    for claim in claims:
        low, high = rounded(claim["low"]), rounded(claim["high"])
        interval = f" [{low}, {high}]" if low and high else ""
        verdict = claim["verdict"]
        rows.append(
            {
                "id": _cell(claim["id"]),
                "section": _cell(claim["section"]),
                "claim": _cell(claim["claim"]),
                "verdict": _cell(verdict, f"short {verdict.partition(' ')[0]}"),
                "measure": _cell(claim["measure"]),
                "paper": _cell(rounded(claim["paper"])),
                "ours [interval]": _cell(f"{rounded(claim['ours'])}{interval}", "short"),
                "replicates": _cell(rounded(claim["replicates"]), "short"),
                "setting": _cell(claim["setting"]),
                "holds for": _cell(claim["holds_for"]),
                "note": _cell(claim["note"]),
                "judged on": _cell(claim["judged_on"]),
            }
        )
    return _page(_table(list(rows[0]) if rows else [], [list(row.values()) for row in rows], "sortable"), _SORT)


def table_page(markdown: str) -> str:
    """Render a Markdown table; its bold text stays bold, and what is not there is empty."""
    head, rule, *rows = ([cell.strip() for cell in line.strip("|\n ").split("|")] for line in markdown.splitlines())
    kinds = ["number" if mark.endswith(":") else "" for mark in rule]
    body = [[_cell("" if text == "nan" else text, kind) for text, kind in zip(row, kinds, strict=True)] for row in rows]
    return _page(_table([name.replace("_", " ") for name in head], body, "sortable"), _SORT)


def record_page(record: dict[str, Any]) -> str:
    """Render a record: what is nested becomes a table of dotted keys under a heading, the rest stands first."""
    single = {key: value for key, value in record.items() if not isinstance(value, dict | list)}
    parts = [_pairs(single)]
    for key, value in record.items():
        if isinstance(value, dict):
            parts += [f"<h2>{escape(key)}</h2>", _pairs(dict(_flat(value)))]
        elif isinstance(value, list):
            rows = [[_cell(_text(item)) for item in entry.values()] for entry in value]
            parts += [f"<h2>{escape(key)}</h2>", _table(list(value[0]) if value else [], rows)]
    return _page("\n".join(parts))


def rounded(text: str) -> str:
    """Give a number at three significant digits, and any other text as it is.

    >>> rounded("0.991600"), rounded("12.000000"), rounded("lower"), rounded("")
    ('0.992', '12', 'lower', '')
    """
    try:
        return f"{float(text):.3g}"
    except ValueError:
        return text


def _in_rst(text: str) -> str:
    return re.sub(r"([\\*`|_])", r"\\\1", text)


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
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><style>{_STYLE}</style></head>\n'
        f"<body>\n{body}\n<script>{script}</script></body></html>\n"
    )
