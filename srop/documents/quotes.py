"""What the documents quote of recorded runs: named values and tables, written between markers and checked there.

A marked passage is ``<!-- name -->text<!-- /name -->``. The text is made from ``workflow/recorded/``: by a query of
``docs/quotes.yaml``, or by a function, such as those in :data:`srop.documents.passages.PASSAGES`.
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

_MARKED = re.compile(r"(?<!`)<!-- (?P<name>[\w.-]+) -->(?P<text>.*?)<!-- /(?P=name) -->", re.DOTALL)


_CODE = re.compile(r"```.*?```|`[^`\n]*`|^(?: {4}|\t)[^\n]*$|<!--.*?-->|\]\([^)]*\)", re.DOTALL | re.MULTILINE)


_DECIMAL = re.compile(r"(?<![\w.])\d*\.\d+")


LAYER, CONVENTION = "relu2", "published"
"""Of the digits, and of tables that have several, where a query says nothing else."""


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
        """The recorded speed on CUDA, and how tables of one run differ between devices."""
        return self._of("h100")

    @cached_property
    def adadelta(self) -> dict[str, pd.DataFrame]:
        """The paper's digit experiments again, with the optimizer of the example that the paper cites."""
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
        """Give rows of ``<run>/<table>``."""
        run, _, name = table.partition("/")
        found = getattr(self, run)[name]
        where = where or ""
        if "frog_srop" in found and "layer" not in where:
            found = found[found["layer"] == LAYER]
        if "convention" in found and "convention" not in where and "id" not in found:
            found = found[found["convention"] == CONVENTION]
        return found.query(where) if where else found


def value(recorded: Recorded, query: Mapping[str, Any]) -> str:
    """Give a quoted value.

    Args:
        recorded: The recorded runs.
        query: ``table`` (``<run>/<name>``), ``where`` (of :meth:`pandas.DataFrame.query`), ``column``, ``format``;
            ``of`` says what becomes of several rows: each by itself (``each``, the default, in the order of their
            seeds), their ``mean``, how many they are (``count``), or, of a claim, its replicates, which stand in
            its ``values``; ``times`` names a column to multiply by, and
            ``exp`` takes the exponential first.

    Returns:
        Text such as ``.86 and .97``.

    Raises:
        ValueError: If no row is found.
    """
    rows = recorded.rows(query["table"], query.get("where"))
    if query.get("of") == "count":
        return str(len(rows))
    if rows.empty:
        raise ValueError(f"{query}: no row")
    rows = rows.sort_values("seed", kind="stable") if "seed" in rows else rows
    if query.get("of") == "values":
        return in_words([as_number(float(number), query["format"]) for number in rows["values"].iloc[0].split()])
    numbers = rows[query["column"]].to_numpy(float)
    numbers = np.exp(numbers) if query.get("exp") else numbers
    numbers = numbers * rows[query["times"]].to_numpy() if "times" in query else numbers
    if query.get("of") == "mean":
        numbers = numbers.mean(keepdims=True)
    return in_words([as_number(number, query["format"]) for number in numbers])


def in_words(texts: list[str]) -> str:
    return " and ".join([*filter(None, [", ".join(texts[:-1])]), texts[-1]])


def as_number(number: float, form: str) -> str:
    """Write a number without a zero before its point; ``none`` where there is none."""
    return "none" if np.isnan(number) else re.sub(r"^(-?)0\.", r"\1.", format(number, form))


def as_values(numbers: pd.Series, form: str) -> str:
    """Up to five seeds are shown as values, more as a mean."""
    texts = [as_number(number, form) for number in numbers]
    return " ".join(texts) if len(texts) <= 5 else f"{as_number(numbers.mean(), form)} (mean of {len(texts)})"


def markdown(table: pd.DataFrame) -> str:
    # Blank lines, for not every host ends a comment's block or a table without.
    return "\n\n" + table.to_markdown(index=False, disable_numparse=True) + "\n\n"


class Quotes:
    """The passages that documents mark, and what may stand unmarked.

    Args:
        recorded: The recorded runs.
        file: ``docs/quotes.yaml``: queries under ``values``, regular expressions of text that may hold decimals under
            ``exceptions``.
        passages: Functions that make longer ones, by name.
    """

    def __init__(self, recorded: Recorded, file: Path, passages: Mapping[str, Callable[[Recorded], str]]) -> None:
        chosen = yaml.safe_load(file.read_text(encoding="utf-8"))
        self.recorded = recorded
        self._passages = passages
        self.values = chosen["values"]
        self._exceptions = re.compile("|".join(f"(?:{pattern})" for pattern in chosen["exceptions"]))

    def text(self, name: str) -> str:
        """Give the text of a passage.

        Raises:
            KeyError: If neither a value nor a block has this name.
        """
        if name in self.values:
            return value(self.recorded, self.values[name])
        if name not in self._passages:
            raise KeyError(
                f"there is no passage {name!r}; docs/quotes.yaml and srop/documents/passages.py name those there are"
            )
        return self._passages[name](self.recorded)

    def fill(self, document: str) -> str:
        """Write every marked passage of a document anew."""
        return _MARKED.sub(
            lambda match: f"<!-- {match['name']} -->{self.text(match['name'])}<!-- /{match['name']} -->", document
        )

    def stale(self, document: str) -> Iterator[str]:
        """Name the passages that differ from what is recorded."""
        for match in _MARKED.finditer(document):
            if match["text"] != (right := self.text(match["name"])):
                yield f"{match['name']}: {match['text'].strip()!r} should be {right.strip()!r}"

    def typed(self, document: str) -> Iterator[str]:
        """Find decimals that were typed into prose: outside of marked passages, code, links and exceptions.

        Markers within a paragraph that begin a line are found too: Markdown ends the paragraph there.
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
