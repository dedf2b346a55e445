"""Draw the project's speed beside its targets."""

from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.speed.figures import figure_speed
from srop.style import style


@stage()
def main(values, *, table, stem):
    style()
    write_figure(figure_speed(read_table(table)), stem)
