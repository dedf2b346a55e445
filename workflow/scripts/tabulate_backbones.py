"""Gather the layers of all backbones in one table."""

from omegaconf import DictConfig

from srop.pipeline.io import read_tables, write_table
from srop.pipeline.stage import stage


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    write_table(read_tables(run.layers), run.table)
