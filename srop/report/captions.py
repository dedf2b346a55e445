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


_ON = {"paper scale": "at the paper's scale ", "reduced": "on reduced data ", "exact": "by the definition itself "}
"""The bases of counted rows, as the summary names them."""


def summary(claims: Sequence[Mapping[str, str]]) -> str:
    """Count the own assertions of each paper by basis and verdict, without controls and superseded rows.

    Proxies are named and not counted: a result on other networks says nothing about the claim itself.
    """
    own = [claim for claim in claims if claim["kind"] == "paper" and claim["superseded"] != "True"]
    sources = list(dict.fromkeys(claim["source"] for claim in own))
    lines, proxies = [], []
    for source in sources:
        counted = [claim for claim in own if claim["source"] == source and claim["basis"] != "proxy"]
        if any(claim["source"] == source and claim["basis"] == "proxy" for claim in own):
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
        names = " and ".join(filter(None, [", ".join(proxies[:-1]), proxies[-1]]))
        lines.append(
            f"What is claimed by {names} was tested on other networks than theirs (proxies), and is not counted."
        )
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
        counts = f"; what would count: {claim['limit']}" if claim["limit"] else ""
        numbers = f"{claim['measure']}{where}: {ours}{counts}; the paper: {claim['paper'] or 'no number'}"
        kind = "" if claim["kind"] == "paper" else f", {claim['kind']}"
        kind += f", {claim['fragile']}" if claim["fragile"] else ""
        items.append(
            f"- Claim {claim['id']}{kind} **{claim['verdict']}**{_in_rst(flips)}: {_in_rst(claim['claim'])}"
            f" ({_in_rst(numbers)}; {_in_rst(basis)})"
        )
    return "\n".join([_in_rst(summary(claims)), "", *items])


def _in_rst(text: str) -> str:
    return re.sub(r"([\\*`|_])", r"\\\1", text)
