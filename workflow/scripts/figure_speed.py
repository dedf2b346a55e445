"""Draw the project's speed beside its targets."""

import pandas as pd

from srop.pipeline.io import write_figure
from srop.pipeline.stage import stage
from srop.report.style import style
from srop.speed.figures import figure_speed


@stage
def main(values, run):
    style()
    write_figure(figure_speed(pd.read_csv(run.table)), run.stem)
