"""Draw natural and robust networks: what they lean on, how robust they are, and the SROPs of their layers."""

from srop.experiments.occlusion.figures import figure_robust
from srop.experiments.occlusion.tables import with_low_share
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.dead"])
def main(values, *, shares, robustness, radial, layers, networks, stem):
    shares, layers = read_table(shares), read_table(layers)
    layers = layers[layers["dead"] == values.figures.dead]
    robustness = read_table(robustness)
    style()
    figure = figure_robust(shares, robustness, read_table(radial), layers, read_table(networks))
    write_figure(figure, stem, with_low_share(robustness, shares))
