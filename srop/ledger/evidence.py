"""The tables that claims are judged from, cut to one setting."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

AXES = ("optimizer", "layer", "convention", "dead", "input", "batch_norm")
"""Columns by which tables are cut to a setting."""

_SHARES = ("dead_share", "frog_dead_share", "out_of_band_share", "frog_out_of_band_share")


class UntestableError(Exception):
    """A claim cannot be judged from these tables; the message says why."""


class NeedsWeightsError(UntestableError):
    """A claim is about trained networks whose weights are missing."""


class NotMeasuredError(UntestableError):
    """No experiment measures what a claim is about; the message says what would."""


class Tables:
    """Tidy tables by name, from which claims are judged; a claim sees them cut to one setting.

    Args:
        tables: The tables by name, which is also their attribute. The rules of each experiment list its tables.
        absent: Names of tables that other runs have and this one lacks.
        setting: The setting to which the tables are cut, by axis. An axis that is no table's column is a choice of the
            statistic.
    """

    def __init__(
        self, tables: Mapping[str, pd.DataFrame], absent: Iterable[str] = (), setting: Mapping[str, str] | None = None
    ) -> None:
        self._tables = {name: _compact(table) for name, table in tables.items()}
        self._absent = frozenset(absent)
        self._read: set[str] = set()
        self.setting = dict(setting or {})

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Give a table.

        Raises:
            UntestableError: If this run lacks the table.
            AttributeError: If no run has a table of this name.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._absent:
            raise UntestableError(f"this run has no table {name}")
        if name not in self._tables:
            raise AttributeError(f"there is no table {name}; there are {', '.join(self._tables)}")
        self._read.add(name)
        return self._tables[name]

    def changed(self, **tables: pd.DataFrame) -> "Tables":
        """Give these tables with some of them replaced."""
        return Tables(self._tables | tables, self._absent, self.setting)

    def has(self, column: str, value: str) -> bool:
        """Say whether any table has a value in a column."""
        return any((table[column] == value).any() for table in self._tables.values() if column in table)

    def at(self, setting: Mapping[str, str], titles: Iterable[str]) -> "Tables":
        """Cut each table to a setting and to networks by title, by those columns that it has.

        Networks without a choice of batch norm stay in every setting.
        """
        cut = {}
        for name, table in self._tables.items():
            own = {column: value for column, value in setting.items() if column in table}
            if "architecture" in table:
                own.pop("layer", None)  # of the digit network
            own |= {"title": tuple(titles)} if "title" in table else {}
            key = (name, id(table), *own.items())
            if key not in _CUTS:
                _CUTS[key] = (table, _cut(table, own))
            cut[name] = _CUTS[key][1]
        return Tables(cut, self._absent, setting)

    def without_seed(self, seed: int) -> "Tables":
        """Leave one seed out of each table, except for networks that have no other seed."""
        kept = {}
        for name, table in self._tables.items():
            if "seed" not in table:
                kept[name] = table
                continue
            network = [column for column in ("title", "weights", "antialiased") if column in table]
            alone = table.groupby(network)["seed"].transform("nunique") == 1 if network else False
            kept[name] = table[(table["seed"] != seed) | alone]
        return Tables(kept, self._absent, self.setting)

    def seeds(self) -> list[int]:
        """Give the seeds in the tables that were read."""
        return sorted(
            {int(seed) for name in self._read for seed in self._tables[name].get("seed", pd.Series()).unique()}
        )

    def digest(self) -> str:
        """Hash the tables that were read, without the columns that name the setting.

        Two settings with the same hash have the same numbers.
        """
        total = sha256(repr([self.setting.get(axis) for axis in self.setting if axis not in AXES]).encode())
        for name in sorted(self._read):
            table = self._tables[name]
            if id(table) not in _DIGESTS:
                values = table.drop(columns=[*AXES, *_SHARES], errors="ignore")
                rows = pd.util.hash_pandas_object(values, index=False).to_numpy()
                _DIGESTS[id(table)] = (table, sha256(rows.tobytes()).digest())
            total.update(_DIGESTS[id(table)][1])
        return total.hexdigest()


def _compact(table: pd.DataFrame) -> pd.DataFrame:
    """Make columns of words categories, which are faster to cut: a few different words stand in many rows."""
    words = table.select_dtypes(["object", "string"]).columns
    return table.astype(dict.fromkeys(words, "category")) if len(words) and len(table) else table


_CUTS: dict[tuple, tuple[pd.DataFrame, pd.DataFrame]] = {}
"""Tables and their cuts, kept because many claims share a setting and a table of single images is large."""


_DIGESTS: dict[int, tuple[pd.DataFrame, bytes]] = {}
"""Tables and their hashes, by the table's id."""


def _cut(table: pd.DataFrame, setting: Mapping[str, Any]) -> pd.DataFrame:
    inside = np.ones(len(table), dtype=bool)
    for column, value in setting.items():
        allowed = {"title": value, "batch_norm": (value, "none", "trained")}.get(column, (value,))
        inside &= table[column].isin(allowed).to_numpy()
    return table[inside]
