"""README and docs say what the recorded tables say."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srop.documents.passages import PASSAGES
from srop.documents.quotes import Quotes

PROJECT = Path(__file__).resolve().parent.parent
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    return Quotes(PROJECT / "workflow" / "recorded", PROJECT / "docs" / "quotes.yaml", PASSAGES)


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.name)
def document(request) -> str:
    return request.param.read_text(encoding="utf-8")


def test_passages_are_what_is_recorded(quotes, document):
    assert list(quotes.stale(document)) == []


def test_every_value_is_quoted_and_every_picture_small(quotes):
    text = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert [name for name in (*quotes.values, *quotes.tables) if f"<!-- {name} -->" not in text] == []
    for picture in (PROJECT / "docs" / "figures").iterdir():
        assert picture.stat().st_size < 200_000
        assert f"figures/{picture.name}" in text


def test_the_example_of_the_definition_runs():
    definition = (PROJECT / "docs" / "definition.md").read_text(encoding="utf-8")
    exec(re.search(r"```python\n(.*?)```", definition, re.DOTALL).group(1), {})


def test_the_examples_of_the_spectra_run(tmp_path, monkeypatch):
    page = (PROJECT / "docs" / "spectra.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, names)
    assert names["model"].conv1.weight.grad.abs().sum() > 0
    assert (tmp_path / "amplitudes.png").exists()


def test_links_lead_somewhere():
    for path in [*DOCUMENTS, PROJECT / "config" / "README.md"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_readme_is_short():
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_a_changed_number_is_found(quotes):
    """In a value, in a table, and typed into prose."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    results = (PROJECT / "docs" / "results.md").read_text(encoding="utf-8")
    value = re.search(r"<!-- frog-9-omit -->(.*?)<!--", readme).group(1)
    assert len(list(quotes.stale(readme.replace(f"-->{value}<", "-->.46<")))) == 1
    cell = re.search(r"<!-- table2 -->.*?\| (\.\d+) ", results, re.DOTALL).group(1)
    texts = list(quotes.stale(results.replace(f"| {cell} ", "| .999 ", 1)))
    assert [text.partition(":")[0] for text in texts] == ["table2"]
    planted = ["it rises by 0.3", "to .86.", "(1.5 times)", "an SROP of 0.123, which", "**2.4**", "| .5 |", "- 0.99"]
    for text in planted:
        number = re.search(r"[0-9]*[.][0-9]+", text).group()
        assert list(quotes.typed(f"Some words.\n{text}\n")) == [f"line 2: {number}"]
    allowed = [
        "`0.5`",
        "Sec. 5.3",
        "Python 3.11 to 3.13",
        "w = 0.9",
        "    0.5\n",
        "[a](b/0.5)",
        "a <!-- x -->.5<!-- /x -->",
        "<!-- x -->\n| .5 |\n<!-- /x -->",
    ]
    for text in allowed:
        assert list(quotes.typed(f"\n\n{text}")) == []


def test_a_marker_that_would_end_its_paragraph_is_found(quotes):
    assert list(quotes.typed("Some\n<!-- x -->words<!-- /x --> more")) == ["line 2: x begins it"]


def test_unknown_passages_are_named(quotes):
    with pytest.raises(KeyError, match="no passage 'nothing'"):
        quotes.fill("<!-- nothing --><!-- /nothing -->")


def test_the_readmes_lines_draw_its_picture(tmp_path):
    """Other CPUs round otherwise, and the stored picture has fewer colors."""
    code = re.search(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line]) <= 11
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    stored = Image.open(PROJECT / "docs" / "figures" / "profile.png").convert("L")
    drawn = Image.open(tmp_path / "profile.png").convert("L")
    assert drawn.size == stored.size
    apart = np.abs(np.asarray(drawn, dtype=float) - np.asarray(stored, dtype=float))
    assert (apart > 60).mean() < 0.002


def there_is(path: str) -> bool:
    """Check a path of the project, in which ``<name>`` stands for an experiment and ``*`` for anything."""
    pattern = path.rstrip("/").replace("<name>", "digits").replace("<stage>", "train").replace("<figure>", "kappa")
    return next(PROJECT.glob(pattern), None) is not None


def test_the_map_of_the_source_in_the_readme_has_ten_lines_that_lead_somewhere():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"## Where things are\n\n((?:    .*\n)+)", readme)[1].splitlines()
    assert len(lines) == 10
    for line in lines:
        places = re.findall(r"[\w.*<>-]*/[\w.*<>/-]*", line)
        assert places, line
        assert [place for place in places if not there_is(place)] == []


def test_the_rooms_are_all_modules():
    page = (PROJECT / "docs" / "developing.md").read_text(encoding="utf-8")
    library, workflow = re.search(r"## Rooms\n\n    srop/\n(.*?)    workflow/\n(.*?)\n\n", page, re.DOTALL).groups()
    names = [
        re.split(r"\s{2,}", line.strip())[0]
        for line in library.splitlines()
        if line.startswith("      ") and line[6] != " "
    ]
    modules = {name.strip(" /") for line in names for name in line.replace("<name>/", "").split(",")}
    here = {
        path.stem for path in (PROJECT / "srop").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert modules == here - {"__init__"}
    for line in workflow.splitlines():
        for place in re.split(r"\s{2,}", line.strip())[0].split(", "):
            assert there_is(f"workflow/{place}"), place


def test_each_of_the_fifteen_changes_has_a_place_that_exists():
    page = (PROJECT / "docs" / "developing.md").read_text(encoding="utf-8")
    rows = re.search(r"\| change \| place \|\n\|---\|---\|\n((?:\|.*\n)+)", page)[1].splitlines()
    assert len(rows) >= 15
    for row in rows:
        places = re.findall(r"`([\w.*<>-]*/[\w.*<>/-]*)`", row.split("|")[2])
        assert places or "](#" in row, row
        assert [place for place in places if not there_is(place)] == [], row
