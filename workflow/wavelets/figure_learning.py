"""Draw what learning needs of the patterns."""

from srop.experiments.wavelets.figures import figure_learning
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage()
def main(values, *, rebuilt, learning, stem):
    table = read_table(learning)
    style()
    write_figure(figure_learning(read_table(rebuilt), table), stem, table)
