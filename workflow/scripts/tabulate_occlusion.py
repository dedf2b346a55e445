"""Gather what was measured of frequencies that networks lean on."""

from srop.experiments.adversarial.tables import attacks_summary, changes_summary
from srop.experiments.occlusion.tables import radial_table, shares_table
from srop.pipeline.io import read_tables, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    write_table(shares_table(read_tables(run.occluded)), run.shares)
    write_table(radial_table(read_tables(run.heat)), run.heat_table)
    write_table(read_tables(run.layers), run.layers_table)
    write_table(read_tables(run.networks), run.networks_table)
    write_table(read_tables(run.spectra).drop(columns="images"), run.spectra_table)
    write_table(read_tables(run.accuracy), run.robustness)
    write_table(attacks_summary(read_tables(run.attacks)), run.attacks_table)
    write_table(changes_summary(read_tables(run.changes)), run.changes_table)
