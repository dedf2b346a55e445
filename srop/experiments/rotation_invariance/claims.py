"""The paper's claims about rotated maps: Eq. 7."""

from srop.experiments.backbones.claim_tables import paper_claim
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import ALL_CONVENTIONS
from srop.ledger.verdicts import Finding


def _mean_over_angles(at: Tables, angles: tuple[int, ...], column: str) -> float:
    rows = at.rotation[at.rotation["angle"].isin(angles)]
    if rows.empty:
        raise UntestableError("no map was turned")
    return float(rows[column].mean())


@paper_claim(
    "16",
    "3.2",
    "Turning a map leaves its SROP unchanged (Eq. 7): turns of 90 and 270 degrees",
    over={"input": ("small noise", "noise", "images"), **ALL_CONVENTIONS},
    measure="share of maps whose SROP changes",
    paper="0",
    exact=True,
)
def quarter_turns(at: Tables) -> Finding:
    """Count the maps whose SROP changes. Pixels move onto pixels, so only the rings can change an SROP.

    One map in a thousand may lie on the edge of a ring. Half a turn is left out: every spectrum has this symmetry, so
    half a turn changes nothing under any rings.
    """
    return Finding({"maps": _mean_over_angles(at, (90, 270), "changed")}, below=1e-3, replicates="exact")


@paper_claim(
    "16-grid",
    "3.2",
    "Turning a map leaves its SROP unchanged (Eq. 7): turns of 15, 30 and 45 degrees, interpolated",
    over={"input": ("smooth noise", "images"), **ALL_CONVENTIONS},
    measure="mean absolute change of the SROP",
    paper="0",
    exact=True,
)
def turns_on_the_grid(at: Tables) -> Finding:
    """Average the change. Interpolation smooths frequencies near the grid's limit, so smooth maps are rotated.

    A change up to .01, which is a ring and a half at 224, counts as unchanged.
    """
    return Finding({"maps": _mean_over_angles(at, (15, 30, 45), "change")}, below=0.01, replicates="exact")
