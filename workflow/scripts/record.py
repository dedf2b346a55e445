"""Copy the tables of a finished run to workflow/recorded/, where the ledger and the documents find them."""

import json
from pathlib import Path

from omegaconf import OmegaConf

from srop.ledger.recorded import record
from srop.pipeline.io import read_text
from srop.pipeline.provenance import hardware
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    results = Path(run.results)
    known = results / "provenance.json"
    machine = json.loads(read_text(known))["hardware"] if known.is_file() else hardware()
    # The kernel's name says no more of the numbers, and more of the machine than others need to know.
    machine.pop("platform", None)
    if run.processor:
        machine = {"processor": run.processor}
    of_run = plain(values)
    for section, table in (("backbones", "baseline"), ("digits", "digits")):
        if not (results / "tables" / f"{table}.csv").is_file():
            del of_run[section]
    if networks := OmegaConf.select(values, "digits.networks"):
        run.command = f"{run.command} (networks trained by another run: {Path(networks).parent.name})"
    srops, images, tables = ([Path(path) for path in paths] for paths in (run.srops, run.images, run.tables))
    said = {"command": run.command, "values": of_run, "hardware": machine}
    said["parquet"] = [Path(path) for path in run.parquet]
    record(results, Path(run.into) / (run.name or results.name), srops=srops, images=images, tables=tables, **said)
