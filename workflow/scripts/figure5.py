"""Draw Figure 5, for each input."""

import pandas as pd

from srop.experiments.backbones.figures import figure5
from srop.experiments.backbones.tables import profiles
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.report.style import style


@stage
def main(values, run):
    figures, table = values.figures, read_table(run.table)
    chosen = {"convention": figures.convention, "dead": figures.dead}
    curves = profiles(table[(table[list(chosen)] == pd.Series(chosen)).all(axis=1)], figures.batch_norm)
    networks = read_table(run.networks)
    style()
    for name, stem in zip(run.inputs, run.stems, strict=True):
        shown = curves[curves["input"] == name]
        write_figure(figure5(shown, networks, input=name, batch_norm=figures.batch_norm, **chosen), stem, shown)
