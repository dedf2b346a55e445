"""The documents' quotes from recorded runs: named values and tables, written between markers and checked there.

A marked passage is ``<!-- name -->text<!-- /name -->``. The text comes from ``workflow/recorded/``, by a query of
``docs/quotes.yaml`` or by a function of :data:`srop.documents.passages.PASSAGES`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from srop.ledger.recorded import kept, read_recorded
from srop.report.numbers import as_number, in_words

_MARKED = re.compile(r"(?<!`)<!-- (?P<name>[\w.-]+) -->(?P<text>.*?)<!-- /(?P=name) -->", re.DOTALL)


_CODE = re.compile(r"```.*?```|`[^`\n]*`|^(?: {4}|\t)[^\n]*$|<!--.*?-->|\]\([^)]*\)", re.DOTALL | re.MULTILINE)


_DECIMAL = re.compile(r"(?<![\w.])\d*\.\d+")


LAYER, CONVENTION = "relu2", "published"
"""The layer of the digits and the convention that a query without its own takes."""


class Recorded:
    """The recorded runs, by the names under which documents quote them.

    Args:
        folder: ``workflow/recorded/``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def paper(self) -> dict[str, pd.DataFrame]:
        """All recorded runs of the paper's digit experiments, as one."""
        return read_recorded(self.paper_runs, ["digits", "epochs", "frog_epochs"])

    @property
    def paper_runs(self) -> list[Path]:
        """Their folders."""
        return sorted(file.parent for file in self.folder.glob("paper*/origin.json"))

    @cached_property
    def embedded(self) -> dict[str, pd.DataFrame]:
        """The recorded run of the preset embedded."""
        return self._of("embedded")

    @cached_property
    def cuda(self) -> dict[str, pd.DataFrame]:
        """The recorded speed on CUDA, and the differences between tables of one run on two devices."""
        return self._of("h100")

    @cached_property
    def adadelta(self) -> dict[str, pd.DataFrame]:
        """The paper's digit experiments with the optimizer of the example that the paper cites."""
        return self._of("adadelta")

    @cached_property
    def schedule(self) -> dict[str, pd.DataFrame]:
        """The simulated schedules of the preset paper, by machine, and its jobs by rule."""
        folder = self.folder.parent / "schedule" / "job_times"
        machines = pd.read_csv(folder / "machines.csv").fillna({"left_out": ""})
        return {"machines": machines, "rules": pd.read_csv(folder / "rules.csv")}

    def _of(self, run: str) -> dict[str, pd.DataFrame]:
        folder = self.folder / run
        names = [path.stem for path in folder.glob("tables/*.csv")]
        return {name: pd.read_csv(kept(folder, f"tables/{name}.csv"), dtype={"id": str}) for name in names}

    def rows(self, table: str, where: str | None) -> pd.DataFrame:
        """Select rows of ``<run>/<table>``."""
        run, _, name = table.partition("/")
        rows = getattr(self, run)[name]
        where = where or ""
        if "frog_srop" in rows and "layer" not in where:
            rows = rows[rows["layer"] == LAYER]
        if "convention" in rows and "convention" not in where and "id" not in rows:
            rows = rows[rows["convention"] == CONVENTION]
        return rows.query(where) if where else rows


def value(recorded: Recorded, query: Mapping[str, Any]) -> str:
    """Give a quoted value.

    Args:
        recorded: The recorded runs.
        query: ``table`` (``<run>/<name>``), ``where`` (of :meth:`pandas.DataFrame.query`), ``column``, ``format``;
            ``of`` decides what several rows become: ``each`` by itself (the default, in the order of their seeds),
            their ``mean``, their ``count``, or, for a claim, the replicates in its ``values``; ``times`` names a column
            to multiply by; ``exp`` takes the exponential first.

    Returns:
        Text such as ``.86 and .97``.

    Raises:
        ValueError: If no row fits.
    """
    rows = recorded.rows(query["table"], query.get("where"))
    if query.get("of") == "count":
        return str(len(rows))
    if rows.empty:
        raise ValueError(f"{query}: no row of the table fits; change `where`")
    rows = rows.sort_values("seed", kind="stable") if "seed" in rows else rows
    if query.get("of") == "values":
        return in_words([as_number(float(number), query["format"]) for number in rows["values"].iloc[0].split()])
    numbers = rows[query["column"]].to_numpy(float)
    numbers = np.exp(numbers) if query.get("exp") else numbers
    numbers = numbers * rows[query["times"]].to_numpy() if "times" in query else numbers
    if query.get("of") == "mean":
        numbers = numbers.mean(keepdims=True)
    return in_words([as_number(number, query["format"]) for number in numbers])


def as_values(numbers: pd.Series, form: str) -> str:
    """Format up to five seeds as values, more as their mean."""
    texts = [as_number(number, form) for number in numbers]
    return " ".join(texts) if len(texts) <= 5 else f"{as_number(numbers.mean(), form)} (mean of {len(texts)})"


def markdown(table: pd.DataFrame) -> str:
    # Some hosts need the blank lines to end a comment or a table.
    return "\n\n" + table.to_markdown(index=False, disable_numparse=True) + "\n\n"


class Quotes:
    """The marked passages of documents, and the decimals that may stand outside of them.

    Args:
        recorded: The recorded runs.
        file: ``docs/quotes.yaml``: queries under ``values``, regular expressions of text that may hold decimals under
            ``exceptions``.
        passages: Functions that write longer passages, by name.
    """

    def __init__(self, recorded: Recorded, file: Path, passages: Mapping[str, Callable[[Recorded], str]]) -> None:
        entries = yaml.safe_load(file.read_text(encoding="utf-8"))
        self.recorded = recorded
        self._passages = passages
        self.values = entries["values"]
        self._exceptions = re.compile("|".join(f"(?:{pattern})" for pattern in entries["exceptions"]))

    def text(self, name: str) -> str:
        """Give the text of a passage.

        Raises:
            KeyError: If no passage has this name.
        """
        if name in self.values:
            return value(self.recorded, self.values[name])
        if name not in self._passages:
            raise KeyError(f"there is no passage {name!r}; add it to docs/quotes.yaml or srop/documents/passages.py")
        return self._passages[name](self.recorded)

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

    def typed(self, document: str) -> Iterator[str]:
        """Find decimals that were typed by hand: outside of marked passages, code, links and exceptions.

        A marker that begins a line within a paragraph is reported as well, since Markdown ends the paragraph there.
        """
        for match in _MARKED.finditer(document):
            start = document.rfind("\n", 0, match.start()) + 1
            if "\n" not in match["text"] and not document[start : match.start()].strip():
                yield f"line {document.count(chr(10), 0, start) + 1}: {match['name']} begins it"
        for pattern in (_MARKED, _CODE, self._exceptions):
            document = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), document)
        for number, line in enumerate(document.splitlines(), 1):
            for match in _DECIMAL.finditer(line):
                yield f"line {number}: {match.group()}"
