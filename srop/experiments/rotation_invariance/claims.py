"""The paper's claims about rotated maps: Eq. 7."""

from srop.experiments.backbones.claim_tables import paper_claim
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import ALL_CONVENTIONS
from srop.ledger.verdicts import Finding, number

_INTERPOLATED = (15, 30, 45)


def _mean_over_angles(at: Tables, angles: tuple[int, ...], column: str) -> float:
    rows = at.rotation[at.rotation["angle"].isin(angles)]
    if rows.empty:
        raise UntestableError("no map was turned")
    return float(rows[column].mean())


@paper_claim(
    "16",
    "3.2",
    "A quarter turn of a map leaves its SROP unchanged (Eq. 7)",
    short="A quarter turn leaves the SROP unchanged",
    over={
        "turn": ("quarter", "interpolated"),
        "input": ("small noise", "noise", "smooth noise", "images"),
        **ALL_CONVENTIONS,
    },
    measure="share of maps whose SROP changes by a quarter turn; mean absolute change by 15, 30 and 45 degrees",
    paper="0",
    seen=True,
)
def turns(at: Tables) -> Finding:
    """Turn maps by 90 and 270 degrees, which moves pixels onto pixels, or by other angles with interpolation.

    By a quarter turn only the rings can change an SROP, and one map in a thousand may lie on the edge of a ring. Half a
    turn is left out: every spectrum has this symmetry, so half a turn changes nothing under any rings. Interpolation
    smooths frequencies near the grid's limit, so noise cannot pass it. There a change up to .01 counts as none, which
    is a ring and a half at 224.
    """
    if at.setting["turn"] == "quarter":
        others = at.rotation[at.rotation["angle"].isin(_INTERPOLATED)]["change"].mean()
        note = f"Eq. 7 is for any angle; turns by 15, 30 and 45 degrees, which need interpolation: {number(others)}"
        return Finding({"maps": _mean_over_angles(at, (90, 270), "changed")}, below=1e-3, replicates="exact", note=note)
    return Finding({"maps": _mean_over_angles(at, _INTERPOLATED, "change")}, below=0.01, replicates="exact")
