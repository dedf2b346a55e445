"""Draw natural and robust CIFAR networks: SROPs, what they lean on, and accuracy behind low-pass filters."""

from srop.experiments.cifar.figures import figure_cifar
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.dead"])
def main(values, *, data_set, cifar, cifar_cutoffs, cifar_layers, cifar_occlusion, stem):
    layers, cutoffs = read_table(cifar_layers), read_table(cifar_cutoffs)
    layers = layers[layers["dead"] == values.figures.dead]
    style()
    figure = figure_cifar(read_table(cifar), cutoffs, layers, read_table(cifar_occlusion), data=data_set)
    write_figure(figure, stem, cutoffs)
