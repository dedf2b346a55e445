"""Numbers of a run, each with the cells of the table that it comes from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from srop.ledger.verdicts import number

ABSENT = "(not in this run)"
"""The text in place of a number whose rows the run lacks."""


def in_words(texts: Sequence[str]) -> str:
    """Join texts by commas and a last ``and``.

    >>> in_words([".1", ".2", ".3"])
    '.1, .2 and .3'
    """
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


@dataclass(frozen=True)
class Number:
    """A number that a page shows, or a number per seed, and where it comes from."""

    text: str
    table: str
    rows: str
    column: str


class Numbers:
    """The numbers that a page shows, in the order in which it asks for them.

    Args:
        read: Gives a table by its name.
    """

    def __init__(self, read: Callable[[str], pd.DataFrame]) -> None:
        self._read = read
        self._tables: dict[str, pd.DataFrame] = {}
        self.shown: list[Number] = []

    def table(self, name: str) -> pd.DataFrame:
        """Give a table; it is read once."""
        if name not in self._tables:
            self._tables[name] = self._read(name)
        return self._tables[name]

    def ask(
        self, table: str, column: str, form: str = ".2f", *, mean: bool = False, **cells: str | float | bool
    ) -> Number:
        """Look up a number.

        Args:
            table: The table's name.
            column: The column that holds the number.
            form: A format of Python, such as ``.2f``.
            mean: Whether several rows become their mean. Else each is shown, by seed; at most five may fit.
            cells: The rows: each named column has this value.

        Returns:
            The number; its text is :data:`ABSENT` if the table has no such rows.

        Raises:
            ValueError: If a column is not in the table, or more than five rows fit and no mean is asked for.
        """
        rows = self.table(table)
        if missing := {column, *cells} - {*rows.columns}:
            raise ValueError(f"the table {table} has no column {', '.join(sorted(missing))}: {', '.join(rows.columns)}")
        for name, value in cells.items():
            rows = rows[_equal(rows[name], value)]
        if "seed" in rows:
            rows = rows.sort_values("seed", kind="stable")
        numbers = rows[column].to_numpy(float)
        if mean and len(numbers):
            numbers = numbers.mean(keepdims=True)
        if len(numbers) > 5:
            raise ValueError(
                f"{len(numbers)} rows of the table {table} have {_named(cells)}; name more columns, or mean"
            )
        text = in_words([number(value, form) for value in numbers]) if len(numbers) else ABSENT
        self.shown.append(Number(text, table, _named(cells) or "all rows", column))
        return self.shown[-1]


def _equal(column: pd.Series, value: str | float | bool) -> pd.Series:
    if isinstance(value, float):
        return (column - value).abs() < 1e-9
    return column == value


def _named(cells: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in cells.items())
