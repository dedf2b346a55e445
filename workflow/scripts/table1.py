"""Make Table 1."""

import pandas as pd

from srop.experiments.backbones.tables import table1, table1_grid
from srop.pipeline.io import write_markdown, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    table = table1(pd.read_csv(run.table))
    write_table(table, f"{run.stem}.csv")
    write_markdown(table1_grid(table), f"{run.stem}.md")
