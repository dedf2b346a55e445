"""Draw the project's speed beside its targets."""

import pandas as pd
from omegaconf import DictConfig

from srop.config import stage
from srop.io import write_figure
from srop.plotting import figure_benchmark, style


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    style()
    write_figure(figure_benchmark(pd.read_csv(run.table)), run.stem)
