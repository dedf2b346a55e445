"""Gather the aliasing and log amplitudes of networks, and the spectra of generated digits."""

from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, aliasing_files, amplitudes_files, generated_files, aliasing, amplitudes, generated):
    for files, table in ((aliasing_files, aliasing), (amplitudes_files, amplitudes), (generated_files, generated)):
        export_table(read_tables(files), table)
