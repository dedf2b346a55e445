"""Gather the intrinsic dimensions of all networks in one table."""

from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, layers, table):
    export_table(read_tables(layers), table)
