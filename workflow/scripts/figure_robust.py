"""Draw natural and robust networks: what they lean on, how robust they are, and the SROPs of their layers."""

from srop.experiments.occlusion.robust_figures import figure_robust
from srop.experiments.occlusion.tables import with_low_share
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.report.style import style


@stage
def main(values, run):
    shares, layers = read_table(run.shares), read_table(run.layers)
    layers = layers[layers["dead"] == values.figures.dead]
    robustness = read_table(run.robustness)
    style()
    figure = figure_robust(shares, robustness, read_table(run.radial), layers, read_table(run.networks))
    write_figure(figure, run.stem, with_low_share(robustness, shares))
