"""The verdicts of two runs side by side, and which of them another machine must not turn."""

from pathlib import Path

import pandas as pd

from srop.ledger.judge import all_claims
from srop.pipeline.io import read_table

_REDUCED = ("reduced", "proxy")
"""Bases on which a marked claim's verdict may differ from machine to machine."""

_RULES = ("basis", "setting", "measure", "limit")
"""Columns of the ledger that say by what rule a row is judged."""


def ledger_of(run: Path) -> pd.DataFrame:
    """Read the ledger of a run.

    Args:
        run: A folder of results or a recorded run.

    Raises:
        FileNotFoundError: If the run has no ledger.
        ValueError: If the ledger was changed after it was written.
    """
    stem = run / "tables" / "claims"
    if stem.with_suffix(".parquet").is_file():
        return read_table(stem.with_suffix(".parquet"))
    if not stem.with_suffix(".csv").is_file():
        raise FileNotFoundError(f"{run} holds no tables/claims")
    return pd.read_csv(stem.with_suffix(".csv"), dtype={"id": str})


def verdicts_of_both(one: pd.DataFrame, other: pd.DataFrame, *, marked: frozenset[str] | None = None) -> pd.DataFrame:
    """Put the verdicts of two ledgers side by side.

    Args:
        one: A ledger (:func:`srop.ledger.judge.ledger`).
        other: Another.
        marked: Ids of the claims whose reduced verdicts may differ from machine to machine; those of all experiments
            if not given.

    Returns:
        A row for each claim and scale (the paper's, or the run's own) of either ledger: ``id``, ``claim``, ``basis``,
        ``first`` and ``second`` (the verdicts; empty where a ledger has no such row), ``first_values`` and
        ``second_values``, ``moved``, ``survives`` (whether another machine must give the same verdict) and
        ``same_rule`` (whether both are judged by the same basis, setting, measure and limit).

    Example:
        >>> row = {"id": "4", "claim": "It rises", "basis": "reduced", "setting": "", "measure": "", "limit": ""}
        >>> one, other = (pd.DataFrame([row | {"verdict": word, "values": "1"}]) for word in ("mixed", "reproduced"))
        >>> verdicts_of_both(one, other, marked=frozenset({"4"}))[["id", "moved", "survives"]].values.tolist()
        [['4', True, False]]
    """
    if marked is None:
        marked = frozenset(claim.id for claim in all_claims() if claim.may_differ)
    first, second = (_keyed(ledger) for ledger in (one, other))
    order = dict.fromkeys([*first.index, *second.index])
    rows = []
    for key in order:
        a, b = (ledger.loc[key] if key in ledger.index else None for ledger in (first, second))
        either = b if a is None else a
        both = a is not None and b is not None
        row = {"id": either["id"], "claim": either.get("short") or either["claim"], "basis": either["basis"]}
        for name, own in (("first", a), ("second", b)):
            row |= {
                name: "" if own is None else own["verdict"],
                f"{name}_values": "" if own is None else own["values"],
            }
        rows.append(
            row
            | {
                "moved": row["first"] != row["second"],
                "survives": not (either["id"] in marked and either["basis"] in _REDUCED),
                "same_rule": both and all(a[rule] == b[rule] for rule in _RULES if rule in a and rule in b),
            }
        )
    return pd.DataFrame(rows)


def _keyed(ledger: pd.DataFrame) -> pd.DataFrame:
    text = ledger.astype(object).where(ledger.notna(), "")
    return text.set_index([text["id"].astype(str), text["basis"] == "paper scale"])
