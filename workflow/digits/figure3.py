"""Draw Figure 3."""

from srop.experiments.digits.figures import figure3
from srop.experiments.digits.tables import with_shared_run
from srop.experiments.summaries import mean_over_seeds
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.layer", "figures.convention"])
def main(values, *, table, stem):
    layer, convention = values.figures.layer, values.figures.convention
    table = read_table(table)
    shown = with_shared_run(table[(table["layer"] == layer) & (table["convention"] == convention)])
    summary = mean_over_seeds(shown, ["case", "w", "dead"], ["accuracy", "frog_srop", "frog_dead_share"])
    style()
    write_figure(figure3(shown, summary, layer=layer, convention=convention), stem, summary)
