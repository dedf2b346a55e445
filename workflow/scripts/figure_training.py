"""Draw the trainings that are watched."""

from srop.experiments.training_dynamics.figures import figure_training
from srop.pipeline.io import read_tables, write_figure
from srop.pipeline.stage import stage
from srop.report.style import style


@stage
def main(values, run):
    table, layer = read_tables(run.trainings), values.figures.layer
    style()
    figure = figure_training(table, reference=values.training_dynamics.reference, layer=layer)
    write_figure(figure, run.stem, table[table["layer"].isin(["", layer])])
