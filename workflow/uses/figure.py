"""Draw what channels are worth, what a density tells, and what a penalty does."""

from srop.experiments.uses.figures import figure_omission, figure_penalty, figure_removal
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage()
def main(values, *, removal, omission, penalty, stems):
    style()
    for draw, file, stem in zip(
        (figure_removal, figure_omission, figure_penalty), (removal, omission, penalty), stems, strict=True
    ):
        table = read_table(file)
        write_figure(draw(table), stem, table)
