"""Make Table 1."""

from srop.experiments.backbones.tables import table1, table1_grid
from srop.pipeline.io import export_table, read_table, write_markdown
from srop.pipeline.stage import stage


@stage()
def main(values, *, table, stem):
    table = table1(read_table(table))
    export_table(table, f"{stem}.parquet")
    write_markdown(table1_grid(table), f"{stem}.md")
