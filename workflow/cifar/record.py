"""Copy the tables of CIFAR trainings to workflow/recorded/."""

from pathlib import Path

from srop.ledger.recorded import record
from srop.pipeline.provenance import hardware
from srop.pipeline.stage import plain, stage


@stage(reads=["cifar", "occlusion.heat.norm"])
def main(values, *, run_name, into, tables, metrics, command):
    machine = hardware()
    # The kernel's name says no more of the numbers, and more of the machine than others need to know.
    machine.pop("platform", None)
    recorded_values = plain(values)
    # Where the file lay says nothing to others.
    if file := values.cifar.data.file:
        command = command.replace(str(file), "FILE")
        recorded_values["cifar"]["data"]["file"] = None
    tables, metrics = ([Path(path) for path in paths] for paths in (tables, metrics))
    options = {"command": command, "values": recorded_values, "hardware": machine}
    results = tables[0].parents[1]
    record(results, Path(into) / run_name, srops=[], tables=tables, parquet=metrics, **options)
