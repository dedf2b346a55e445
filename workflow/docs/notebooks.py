"""Run the notebooks, and store them with their outputs."""

from pathlib import Path

import nbformat

from srop.documents.notebooks import run_notebook
from srop.files import replacing
from srop.pipeline.stage import stage


@stage()
def main(values, *, notebooks):
    for name in notebooks:
        notebook = run_notebook(Path(name))
        with replacing(name) as temporary:
            nbformat.write(notebook, temporary)
