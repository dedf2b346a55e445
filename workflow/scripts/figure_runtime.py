"""Draw where the time of a run went, by rule."""

from omegaconf import DictConfig

from srop.config import stage
from srop.io import read_run_times, write_figure
from srop.plotting import figure_runtime, style
from srop.tables import run_times


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    times = run_times(read_run_times(run.benchmarks))
    style()
    write_figure(figure_runtime(times), run.stem, times)
