"""The documents' quotes from recorded runs: named values and tables, written between markers and checked there.

A marked passage is ``<!-- name -->text<!-- /name -->``. The text comes from ``workflow/recorded/``, by a query of
``docs/quotes.yaml`` or by a function of :data:`srop.documents.passages.PASSAGES`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from srop.documents.typed import blanked, typed_numbers
from srop.ledger.recorded import read_recorded
from srop.ledger.verdicts import number
from srop.report.numbers import in_words

_MARKED = re.compile(r"(?<!`)<!-- (?P<name>[\w.-]+) -->(?P<text>.*?)<!-- /(?P=name) -->", re.DOTALL)


LAYER, CONVENTION = "relu2", "published"
"""The layer of the digits and the convention that a query without its own takes."""


def runs_of(folder: Path, names: str) -> list[Path]:
    """List the recorded runs whose names fit a pattern such as ``paper*``; documents quote them as one."""
    return sorted(file.parent for file in folder.glob(f"{names}/origin.json"))


@cache
def recorded_table(folder: Path, name: str) -> pd.DataFrame:
    """Read ``<runs>/<table>`` from the folder of recorded runs, see :func:`runs_of`."""
    runs, table = name.split("/")
    return read_recorded(runs_of(folder, runs), [table])[table]


def selected(folder: Path, query: Mapping[str, Any]) -> pd.DataFrame:
    """Select the rows of a query, see :func:`value`."""
    rows, where = recorded_table(folder, query["table"]), query.get("where", "")
    if "frog_srop" in rows and "layer" not in where:
        rows = rows[rows["layer"] == LAYER]
    if "convention" in rows and "convention" not in where and "id" not in rows:
        rows = rows[rows["convention"] == CONVENTION]
    rows = rows.query(where) if where else rows
    return rows.sort_values("seed", kind="stable") if "seed" in rows else rows


def value(folder: Path, query: Mapping[str, Any]) -> list[str]:
    """Give a quoted value.

    Args:
        folder: The folder of recorded runs.
        query: ``table`` (``<runs>/<name>``), ``where`` (of :meth:`pandas.DataFrame.query`), ``column``, ``format``;
            ``of`` decides what several rows become: ``each`` by itself (the default, in the order of their seeds),
            their ``mean``, their ``count``, or, for a claim, the replicates in its ``values``; ``times`` names a column
            to multiply by; ``exp`` takes the exponential first.

    Returns:
        Texts such as ``.86`` and ``.97``; none if no row fits.
    """
    rows, how = selected(folder, query), query.get("of")
    if how == "count":
        return [str(len(rows))]
    if rows.empty:
        return []
    if how == "values":
        numbers = np.array(rows["values"].iloc[0].split(), dtype=float)
    else:
        numbers = rows[query["column"]].to_numpy(float)
    numbers = np.exp(numbers) if query.get("exp") else numbers
    numbers = numbers * rows[query["times"]].to_numpy() if "times" in query else numbers
    numbers = numbers.mean(keepdims=True) if how == "mean" else numbers
    return [number(each, query["format"]) for each in numbers]


def table(folder: Path, query: Mapping[str, Any]) -> str:
    """Give a quoted table, each cell of which is a value.

    Args:
        folder: The folder of recorded runs.
        query: ``rows`` and ``columns`` are queries by title, see :func:`value`; a cell combines the query of its row
            with that of its column, and keys that stand next to ``rows`` are for all cells. Instead of ``columns``,
            ``across`` names a column of the table: each of its values in the first row makes a column, with the title
            ``head`` (``"{}"`` by default). A row may call the same column otherwise, by an ``across`` of its own.
            ``corner`` stands above the titles of the rows.

    Returns:
        The table in Markdown; a cell that no row fits is empty.
    """
    shared = {key: part for key, part in query.items() if key not in ("rows", "columns")}
    rows = {title: _combined(shared, row) for title, row in query["rows"].items()}
    columns, keys = query.get("columns", {}), []
    if not columns:
        first = next(iter(rows.values()))
        keys = selected(folder, first)[first["across"]].unique().tolist()
    cells = []
    for row in rows.values():
        parts = [*columns.values(), *({"where": f"{row['across']} == {key!r}"} for key in keys)]
        cells.append([" ".join(value(folder, _combined(row, part))) for part in parts])
    titles = [*columns, *(query.get("head", "{}").format(key) for key in keys)]
    shown = pd.DataFrame(cells, columns=titles, index=rows).rename_axis(query.get("corner", ""))
    return markdown(shown.reset_index())


def _combined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    where = " and ".join(f"({part['where']})" for part in (one, other) if part.get("where"))
    return {**one, **other, "where": where}


def markdown(table: pd.DataFrame) -> str:
    # Some hosts need the blank lines to end a comment or a table.
    return "\n\n" + table.to_markdown(index=False, disable_numparse=True) + "\n\n"


class Quotes:
    """The marked passages of documents, and the numbers that may stand outside of them.

    Args:
        folder: The folder of recorded runs, ``workflow/recorded/``.
        file: ``docs/quotes.yaml``: queries under ``values`` and ``tables``, regular expressions of text that may hold
            numbers under ``exceptions``.
        passages: Functions that write other passages from the folder, by name.
    """

    def __init__(self, folder: Path, file: Path, passages: Mapping[str, Callable[[Path], str]]) -> None:
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
        self._folder = folder
        self._passages = passages
        self.values, self.tables = entries["values"], entries["tables"]
        self._exceptions = re.compile("|".join(f"(?:{pattern})" for pattern in entries["exceptions"]))

    def text(self, name: str) -> str:
        """Give the text of a passage.

        Raises:
            KeyError: If no passage has this name.
            ValueError: If no row of the table fits the query of a value.
        """
        if name in self.values:
            if texts := value(self._folder, self.values[name]):
                return in_words(texts)
            raise ValueError(f"{name}: no row of the table fits; change `where`")
        if name in self.tables:
            return table(self._folder, self.tables[name])
        if name not in self._passages:
            raise KeyError(f"there is no passage {name!r}; add it to docs/quotes.yaml or srop/documents/passages.py")
        return self._passages[name](self._folder)

    def fill(self, document: str) -> str:
        """Rewrite every marked passage of a document."""
        return _MARKED.sub(
            lambda match: f"<!-- {match['name']} -->{self.text(match['name'])}<!-- /{match['name']} -->", document
        )

    def stale(self, document: str) -> Iterator[str]:
        """List the passages that differ from the recorded runs."""
        for match in _MARKED.finditer(document):
            if match["text"] != (right := self.text(match["name"])):
                yield f"{match['name']}: {match['text'].strip()!r} should be {right.strip()!r}"

    def typed(self, document: str, form: str = "md") -> Iterator[str]:
        """Find numbers that were typed by hand: outside of marked passages, code, links and exceptions.

        A marker that begins a line within a paragraph is reported as well, since Markdown ends the paragraph there.

        Args:
            document: A document, a caption or a chapter.
            form: ``md`` or ``rst``, see :func:`srop.documents.typed.typed_numbers`.

        Yields:
            The line and the number or marker.
        """
        for match in _MARKED.finditer(document):
            start = document.rfind("\n", 0, match.start()) + 1
            if "\n" not in match["text"] and not document[start : match.start()].strip():
                yield f"line {document.count(chr(10), 0, start) + 1}: {match['name']} begins it"
        yield from typed_numbers(blanked(_MARKED, document), self._exceptions, form)
