"""Compare the numbers of two folders of results: ``python -m srop.pipeline.compare FOLDER OTHER``."""

import sys
from argparse import ArgumentParser
from pathlib import Path

import pandas as pd

LEDGERS = ("claims.csv", "claims-settings.csv")
"""Tables whose numbers and verdicts are compared, not their text."""
_MEASURED_TIMES = {"speed.csv", "runtime.csv"}


def differences(one: Path, other: Path) -> pd.DataFrame:
    """List the differences in the tables of two folders of results, as between devices or versions.

    Of the ledger of claims, numbers and verdicts are compared. Figures, logs, and tables of run times are not.

    Args:
        one: A folder such as ``results/embedded``.
        other: Another; a table is compared row by row if both have it with the same columns and as many rows.

    Returns:
        A row per table and column that differ: ``table``, ``column``, ``rows``, ``differ`` (share of the rows),
        ``largest`` (absolute difference; infinite where one value is no number) and ``first`` (the first two values). A
        table that cannot be compared has one row, whose ``first`` says why.

    Raises:
        FileNotFoundError: If a folder holds no table.
    """
    files = [_tables(folder) for folder in (one, other)]
    rows = []
    for path in sorted(files[0].keys() | files[1].keys()):
        if path in files[0] and path in files[1]:
            rows += [{"table": path, **row} for row in _compared(_read(files[0][path]), _read(files[1][path]))]
        else:
            rows.append({"table": path, "first": f"only in {one if path in files[0] else other}"})
    return pd.DataFrame(rows, columns=["table", "column", "rows", "differ", "largest", "first"])


def _tables(folder: Path) -> dict[str, Path]:
    files = [*folder.rglob("*.csv"), *folder.rglob("*.parquet")]
    if not files:
        raise FileNotFoundError(f"{folder} holds no table; give a folder of results")
    return {file.relative_to(folder).as_posix(): file for file in files if file.name not in _MEASURED_TIMES}


def _read(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, dtype={"id": str}) if path.suffix == ".csv" else pd.read_parquet(path)
    return table[["id", "verdict", *table.select_dtypes("number")]] if path.name in LEDGERS else table


def _compared(one: pd.DataFrame, other: pd.DataFrame) -> list[dict[str, object]]:
    if list(one) != list(other):
        return [{"first": f"columns {', '.join(sorted({*one} ^ {*other})) or 'in another order'}"}]
    if len(one) != len(other):
        return [{"first": f"{len(one)} rows and {len(other)}"}]
    if kinds := [column for column in one if one[column].dtype != other[column].dtype]:
        return [{"first": f"types of {', '.join(kinds)}"}]
    rows = []
    unequal = ~((one == other) | (one.isna() & other.isna()))
    for column in unequal.columns[unequal.any()]:
        a, b = (table.loc[unequal[column], column] for table in (one, other))
        distance = (pd.to_numeric(a, errors="coerce") - pd.to_numeric(b, errors="coerce")).abs().fillna(float("inf"))
        first = f"row {a.index[0]}: {a.iloc[0]} and {b.iloc[0]}"
        share = len(a) / len(one)
        rows.append({"column": column, "rows": len(one), "differ": share, "largest": distance.max(), "first": first})
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Print the differences as CSV; the exit status is 1 if there are any."""
    parser = ArgumentParser(prog="python -m srop.pipeline.compare", description=differences.__doc__.partition("\n")[0])
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    options = parser.parse_args(arguments)
    table = differences(options.one, options.other)
    print("nothing differs" if table.empty else table.to_csv(index=False, float_format="%.6f"))
    return int(not table.empty)


if __name__ == "__main__":
    sys.exit(main())
