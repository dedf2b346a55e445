"""Gather all digit networks in one table."""

from srop.experiments.digits.tables import digits_table
from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, metrics, srops, table, epochs):
    metrics = read_tables(metrics)
    export_table(metrics, epochs)
    export_table(digits_table(metrics, read_tables(srops)), table)
