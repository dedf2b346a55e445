"""Gather the networks with chosen filters, and how robust they are."""

from srop.experiments.filters.tables import networks_table
from srop.pipeline.io import read_tables, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    robustness = read_tables(run.robustness)
    write_table(robustness, run.corruptions)
    write_table(networks_table(robustness, read_tables(run.networks)), run.table)
