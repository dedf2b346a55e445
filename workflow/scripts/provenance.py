"""Record what the results come from."""

import logging

from srop.pipeline.io import write_json
from srop.pipeline.provenance import hardware, origins, software
from srop.pipeline.stage import plain, stage

log = logging.getLogger(__name__)


@stage
def main(values, run):
    record = {"preset": run.preset, "name": run.name, **software(plain(run.tracked))}
    made = origins(run.tables)
    if len(kinds := {origin["cpu"] for origin in made if origin["cpu"]}) > 1:
        record["mixture"] = f"tables of {len(kinds)} kinds of CPU, which round otherwise; --forceall makes all on one"
        log.warning("%s", record["mixture"])
    write_json({**record, "origins": made, "hardware": hardware()}, run.record)
