"""Draw how many cores of machines of several sizes a run keeps busy."""

from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.report.style import style
from srop.schedule.figures import figure_schedule


@stage()
def main(values, *, table, jobs, stem):
    style()
    tables = (read_table(path).fillna({"left_out": ""}) for path in (table, jobs))
    write_figure(figure_schedule(*tables), stem)
