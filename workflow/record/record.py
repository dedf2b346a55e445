"""Copy the tables of a finished run to workflow/recorded/, where the ledger and the documents find them."""

import json
from pathlib import Path

from omegaconf import OmegaConf

from srop.ledger.recorded import record
from srop.pipeline.provenance import hardware
from srop.pipeline.stage import plain, stage


@stage(
    reads=[
        "digits.{w,seeds,data,training,networks}",
        "backbones.images",
        "backbones.noise",
        "training_dynamics",
        "uses",
        "wavelets",
        "occlusion",
        "adversarial",
        "filters",
    ]
)
def main(values, *, results, into, srops, tables, parquet=(), evidence=None, command):
    results = Path(results)
    provenance = results / "provenance.json"
    machine = json.loads(provenance.read_text(encoding="utf-8"))["hardware"] if provenance.is_file() else hardware()
    # The kernel's name says no more of the numbers, and more of the machine than others need to know.
    machine.pop("platform", None)
    recorded_values = plain(values)
    for section, table in (("backbones", "baseline"), ("digits", "digits")):
        if not (results / "tables" / f"{table}.parquet").is_file():
            del recorded_values[section]
    if networks := OmegaConf.select(values, "digits.networks"):
        command = f"{command} (networks trained by another run: {Path(networks).parent.name})"
    files = {"srops": srops, "tables": tables, "parquet": parquet}
    files = {key: [Path(path) for path in paths] for key, paths in files.items()}
    parts = {name: [Path(path) for path in paths if Path(path).is_file()] for name, paths in (evidence or {}).items()}
    files["evidence"] = {name: paths for name, paths in parts.items() if paths}
    record(results, Path(into) / results.name, command=command, values=recorded_values, hardware=machine, **files)
