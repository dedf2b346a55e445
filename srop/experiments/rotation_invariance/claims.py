"""The paper's claim about turned maps: Eq. 7."""

from srop.experiments.backbones.subjects import of_paper
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import ALL_CONVENTIONS
from srop.ledger.verdicts import Finding


def _turned(at: Tables, angles: tuple[int, ...], column: str) -> float:
    rows = at.rotation[at.rotation["angle"].isin(angles)]
    if rows.empty:
        raise UntestableError("no map was turned")
    return float(rows[column].mean())


@of_paper(
    "16",
    "3.2",
    "Turning a map leaves its SROP unchanged (Eq. 7): turns of 90 and 270 degrees",
    over={"input": ("small noise", "noise", "images"), **ALL_CONVENTIONS},
    measure="share of maps whose SROP changes",
    paper="0",
    exact=True,
)
def quarter_turns(at: Tables) -> Finding:
    """Pixels fall on pixels, so nothing but the rings can change an SROP; one map in a thousand may lie on an edge.

    Half a turn is left out: it is a spectrum's own symmetry, and changes nothing under any rings.
    """
    return Finding({"maps": _turned(at, (90, 270), "changed")}, below=1e-3, replicates="exact")


@of_paper(
    "16-grid",
    "3.2",
    "Turning a map leaves its SROP unchanged (Eq. 7): turns of 15, 30 and 45 degrees, interpolated",
    over={"input": ("smooth noise", "images"), **ALL_CONVENTIONS},
    measure="mean absolute change of the SROP",
    paper="0",
    exact=True,
)
def turns_on_the_grid(at: Tables) -> Finding:
    """Interpolation smooths what is near the grid's limit, so maps without high frequencies are turned.

    .01, a ring and a half at 224, is the most that may pass as unchanged.
    """
    return Finding({"maps": _turned(at, (15, 30, 45), "change")}, below=0.01, replicates="exact")
