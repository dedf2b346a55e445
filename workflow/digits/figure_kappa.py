"""Draw the frog's SROP over w for a range of kappa."""

from srop.experiments.digits.figures import figure_kappa
from srop.experiments.digits.tables import with_shared_run
from srop.experiments.summaries import mean_over_seeds, rows_where
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.layer", "figures.convention"])
def main(values, *, table, stem):
    chosen = {"layer": values.figures.layer, "convention": values.figures.convention}
    shown = with_shared_run(rows_where(read_table(table), **chosen))
    summary = mean_over_seeds(shown, ["case", "w", "kappa", "dead"], ["frog_srop"])
    style()
    write_figure(figure_kappa(summary, **chosen), stem, summary)
