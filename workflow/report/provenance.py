"""Record what the results come from."""

import logging
from pathlib import Path

from srop.pipeline.io import write_json
from srop.pipeline.provenance import hardware, origins, software
from srop.pipeline.stage import stage
from srop.runs.restore import restored_record

log = logging.getLogger(__name__)


@stage(reads=["*"])
def main(values, *, run_preset, name, tables, record_file, tracked, restored=""):
    record = {"preset": run_preset, "name": name, **software(tracked)}
    tables_by_origin = origins(tables)
    if len(kinds := {origin["cpu"] for origin in tables_by_origin if origin["cpu"]}) > 1:
        record["mixture"] = f"tables of {len(kinds)} kinds of CPU, which round otherwise; --forceall makes all on one"
        log.warning("%s", record["mixture"])
    if restored:
        theirs = restored_record(Path(__file__).parents[2] / restored)
        write_json({**record, **theirs, "restored": restored}, record_file)
        return
    write_json({**record, "origins": tables_by_origin, "hardware": hardware()}, record_file)
