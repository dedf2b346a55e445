"""Draw Figure 5, for each input."""

from srop.experiments.backbones.figures import figure5
from srop.experiments.backbones.tables import profiles
from srop.experiments.summaries import rows_where
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.{convention,dead,batch_norm}"])
def main(values, *, table, networks, stems):
    figures, table = values.figures, read_table(table)
    chosen = {"convention": figures.convention, "dead": figures.dead}
    curves = profiles(rows_where(table, **chosen), figures.batch_norm)
    networks = read_table(networks)
    style()
    for name, stem in zip(("images", "noise"), stems, strict=True):
        shown = curves[curves["input"] == name]
        write_figure(figure5(shown, networks, input=name, batch_norm=figures.batch_norm, **chosen), stem, shown)
