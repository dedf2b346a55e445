"""Make Table 2."""

from srop.experiments.backbones.tables import table2
from srop.pipeline.io import export_table, read_table, write_markdown
from srop.pipeline.stage import stage


@stage(reads=["figures.convention", "figures.dead"])
def main(values, *, table, baseline, stem):
    table = table2(read_table(table), read_table(baseline))
    export_table(table, f"{stem}.parquet")
    figures = values.figures
    shown = table[(table["convention"] == figures.convention) & (table["dead"] == figures.dead)]
    write_markdown(shown.drop(columns=["convention", "dead"]), f"{stem}.md")
