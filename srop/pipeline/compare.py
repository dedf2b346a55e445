"""Compare the numbers of two folders of results: ``python -m srop.pipeline.compare FOLDER OTHER``."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

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
            continue
        read = pd.read_parquet if path.suffix == ".parquet" else _numbers_and_verdicts
        tables = read(a), read(b)
        if not tables[0].equals(tables[1]):
            yield f"{path}: {_first_difference(*tables)}"


def _numbers_and_verdicts(path: Path) -> pd.DataFrame:
    ledger = pd.read_csv(path, dtype={"id": str})
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
    options = parser.parse_args(arguments)
    lines = list(differences(options.one, options.other))
    print("\n".join(lines) or "nothing differs")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
