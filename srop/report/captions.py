"""What the captions of the report say of claims, as reStructuredText.

Nothing here imports pandas or torch, because the workflow reads this at every start.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

_VERDICTS = {
    "holds": ("holds", "hold"),
    "fails": ("fails", "fail"),
    "undecided": ("is undecided", "are undecided"),
    "depends": ("depends on a choice", "depend on a choice"),
    "untestable here": ("is untestable here", "are untestable here"),
}


COLUMNS = ("id", "section", "claim", "measure", "paper", "ours", "low", "high", "replicates", "setting")
COLUMNS += ("verdict", "holds_for", "note", "judged_on", "shown_in")


def read_claims(path: str | Path) -> list[dict[str, str]]:
    """Read the ledger of claims; there are none before it is written, and an older one may lack columns.

    Returns:
        A row per claim, all of it text, empty where there is none; :func:`srop.ledger.judge.ledger` says of what.
    """
    return claims_of(Path(path).read_text(encoding="utf-8")) if Path(path).is_file() else []


def claims_of(text: str) -> list[dict[str, str]]:
    """Read claims from the text of a ledger."""
    return [{column: row.get(column) or "" for column in COLUMNS} for row in csv.DictReader(StringIO(text))]


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
