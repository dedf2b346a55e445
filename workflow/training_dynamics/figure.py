"""Draw the trainings that are watched."""

from srop.experiments.training_dynamics.figures import figure_training
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.layer"])
def main(values, *, steps, stem):
    layer = values.figures.layer
    table = read_table(steps).fillna({"layer": ""})
    style()
    write_figure(figure_training(table, layer=layer), stem, table[table["layer"].isin(["", layer])])
