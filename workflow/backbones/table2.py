"""Make Table 2."""

from srop.experiments.backbones.tables import table2
from srop.experiments.summaries import rows_where
from srop.pipeline.io import export_table, read_table, write_markdown
from srop.pipeline.stage import stage


@stage(reads=["figures.convention", "figures.dead"])
def main(values, *, table, baseline, stem):
    table = table2(read_table(table), read_table(baseline))
    export_table(table, f"{stem}.parquet")
    shown = rows_where(table, convention=values.figures.convention, dead=values.figures.dead)
    write_markdown(shown.drop(columns=["convention", "dead"]), f"{stem}.md")
