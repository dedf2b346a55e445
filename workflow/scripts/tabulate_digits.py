"""Gather all digit networks in one table."""

from srop.experiments.digits.tables import digits_table
from srop.pipeline.io import read_tables, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    metrics = read_tables(run.metrics)
    write_table(metrics, run.epochs)
    write_table(digits_table(metrics, read_tables(run.srops)), run.table)
