"""Gather what was measured of frequencies that networks lean on."""

from srop.experiments.occlusion.tables import radial_table, shares_table
from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, occluded, heat, layers, networks, spectra, stems):
    tables = [
        shares_table(read_tables(occluded)),
        radial_table(read_tables(heat)),
        read_tables(layers),
        read_tables(networks),
        read_tables(spectra).drop(columns="images"),
    ]
    for table, stem in zip(tables, stems, strict=True):
        export_table(table, f"{stem}.parquet")
