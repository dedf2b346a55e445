"""Gather the layers of all backbones in one table."""

from omegaconf import DictConfig

from srop.config import stage
from srop.io import read_tables, write_table


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    write_table(read_tables(run.layers), run.table)
