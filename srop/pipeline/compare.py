"""Compare the numbers of two folders of results: ``python -m srop.pipeline.compare FOLDER OTHER [--largest CSV]``."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from srop.files import replacing

LEDGERS = ("claims.csv", "claims-settings.csv")
"""Tables whose numbers and verdicts are compared, not their text."""
_MEASURED_TIMES = {"speed.csv", "runtime.csv"}


def differences(one: Path, other: Path) -> Iterator[str]:
    """List the differences in the numbers of two folders of results.

    CSV tables are compared by their bytes, the ledger of claims by its numbers and verdicts, and Parquet tables by
    columns, types and values. Figures, logs, and tables of run times are not compared.

    Args:
        one: A folder such as ``results/embedded``.
        other: Another.

    Yields:
        A line for each file that is missing or differs.

    Raises:
        FileNotFoundError: If a folder holds no table.
    """
    files = []
    for folder in (one, other):
        tables = [path.relative_to(folder) for ending in ("csv", "parquet") for path in folder.rglob(f"*.{ending}")]
        files.append({path for path in tables if path.name not in _MEASURED_TIMES})
        if not tables:
            raise FileNotFoundError(f"{folder} holds no table; give a folder of results")
    for path in sorted(files[0] ^ files[1]):
        yield f"{path}: only in {one if path in files[0] else other}"
    for path in sorted(files[0] & files[1]):
        a, b = one / path, other / path
        if path.suffix == ".csv" and path.name not in LEDGERS:
            if a.read_bytes() != b.read_bytes():
                yield f"{path}: {_first_difference(pd.read_csv(a), pd.read_csv(b))}"
        elif path.suffix == ".csv":
            tables = [_numbers_and_verdicts(pd.read_csv(file, dtype={"id": str})) for file in (a, b)]
            if not tables[0].equals(tables[1]):
                yield f"{path}: {_first_difference(*tables)}"
        else:
            tables = [pd.read_parquet(file) for file in (a, b)]
            if not tables[0].equals(tables[1]):
                yield f"{path}: {_first_difference(*tables)}"


def largest_differences(one: Path, other: Path) -> pd.DataFrame:
    """Give the largest difference in each column of numbers, as between devices or versions.

    Args:
        one: A folder such as ``results/embedded``.
        other: Another; its tables are compared row by row where they have the same columns and as many rows.

    Returns:
        A row per table and column of numbers: ``table``, ``column``, ``rows``, ``differ`` (share of the rows) and
        ``largest`` (absolute difference; infinite where one value is NaN and the other is not).
    """
    rows = []
    for path in sorted((one / "tables").glob("*.csv")):
        if path.name in _MEASURED_TIMES or not (other / "tables" / path.name).is_file():
            continue
        a, b = pd.read_csv(path), pd.read_csv(other / "tables" / path.name)
        if list(a) != list(b) or len(a) != len(b):
            continue
        for column in a.select_dtypes("number").columns.intersection(b.select_dtypes("number").columns):
            distance = (a[column] - b[column]).abs()
            distance[a[column].isna() & b[column].isna()] = 0
            distance = distance.fillna(float("inf"))
            rows.append([path.stem, column, len(a), (distance > 0).mean(), distance.max()])
    return pd.DataFrame(rows, columns=["table", "column", "rows", "differ", "largest"])


def _numbers_and_verdicts(ledger: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([ledger[["id", "verdict"]], ledger.select_dtypes("number")], axis=1)


def _first_difference(one: pd.DataFrame, other: pd.DataFrame) -> str:
    if list(one) != list(other):
        return f"columns {', '.join(sorted(set(one) ^ set(other))) or 'in another order'}"
    if len(one) != len(other):
        return f"{len(one)} rows and {len(other)}"
    if kinds := [column for column in one if one[column].dtype != other[column].dtype]:
        return f"types of {', '.join(kinds)}"
    unequal = ~((one == other) | (one.isna() & other.isna()))
    if not unequal.any(axis=None):
        return "the text differs, the values do not"
    column = unequal.columns[unequal.any()][0]
    row = unequal.index[unequal[column]][0]
    cells = f"{int(unequal.sum().sum())} cells in {', '.join(unequal.columns[unequal.any()])}"
    return f"{cells}; first {column} of row {row}: {one.loc[row, column]} and {other.loc[row, column]}"


def main(arguments: list[str] | None = None) -> int:
    """Print the differences; the exit status is 1 if there are any."""
    parser = ArgumentParser(
        prog="python -m srop.pipeline.compare", description="Compare the numbers of two folders of results."
    )
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--largest", type=Path, metavar="CSV", help="write the largest difference of each column there")
    options = parser.parse_args(arguments)
    if options.largest:
        with replacing(options.largest) as temporary:
            largest_differences(options.one, options.other).to_csv(temporary, index=False, float_format="%.6f")
    lines = list(differences(options.one, options.other))
    print("\n".join(lines) or "nothing differs")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
