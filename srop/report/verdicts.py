"""Verdicts on claims, counted in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from csv import DictReader
from io import StringIO

import pandas as pd

from srop.ledger.vocabulary import COLUMNS, VERDICTS
from srop.pipeline.io import csv_text
from srop.report.numbers import in_words


def as_text(ledger: pd.DataFrame) -> list[dict[str, str]]:
    """Give the ledger of claims (:func:`srop.ledger.judge.ledger`) as text, empty where there is nothing."""
    return [{column: row.get(column) or "" for column in COLUMNS} for row in DictReader(StringIO(csv_text(ledger)))]


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
