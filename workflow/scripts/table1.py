"""Make Table 1."""

from srop.experiments.backbones.tables import table1, table1_grid
from srop.pipeline.io import read_table, write_markdown, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    table = table1(read_table(run.table))
    write_table(table, f"{run.stem}.csv")
    write_markdown(table1_grid(table), f"{run.stem}.md")
