"""Draw the ledger: a cell for each claim and setting."""

from srop.ledger.figures import current_settings, figure_claims
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style

_AXES = ("optimizer", "layer", "input", "batch_norm", "convention", "dead")


@stage()
def main(values, *, table, settings, stem):
    rows = current_settings(read_table(table), read_table(settings))
    axes = [axis for axis in (*_AXES, "bandwidth", "from", "network_is", "minima") if axis in rows]
    style()
    write_figure(figure_claims(rows), stem, rows[["id", *axes, "verdict", "same_as"]])
