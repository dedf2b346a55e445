"""Gather what was measured of frequencies that networks lean on."""

from srop.experiments.occlusion.tables import radial_table, shares_table
from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(
    values,
    *,
    occluded,
    heat,
    layers,
    networks,
    spectra,
    shares,
    heat_table,
    layers_table,
    networks_table,
    spectra_table,
):
    export_table(shares_table(read_tables(occluded)), shares)
    export_table(radial_table(read_tables(heat)), heat_table)
    export_table(read_tables(layers), layers_table)
    export_table(read_tables(networks), networks_table)
    export_table(read_tables(spectra).drop(columns="images"), spectra_table)
