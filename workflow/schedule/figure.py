"""Draw how many cores of machines of several sizes a run keeps busy."""

from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.schedule.figures import figure_schedule
from srop.style import style


@stage()
def main(values, *, table, jobs, stem):
    style()
    tables = (read_table(path).fillna({"left_out": ""}) for path in (table, jobs))
    write_figure(figure_schedule(*tables), stem)
