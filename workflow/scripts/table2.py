"""Make Table 2."""

import pandas as pd

from srop.experiments.backbones.tables import table2
from srop.pipeline.io import write_markdown, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    table = table2(pd.read_csv(run.table), pd.read_csv(run.baseline))
    write_table(table, f"{run.stem}.csv")
    figures = values.figures
    shown = table[(table["convention"] == figures.convention) & (table["dead"] == figures.dead.name)]
    write_markdown(shown.drop(columns=["convention", "dead"]), f"{run.stem}.md")
