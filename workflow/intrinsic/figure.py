"""Draw intrinsic dimension and SROP over relative depth."""

from srop.experiments.intrinsic.figures import figure_id
from srop.experiments.intrinsic.limits import TWONN_POINTS
from srop.experiments.intrinsic.tables import dimension_profiles
from srop.experiments.summaries import rows_where
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.{convention,dead,batch_norm}", "backbones.images.count"])
def main(values, *, table, stem):
    figures, table, count = values.figures, read_table(table), values.backbones.images.count
    chosen = {"convention": figures.convention, "dead": figures.dead}
    curves = dimension_profiles(rows_where(table, **chosen), figures.batch_norm)
    few = f"no backbones: TwoNN needs {TWONN_POINTS} images, this preset has {count}"
    note = few if count < TWONN_POINTS else ""
    style()
    write_figure(figure_id(curves, batch_norm=figures.batch_norm, note=note, **chosen), stem, curves)
