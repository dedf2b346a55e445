"""Record what the results come from."""

from srop.pipeline.io import write_json
from srop.pipeline.provenance import hardware, origins, software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    record = {"preset": run.preset, "name": run.name, **software(plain(run.tracked))}
    write_json({**record, "origins": origins(run.tables), "hardware": hardware()}, run.record)
