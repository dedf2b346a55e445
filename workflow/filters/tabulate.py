"""Gather the networks with chosen filters, and how robust they are."""

from srop.experiments.filters.tables import networks_table
from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, robustness, networks, corruptions, table):
    robustness = read_tables(robustness)
    export_table(robustness, corruptions)
    export_table(networks_table(robustness, read_tables(networks)), table)
