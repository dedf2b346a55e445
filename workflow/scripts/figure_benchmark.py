"""Draw the project's speed beside its targets."""

import pandas as pd
from omegaconf import DictConfig

from srop.benchmark.figures import figure_benchmark
from srop.pipeline.io import write_figure
from srop.pipeline.stage import stage
from srop.report.style import style


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    style()
    write_figure(figure_benchmark(pd.read_csv(run.table)), run.stem)
