"""The paper's claims about its inputs: Figure 1, and the baseline of Table 2."""

import numpy as np

from srop.experiments.backbones.claim_tables import paper_claim
from srop.experiments.backbones.paper import PAPER_TABLE2
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import ALL_CONVENTIONS
from srop.ledger.verdicts import Finding, number


@paper_claim(
    "18",
    "3",
    "The printed equations give the baseline of Table 2",
    over={"convention": ("printed",), "input": ("noise",), "dead": ("omit",)},
    measure="largest deviation from the paper's baseline over sizes",
    shown_in="table2",
    paper="0",
    kind="inferred",
    seen=True,
)
def printed_baseline(at: Tables) -> Finding:
    """Compare with Table 2 at its six sizes. The limit .005 is ten times the rounding of the table.

    No sentence of the paper says that they do; that its equations give its table is our reading. When this was written,
    it was known that the printed equations miss it by far more (docs/definition.md).
    """
    ours = at.baseline.set_index("size")["mean"]
    if ours.empty:
        raise UntestableError("this convention was not measured")
    deviation = np.abs(PAPER_TABLE2.set_index("output_size")["paper_baseline"] - ours).max()
    return Finding({"noise": deviation}, below=0.005, replicates="exact")


@paper_claim(
    "26",
    "3.3",
    "The SROP of images lies below the threshold of consecutive downscaling, so that their information can survive it",
    short="Images' SROP lies below the downscaling threshold",
    over={"input": ("images",), **ALL_CONVENTIONS, "dead": ("omit",)},
    measure="SROP of photographs at full size, over the part of the band that the last halving leaves",
    shown_in="table2",
    paper="< 1",
    seen=True,
)
def survives_downscaling(at: Tables) -> Finding:
    """Divide the SROP of photographs before any pool by n / N, the smallest maps over the whole ones.

    A map of n pixels holds the frequencies below n / N of those of N pixels. So an SROP below n / N survives, by the
    paper's words: 'Information whose Nyquist frequency is higher than the threshold cannot pass'.
    """
    means = at.baseline.set_index("size")["mean"].sort_index()
    if len(means) < 2:
        raise UntestableError("photographs were not pooled, or not under this convention")
    left = means.index[0] / means.index[-1]
    note = f"from {means.index[-1]} to {means.index[0]} pixels: {number(means.iloc[-1])} to {number(means.iloc[0])}"
    return Finding({"images": means.iloc[-1] / left}, below=1, replicates="exact", note=note)
