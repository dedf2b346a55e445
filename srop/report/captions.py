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


def in_words(texts: Sequence[str]) -> str:
    """Join texts by commas and a last 'and'."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def tally(claims: Sequence[Mapping[str, str]]) -> str:
    """Count claims by verdict.

    >>> tally([{"verdict": "mixed"}, {"verdict": "reproduced"}, {"verdict": "reproduced"}])
    '2 are reproduced and 1 is mixed'
    """
    counts = Counter(claim["verdict"] for claim in claims)
    verdicts = [verdict for verdict in VERDICTS if counts[verdict]]
    return in_words([f"{counts[verdict]} {VERDICTS[verdict][counts[verdict] > 1]}" for verdict in verdicts])


def summary(claims: Sequence[Mapping[str, str]]) -> str:
    """Count the own assertions of each paper by verdict, without proxies, controls and superseded rows."""
    by_source: dict[str, list] = {}
    for claim in claims:
        if claim["kind"] == "paper" and claim["superseded"] != "True":
            by_source.setdefault(claim["source"], []).append(claim)
    return " ".join(
        f"Of {len(own)} claim{'s' if len(own) > 1 else ''} of {source}, {tally(own)}."
        for source, own in by_source.items()
    )


def agreement(claims: Sequence[Mapping[str, str]]) -> str:
    """Count a figure's claims by verdict and list them, in reStructuredText."""
    if not claims:
        return ""
    items = []
    for claim in claims:
        if claim["superseded"] != "True":
            kind = "" if claim["kind"] == "paper" else f", {claim['kind']}"
            flips = f"; turned by {claim['flips']}" if claim["flips"] else ""
            where = f" under {claim['setting']}" if claim["setting"] else ""
            counted = f" ({claim['k_of_n']})" if claim["k_of_n"] else ""
            ours = f"{claim['values'] or 'not measured'}{counted}; the paper: {claim['paper'] or 'no number'}"
            numbers = f"{claim['measure']}{where}: {ours}; {claim['basis']}: {claim['judged_on']}"
            text = _in_rst(f"{flips}: {claim['claim']} ({numbers})")
            items.append(f"- Claim {claim['id']}{kind} **{claim['verdict']}**{text}")
    return "\n".join([_in_rst(summary(claims)), "", *items])


def _in_rst(text: str) -> str:
    return re.sub(r"([\\*`|_])", r"\\\1", text)
