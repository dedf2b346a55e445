"""Draw Figure 4."""

from srop.experiments.backbones.figures import figure4
from srop.experiments.backbones.tables import box_statistics
from srop.experiments.summaries import rows_where
from srop.pipeline.io import read_table, read_tables, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.{convention,dead,figure4}"])
def main(values, *, channels, baseline, stem):
    chosen = {"convention": values.figures.convention, "dead": values.figures.dead}
    channels, baseline = rows_where(read_tables(channels), **chosen), rows_where(read_table(baseline), **chosen)
    downscaling = channels[channels["downscales"] & (channels["curve"] == "layer")]
    style()
    write_figure(figure4(downscaling, baseline, **chosen), stem, box_statistics(downscaling))
