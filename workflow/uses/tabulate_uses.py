"""Gather removed channels, data sets without a digit, and networks with a penalty on fine patterns."""

from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, removals, omissions, penalties, removal, omission, penalty):
    export_table(read_tables(removals), removal)
    export_table(read_tables(omissions), omission)
    export_table(read_tables(penalties).sort_values(["weight", "seed"], ignore_index=True), penalty)
