"""The numbers in which two runs differ, and how far that is next to what two recorded machines differ by."""

from pathlib import Path

import numpy as np
import pandas as pd

from srop.ledger.recorded import kept_rows
from srop.runs.origin import is_recorded

LEDGERS = ("claims", "claims-settings")
"""Tables whose numbers and verdicts are compared, not their text."""

_MEASURED_TIMES = {"speed", "runtime"}
_OWN_PLACE = "differences"
"""The folder to which a comparison is written: it is no result."""

_COLUMNS = ["table", "column", "rows", "differ", "largest", "typical", "first"]


def differences(one: Path, other: Path) -> pd.DataFrame:
    """List the differences in the tables of two runs, as between machines, devices or commits.

    The ledger of claims is compared by its numbers and verdicts. Logs and tables of run times are left out. If one
    of the runs is a recorded one, both are compared by the tables and rows that a recorded run keeps.

    Args:
        one: A folder such as ``results/embedded`` or ``workflow/recorded/embedded``.
        other: Another; a table is compared row by row if both have it with the same columns and as many rows.

    Returns:
        A row per table and column that differ: ``table`` (its path without the ending), ``column``, ``rows``,
        ``differ`` (share of the rows), ``largest`` (absolute difference; infinite where one value is no number),
        ``typical`` (root of the mean square over all rows) and ``first`` (the first two values). A table that cannot
        be compared has one row, whose ``first`` says why.

    Raises:
        FileNotFoundError: If a folder holds no table.
    """
    table = _compared_runs(one, other)
    return table[table["first"] != ""].reset_index(drop=True)


def machine_spreads(one: Path, other: Path) -> pd.DataFrame:
    """Measure how far two recorded runs of the same values on two machines lie apart, by table and column.

    Args:
        one: The first machine's run.
        other: The second machine's run.

    Returns:
        A row per table and column that both hold: ``table``, ``column`` and ``spread``, which is the ``typical``
        difference of :func:`differences` and 0 where nothing differs.
    """
    table = _compared_runs(one, other)
    known = table[table["column"].notna() & np.isfinite(table["typical"])]
    return known[["table", "column", "typical"]].rename(columns={"typical": "spread"}).reset_index(drop=True)


def in_spreads(table: pd.DataFrame, spreads: pd.DataFrame) -> pd.DataFrame:
    """Say how far the differences of two runs are next to those of two machines.

    Args:
        table: What :func:`differences` gives.
        spreads: What :func:`machine_spreads` gives.

    Returns:
        The table with ``spread`` and ``times`` (``typical`` in spreads; infinite where the machines agree, and missing
        where they have no such column), the largest first.

    Example:
        >>> table = pd.DataFrame({"table": ["a", "b"], "column": ["x", "x"], "typical": [0.2, 0.1]})
        >>> spreads = pd.DataFrame({"table": ["a"], "column": ["x"], "spread": [0.1]})
        >>> in_spreads(table, spreads)["times"].tolist()
        [2.0, nan]
    """
    joined = table.merge(spreads, on=["table", "column"], how="left")
    typical, spread = (joined[name].astype(float).to_numpy() for name in ("typical", "spread"))
    with np.errstate(divide="ignore", invalid="ignore"):
        joined["times"] = typical / spread
    return joined.sort_values("times", ascending=False, kind="stable", ignore_index=True)


def _compared_runs(one: Path, other: Path) -> pd.DataFrame:
    recorded = is_recorded(one) or is_recorded(other)
    files = [_tables(folder, recorded) for folder in (one, other)]
    rows = []
    for name in sorted(files[0].keys() | files[1].keys()):
        if name not in files[0] or name not in files[1]:
            rows.append({"table": name, "first": f"only in {one if name in files[0] else other}"})
            continue
        endings = sorted(files[0][name].keys() & files[1][name].keys())
        if not endings:
            rows.append({"table": name, "first": "one is CSV, the other Parquet"})
            continue
        # Of a table for people Parquet is compared, which sorts last: it keeps more digits where a table has them.
        first, second = (_read(file[name][endings[-1]], cut=recorded) for file in files)
        rows += [{"table": name, **row} for row in _compared(first, second)]
    # Whatever the rows hold: none may differ, or none may have a number.
    numbers = dict.fromkeys(["differ", "largest", "typical"], float)
    texts = dict.fromkeys(["table", "column", "first"], object)
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"rows": "Int64", **numbers, **texts})


def _tables(folder: Path, recorded: bool) -> dict[str, dict[str, Path]]:
    """List the tables of a run by name and ending; next to a recorded run, those that one keeps."""
    tables: dict[str, dict[str, Path]] = {}
    place = folder / "tables" if recorded else folder
    for file in (*place.rglob("*.csv"), *place.rglob("*.parquet")):
        path = file.relative_to(folder)
        if path.stem not in _MEASURED_TIMES and path.parts[0] != _OWN_PLACE:
            tables.setdefault(path.with_suffix("").as_posix(), {})[path.suffix] = file
    if not tables:
        raise FileNotFoundError(f"{folder} holds no table; give a folder of results, such as results/embedded")
    return tables


def _read(path: Path, *, cut: bool) -> pd.DataFrame:
    table = pd.read_csv(path, dtype={"id": str}) if path.suffix == ".csv" else pd.read_parquet(path)
    if cut:
        table = kept_rows(path.stem, table).reset_index(drop=True)
    return table[["id", "verdict", *table.select_dtypes("number")]] if path.stem in LEDGERS else table


def _compared(one: pd.DataFrame, other: pd.DataFrame) -> list[dict[str, object]]:
    if list(one) != list(other):
        return [{"first": f"columns {', '.join(sorted({*one} ^ {*other})) or 'in another order'}"}]
    if len(one) != len(other):
        return [{"first": f"{len(one)} rows and {len(other)}"}]
    if kinds := [column for column in one if one[column].dtype != other[column].dtype]:
        return [{"first": f"types of {', '.join(kinds)}"}]
    unequal = ~((one == other) | (one.isna() & other.isna()))
    rows = []
    for column in unequal:
        a, b = (table.loc[unequal[column], column] for table in (one, other))
        numbers = (pd.to_numeric(values, errors="coerce").astype(float) for values in (a, b))
        distance = np.abs(np.subtract(*numbers)).fillna(np.inf)
        first = f"row {a.index[0]}: {a.iloc[0]} and {b.iloc[0]}" if len(a) else ""
        typical = float(np.sqrt((distance**2).sum() / max(len(one), 1)))
        row = {"column": column, "rows": len(one), "differ": len(a) / max(len(one), 1), "largest": distance.max()}
        rows.append({**row, "typical": typical, "first": first})
    return rows
