"""Notebooks that are stored with their outputs: run, freed of what changes from run to run, and compared."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from srop.documents.pictures import small_png

_SECONDS = 300
"""The longest that one cell may take."""

_NUMBER = re.compile(r"(?<![\w.])(-?(?:\d+\.\d*|\.\d+|\d+))(?![\w.])")

_TOLERANCE = 0.02
"""The share by which a number with decimals may change on another CPU, which rounds otherwise. One unit of the last
digit is allowed in any case."""


def run_notebook(file: Path) -> NotebookNode:
    """Run a notebook in its folder, and keep of its outputs what every run gives.

    Args:
        file: The notebook.

    Returns:
        The notebook with new outputs, without warnings, progress bars, times and versions, and with small pictures.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell raises.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp(), "sum.ipynb")
        >>> cells = [nbformat.v4.new_code_cell("1 + 2")]
        >>> nbformat.write(nbformat.v4.new_notebook(cells=cells), file)
        >>> [list(texts(cell)) for cell in run_notebook(file).cells]
        [['3']]
    """
    notebook = nbformat.read(file, as_version=4)
    metadata = dict(notebook.metadata)
    NotebookClient(
        notebook,
        timeout=_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(file.parent)}},
    ).execute()
    # The client adds the version of Python.
    notebook.metadata = NotebookNode(metadata)
    for cell in _code(notebook):
        cell.outputs = [_lasting(output) for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _lasting(output: NotebookNode) -> NotebookNode:
    if "image/png" in output.get("data", {}):
        with Image.open(BytesIO(b64decode(output.data["image/png"]))) as picture:
            output.data["image/png"] = b64encode(small_png(picture)).decode()
        output.metadata = NotebookNode()
    return output


def prose(notebook: NotebookNode) -> str:
    """Give the Markdown of a notebook, with a blank line between cells."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def texts(cell: NotebookNode) -> Iterator[str]:
    """Give the texts that a code cell puts out: what it prints, and its values as plain text."""
    for output in cell.outputs:
        yield output.text if output.output_type == "stream" else output.get("data", {}).get("text/plain", "")


def differences(stored: NotebookNode, new: NotebookNode) -> Iterator[str]:
    """Compare the texts that two runs of a notebook put out.

    Args:
        stored: The notebook as it is stored.
        new: The same notebook, run again.

    Yields:
        A line per cell whose texts differ by more than blanks, and than numbers do on another CPU.
    """
    for number, (one, other) in enumerate(zip(_code(stored), _code(new), strict=True), 1):
        before, after = " ".join(texts(one)), " ".join(texts(other))
        if not _alike(before, after):
            yield f"cell {number} is stored with\n{before}\nand gives\n{after}"


def _alike(one: str, other: str) -> bool:
    parts = [_NUMBER.split(text) for text in (one, other)]
    words = [[" ".join(part.split()) for part in each[::2]] for each in parts]
    numbers = [each[1::2] for each in parts]
    return words[0] == words[1] and all(map(_close, *numbers))


def _close(one: str, other: str) -> bool:
    if "." not in one + other:
        return one == other
    last = 10.0 ** -len(one.partition(".")[2])
    return abs(float(one) - float(other)) <= max(1.01 * last, _TOLERANCE * abs(float(one)))
