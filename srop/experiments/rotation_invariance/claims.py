"""The paper's claim about turned maps: Eq. 7."""

from srop.experiments.backbones.subjects import of_paper
from srop.ledger.judge import ALL_CONVENTIONS, Finding, Tables


@of_paper(
    "16",
    "3.2",
    "Turning a map leaves its SROP unchanged (Eq. 7): turns of 90, 180 and 270 degrees",
    over={"input": ("small noise", "noise", "images"), **ALL_CONVENTIONS},
    measure="share of maps whose SROP changes",
    paper="0",
)
def quarter_turns(at: Tables) -> Finding:
    """Pixels fall on pixels, so nothing but the rings can change an SROP; one map in a thousand may lie on an edge."""
    changed = at.rotation.loc[at.rotation["angle"].isin([90, 180, 270]), "changed"]
    return Finding([changed.mean()], below=1e-3, exact=True)


@of_paper(
    "16-grid",
    "3.2",
    "Turning a map leaves its SROP unchanged (Eq. 7): turns of 15, 30 and 45 degrees, interpolated",
    over={"input": ("small noise", "noise", "images"), **ALL_CONVENTIONS},
    measure="mean absolute change of the SROP",
    paper="0",
)
def turns_on_the_grid(at: Tables) -> Finding:
    """Interpolation smooths; .01, a ring and a half at 224, is the most that may pass as unchanged."""
    return Finding([at.rotation.loc[at.rotation["angle"].isin([15, 30, 45]), "change"].mean()], below=0.01, exact=True)
