"""Gather all digit networks in one table."""

from omegaconf import DictConfig

from srop.config import stage
from srop.io import read_tables, write_table
from srop.tables import digits_table


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    metrics = read_tables(run.metrics)
    write_table(metrics, run.epochs)
    write_table(digits_table(metrics, read_tables(run.srops)), run.table)
