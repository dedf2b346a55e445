"""Draw how clusters of patterns go with classes."""

from srop.experiments.wavelets.figures import figure_association
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage()
def main(values, *, association, spectrum, stem):
    table = read_table(association)
    style()
    write_figure(figure_association(table, read_table(spectrum)), stem, table)
