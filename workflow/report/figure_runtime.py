"""Draw where the time of a run went, by rule."""

from srop.pipeline.io import read_run_times, write_figure
from srop.pipeline.stage import stage
from srop.report.run_times import figure_runtime, run_times
from srop.style import style


@stage()
def main(values, *, benchmarks, leave_out=(), stem):
    times = run_times(read_run_times(benchmarks, leave_out))
    style()
    write_figure(figure_runtime(times), stem, times)
