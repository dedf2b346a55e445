"""Copy the tables of a finished run to workflow/recorded/, where the ledger and the documents find them."""

import json
from pathlib import Path

from omegaconf import OmegaConf

from srop.ledger.recorded import record
from srop.pipeline.provenance import hardware
from srop.pipeline.stage import plain, stage


@stage(
    reads=[
        "digits.{data,training,networks}",
        "backbones.images",
        "backbones.noise",
        "training_dynamics",
        "wavelets",
        "occlusion",
        "adversarial",
        "filters",
    ]
)
def main(values, *, results, into, srops, tables, parquet=(), images=(), name=None, command, processor=None):
    results = Path(results)
    known = results / "provenance.json"
    machine = json.loads(known.read_text(encoding="utf-8"))["hardware"] if known.is_file() else hardware()
    # The kernel's name says no more of the numbers, and more of the machine than others need to know.
    machine.pop("platform", None)
    if processor:
        machine = {"processor": processor}
    of_run = plain(values)
    for section, table in (("backbones", "baseline"), ("digits", "digits")):
        if not (results / "tables" / f"{table}.parquet").is_file():
            del of_run[section]
    if networks := OmegaConf.select(values, "digits.networks"):
        command = f"{command} (networks trained by another run: {Path(networks).parent.name})"
    srops, images, tables = ([Path(path) for path in paths] for paths in (srops, images, tables))
    said = {"command": command, "values": of_run, "hardware": machine}
    said["parquet"] = [Path(path) for path in parquet]
    record(results, Path(into) / (name or results.name), srops=srops, images=images, tables=tables, **said)
