"""The notebooks are stored with the outputs that they give."""

import re
from base64 import b64decode
from pathlib import Path

import nbformat
import pytest

from srop.documents.notebooks import differences, run_notebook, texts

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
VOLATILE = r"0x[0-9a-f]{6,}|/(?:home|root|tmp|usr|opt|Users)/|Warning|it/s|\d{4}-\d\d-\d\d|\d\d:\d\d"


def notebook(*outputs: str) -> nbformat.NotebookNode:
    cells = [
        nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text=output)]) for output in outputs
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def file(request) -> Path:
    return request.param


def test_it_gives_what_is_stored(file):
    """Where it does not: `snakemake --cores 1 notebooks`."""
    assert list(differences(nbformat.read(file, as_version=4), run_notebook(file))) == []


def test_every_output_is_there_small_and_lasting(file):
    content = nbformat.read(file, as_version=4)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum(bool(cell.outputs) for cell in code) >= len(code) - 1
    assert not {"execution"} & {key for cell in code for key in cell.metadata}
    assert "version" not in content.metadata.language_info
    outputs = [output for cell in code for output in cell.outputs]
    assert {output.get("name", "stdout") for output in outputs} == {"stdout"}
    assert [text for cell in code for text in texts(cell) if re.search(VOLATILE, text)] == []
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) >= 3
    assert max(len(b64decode(picture)) for picture in pictures) < 200_000


def test_the_first_cell_says_what_it_needs(file):
    first = nbformat.read(file, as_version=4).cells[0].source
    assert re.search(r"This notebook needs\s+a clone", first)


def test_warnings_and_versions_are_not_stored(tmp_path):
    file = tmp_path / "warns.ipynb"
    lines = "import sys\nprint('kept')\nprint('lost', file=sys.stderr)\nraise_nothing = 0"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(lines)]), file)
    content = run_notebook(file)
    assert [list(texts(cell)) for cell in content.cells] == [["kept\n"]]
    assert content.metadata == {}
    assert "execution" not in content.cells[0].metadata


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mean .25", "mean   .26"),
        ("a  0.8510\n", "a 0.8502"),
        ("12 of 12", "12 of 12"),
        ("1.00", "0.99"),
        ("-.5", "-.5"),
    ],
)
def test_blanks_and_another_cpus_rounding_make_no_difference(before, after):
    assert list(differences(notebook(before), notebook(after))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [("mean .25", "mean .28"), ("mean .25", "means .25"), ("12 of 12", "11 of 12"), ("-.5", ".5"), (".5 .5", ".5")],
)
def test_another_number_or_word_is_a_difference(before, after):
    (line,) = differences(notebook("same", before), notebook("same", after))
    assert line.startswith("cell 2 is stored with")
