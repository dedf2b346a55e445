"""Draw aliasing, log amplitudes, accuracy under noise of one band, and spectra of images."""

from srop.experiments.beyond.figures import figure_aliasing, figure_amplitudes, figure_bands, figure_spectra
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage()
def main(values, *, aliasing, amplitudes, bands, photographs, generated, titles, stems):
    style()
    for draw, file, stem in zip(
        (
            lambda table: figure_aliasing(table, titles),
            lambda table: figure_amplitudes(table, titles),
            figure_bands,
            figure_spectra,
            figure_spectra,
        ),
        (aliasing, amplitudes, bands, photographs, generated),
        stems,
        strict=True,
    ):
        table = read_table(file)
        write_figure(draw(table), stem, table)
