"""Draw how clusters of patterns go with classes."""

from srop.experiments.wavelets.figures import figure_association
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage
def main(values, run):
    table = read_table(run.association)
    style()
    write_figure(figure_association(table, read_table(run.spectrum)), run.stem, table)
