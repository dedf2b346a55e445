"""Gather the layers of all backbones in one table."""

from srop.pipeline.io import read_tables, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    write_table(read_tables(run.layers), run.table)
