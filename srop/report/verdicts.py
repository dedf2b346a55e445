"""Verdicts on claims, counted in words."""

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
