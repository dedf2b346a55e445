"""Draw Figure 3."""

from srop.experiments.digits.figures import figure3
from srop.experiments.digits.tables import with_shared_run
from srop.experiments.summaries import mean_over_seeds, rows_where
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.layer", "figures.convention"])
def main(values, *, table, stem):
    chosen = {"layer": values.figures.layer, "convention": values.figures.convention}
    shown = with_shared_run(rows_where(read_table(table), **chosen))
    summary = mean_over_seeds(shown, ["case", "w", "dead"], ["accuracy", "frog_srop", "frog_dead_share"])
    style()
    write_figure(figure3(shown, summary, **chosen), stem, summary)
