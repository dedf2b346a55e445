"""Gather how robust networks are, and what attacks change."""

from srop.experiments.adversarial.tables import attacks_summary, changes_summary
from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, accuracy, attacks, changes, robustness, attacks_table, changes_table):
    export_table(read_tables(accuracy), robustness)
    export_table(attacks_summary(read_tables(attacks)), attacks_table)
    export_table(changes_summary(read_tables(changes)), changes_table)
