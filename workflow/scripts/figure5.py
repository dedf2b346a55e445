"""Draw Figure 5, for each input."""

import pandas as pd
from omegaconf import DictConfig

from srop.config import stage
from srop.io import write_figure
from srop.plotting import figure5, style
from srop.tables import profiles


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    figures, table = values.figures, pd.read_csv(run.table)
    chosen = {"convention": figures.convention, "dead": figures.dead.name}
    curves = profiles(table[(table[list(chosen)] == pd.Series(chosen)).all(axis=1)], figures.batch_norm.name)
    networks = pd.read_csv(run.networks)
    style()
    for name, stem in zip(run.inputs, run.stems, strict=True):
        shown = curves[curves["input"] == name]
        write_figure(figure5(shown, networks, input=name, batch_norm=figures.batch_norm.name, **chosen), stem, shown)
