"""Describe the recorded runs as RO-Crates, each in a copy."""

import shutil
from pathlib import Path

from srop.pipeline.stage import stage
from srop.runs.crate import Run, write_crate
from srop.runs.origin import origin_of


@stage()
def main(values, *, recorded, project, into):
    for record in sorted(Path(recorded).glob("*/origin.json")):
        folder = Path(into) / record.parent.name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(record.parent, folder)
        origin = origin_of(folder)
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        print(write_crate(Run(folder, folder.name, origin["command"], origin, files=files), Path(project)))
