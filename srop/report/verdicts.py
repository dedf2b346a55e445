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
    >>> tally([{"verdict": "reproduced", "fragile": "fragile"}, {"verdict": "reproduced"}])
    '2 are reproduced (1 of them fragile)'
    """
    counts = Counter(claim["verdict"] for claim in claims)
    fragile = Counter(claim["verdict"] for claim in claims if claim.get("fragile"))
    parts = []
    for verdict in filter(counts.get, VERDICTS):
        share = f"{fragile[verdict]} of them fragile" if counts[verdict] > 1 else "fragile"
        mark = f" ({share})" if fragile[verdict] else ""
        parts.append(f"{counts[verdict]} {VERDICTS[verdict][counts[verdict] > 1]}{mark}")
    return in_words(parts)


_ON = {"paper scale": "at the paper's scale ", "reduced": "on reduced data ", "exact": "by the definition itself "}
"""The bases of counted rows, as the summary names them."""


def summary(claims: Sequence[Mapping[str, str]]) -> str:
    """Count the own assertions of each paper by basis and verdict, without controls and superseded rows.

    Proxies are named and not counted: a result on other networks says nothing about the claim itself.
    """
    own = [claim for claim in claims if claim["kind"] == "paper" and claim["superseded"] != "True"]
    lines, proxies = [], []
    for source in dict.fromkeys(claim["source"] for claim in own):
        of_source = [claim for claim in own if claim["source"] == source]
        counted = [claim for claim in of_source if claim["basis"] != "proxy"]
        if len(counted) < len(of_source):
            proxies.append(source)
        waiting = [claim for claim in counted if claim["verdict"] in ("needs weights", "not measured")]
        parts = []
        for basis in dict.fromkeys([*_ON, *(claim["basis"] for claim in counted)]):
            judged = [claim for claim in counted if claim["basis"] == basis and claim not in waiting]
            parts += [f"{_ON.get(basis, '')}{tally(judged)}"] if judged else []
        parts += [tally(waiting)] if waiting else []
        if parts:
            lines.append(f"Of {len(counted)} claim{'s' if len(counted) > 1 else ''} of {source}, {'; '.join(parts)}.")
    if proxies:
        names = in_words(proxies)
        lines.append(
            f"What is claimed by {names} was tested on other networks than theirs (proxies), and is not counted."
        )
    return " ".join(lines)
