"""Make Table 2."""

from srop.experiments.backbones.tables import table2
from srop.pipeline.io import read_table, write_markdown, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    table = table2(read_table(run.table), read_table(run.baseline))
    write_table(table, f"{run.stem}.csv")
    figures = values.figures
    shown = table[(table["convention"] == figures.convention) & (table["dead"] == figures.dead)]
    write_markdown(shown.drop(columns=["convention", "dead"]), f"{run.stem}.md")
