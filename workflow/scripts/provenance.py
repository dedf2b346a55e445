"""Record what the results come from."""

from omegaconf import DictConfig

from srop.config import plain, stage
from srop.io import write_json
from srop.provenance import hardware, origins, software


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    record = {"preset": run.preset, "name": run.name, **software(plain(run.tracked))}
    write_json({**record, "origins": origins(run.tables), "hardware": hardware()}, run.record)
