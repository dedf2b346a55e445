"""A measured number that somebody types into prose is noticed, wherever that is."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from srop.documents.notebooks import prose
from srop.documents.passages import PASSAGES
from srop.documents.quotes import Quotes

PROJECT = Path(__file__).resolve().parent.parent
FILES = [
    PROJECT / "README.md",
    *sorted((PROJECT / "docs").glob("*.md")),
    *sorted((PROJECT / "workflow").glob("*/*.rst")),
    *sorted((PROJECT / "notebooks").glob("*.ipynb")),
]
FORMS = (
    "{share:.2f}",
    "{short}",
    "-{short}",
    "{share:.3f}",
    "{ratio:.2f}",
    "({short})",
    "**{short}**",
    "about {short},",
    "{short}, {other} and {third}",
    "{share:.4f}",
    "{ratio:.1f}e-3",
    "{short} ± {other}",
    "{percent} %",
    "{percent}%",
    "{percent}.{digit} %",
    "{percent} percent",
    "{percent} points",
    "{count:,}",
    "{count:,} of {more:,}",
    "{ratio:.1f} times",
    "{digit} times",
    "{digit}-fold",
    "{digit} of {percent}",
    "{percent} in {more}",
    "{ratio:.1f} s",
    "{percent} ms",
    "{percent} minutes",
    # Bare counts are settings as often as results, and nothing looks for them.
    "{percent} images",
)


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    return Quotes(PROJECT / "workflow" / "recorded", PROJECT / "docs" / "quotes.yaml", PASSAGES)


def read(file: Path) -> tuple[str, str]:
    """Give a document's text and its format."""
    if file.suffix == ".ipynb":
        return prose(nbformat.read(file, as_version=4)), "md"
    return file.read_text(encoding="utf-8"), file.suffix[1:]


def places(text: str) -> list[int]:
    """List the blanks between words of prose, by other means than those of the code under test."""
    spans = r"<!-- ([\w.-]+) -->.*?<!-- /\1 -->|```.*?```|`+[^`]+`+|\]\(.*?\)|\{\{.*?\}\}|\{%.*?%\}|<!--.*?-->"
    closed = [range(*match.span()) for match in re.finditer(spans, text, re.DOTALL)]
    blanks, start, code, before = [], 0, False, ""
    for line in text.splitlines(keepends=True):
        # Code begins after a blank line.
        code = line.startswith("    ") and (code or not before.strip())
        if not code and not re.fullmatch(r"[-=|: ]+", line.strip()):
            blanks += [start + match.start() for match in re.finditer(r"(?<=[\w,.:;]) (?=[\w(])", line)]
        start, before = start + len(line), line
    return [place for place in blanks if not any(place in span for span in closed)]


def numbers(seed: int) -> Iterator[str]:
    """Make numbers as people write results."""
    draw = random.Random(seed)
    while True:
        share = [draw.uniform(0.01, 0.99) for _ in range(3)]
        short, other, third = (f"{value:.2f}".lstrip("0") for value in share)
        yield draw.choice(FORMS).format(
            share=share[0], short=short, other=other, third=third, ratio=draw.uniform(1.1, 30),
            percent=draw.randint(11, 98), digit=draw.randint(2, 9), count=draw.randint(1000, 90_000),
            more=draw.randint(90_000, 99_999),
        )  # fmt: skip


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PROJECT)))
def test_no_result_is_typed_into_prose(quotes, file):
    """Results are quoted from tables; constants stand under `exceptions` in docs/quotes.yaml."""
    assert list(quotes.typed(*read(file))) == []


@pytest.mark.parametrize("seed", range(3))
def test_of_a_hundred_typed_numbers_95_are_noticed(quotes, seed):
    draw = random.Random(seed)
    texts = {file: read(file) for file in FILES}
    inside = {file: places(text) for file, (text, _) in texts.items()}
    files = [file for file in FILES if inside[file]]
    assert len(files) > 45
    missed = []
    for number, _ in zip(numbers(seed), range(100), strict=False):
        file = draw.choice(files)
        text, form = texts[file]
        place = draw.choice(inside[file])
        if not list(quotes.typed(f"{text[:place]} {number}{text[place:]}", form)):
            missed.append(f"{file.name}: {text[max(0, place - 30) : place]}>>> {number} <<<{text[place : place + 30]}")
    assert len(missed) <= 5, "\n".join(missed)
