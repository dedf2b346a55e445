"""Verdicts on claims for the captions of the report, in reStructuredText."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from csv import DictReader
from io import StringIO

import pandas as pd

from srop.ledger.vocabulary import COLUMNS, VERDICTS
from srop.pipeline.io import csv_text


def as_text(ledger: pd.DataFrame) -> list[dict[str, str]]:
    """Give the ledger of claims (:func:`srop.ledger.judge.ledger`) as text, empty where there is nothing."""
    return [{column: row.get(column) or "" for column in COLUMNS} for row in DictReader(StringIO(csv_text(ledger)))]


def tally(claims: Sequence[Mapping[str, str]]) -> str:
    """Count claims by verdict.

    >>> tally([{"verdict": "mixed"}, {"verdict": "reproduced"}, {"verdict": "reproduced"}])
    '2 are reproduced and 1 is mixed'
    """
    counts = Counter(claim["verdict"] for claim in claims)
    order = [*VERDICTS, *(verdict for verdict in counts if verdict not in VERDICTS)]
    parts = [
        f"{counts[verdict]} {VERDICTS.get(verdict, (verdict, verdict))[counts[verdict] > 1]}"
        for verdict in order
        if counts[verdict]
    ]
    return " and ".join([", ".join(parts[:-1]), *parts[-1:]] if len(parts) > 1 else parts)


def summary(claims: Sequence[Mapping[str, str]]) -> str:
    """Count the own assertions of each paper by verdict, without proxies, controls and superseded rows."""
    counted = [claim for claim in claims if claim["kind"] == "paper" and claim["superseded"] != "True"]
    sources = dict.fromkeys(claim["source"] for claim in counted)
    lines = []
    for source in sources:
        own = [claim for claim in counted if claim["source"] == source]
        lines.append(f"Of {len(own)} claim{'s' if len(own) > 1 else ''} of {source}, {tally(own)}.")
    return " ".join(lines)


def agreement(claims: Sequence[Mapping[str, str]]) -> str:
    """Count a figure's claims by verdict and list them, in reStructuredText."""
    if not claims:
        return ""
    items = []
    for claim in claims:
        if claim["superseded"] == "True":
            continue
        flips = f"; turned by {claim['flips']}" if claim["flips"] else ""
        basis = f"{claim['basis']}: {claim['judged_on']}"
        counted = f" ({claim['k_of_n']})" if claim["k_of_n"] else ""
        ours = f"{claim['values']}{counted}" if claim["values"] else "not measured"
        where = f" under {claim['setting']}" if claim["setting"] else ""
        numbers = f"{claim['measure']}{where}: {ours}; the paper: {claim['paper'] or 'no number'}"
        kind = "" if claim["kind"] == "paper" else f", {claim['kind']}"
        items.append(
            f"- Claim {claim['id']}{kind} **{claim['verdict']}**{_in_rst(flips)}: {_in_rst(claim['claim'])}"
            f" ({_in_rst(numbers)}; {_in_rst(basis)})"
        )
    return "\n".join([_in_rst(summary(claims)), "", *items])


def _in_rst(text: str) -> str:
    return re.sub(r"([\\*`|_])", r"\\\1", text)
