"""The paper's claim about intrinsic dimensions: Sec. 5.3."""

import numpy as np
import pandas as pd

from srop.experiments.backbones.claim_tables import paper_claim
from srop.experiments.digits.claims import DIGIT_NETWORK
from srop.ledger.evidence import NeedsWeightsError, Tables
from srop.ledger.judge import claim
from srop.ledger.verdicts import Finding, number

_HUNCHBACK = {
    "section": "5.3",
    "over": {},
    "shown_in": "id",
    "measure": "largest / first layer's dimension",
    "seen": True,
}


@paper_claim(
    "17",
    text="The intrinsic dimension is hunchback-shaped: peak at relative depth .2 to .4, four times the first layer",
    paper="about 4",
    kind="cited",
    **_HUNCHBACK,
)
@claim(
    "17-proxy",
    text="The intrinsic dimension is hunchback-shaped: the digit network without a frog",
    paper="of other networks",
    networks=DIGIT_NETWORK,
    kind="proxy",
    **_HUNCHBACK,
)
def hunchback(at: Tables) -> Finding:
    """Divide in each trained network. 'About four' is 3 to 5, and the peak must lie where the paper says."""
    trained = at.intrinsic[at.intrinsic["weights"] != "random"]
    networks = trained.drop_duplicates(["title", "architecture", "weights", "seed", "layer"]).sort_values("depth")
    ratios: dict[str, list[float]] = {}
    inside: dict[str, list[float]] = {}
    peaks = []
    for (title, _, _, _), network in networks.groupby(["title", "architecture", "weights", "seed"]):
        dimensions = network["intrinsic_dimension"].to_numpy()
        if not np.isnan(dimensions).any():
            peaks.append(network["relative_depth"].iloc[dimensions.argmax()])
            ratios.setdefault(title, []).append(dimensions.max() / dimensions[1])
            # Depths are rounded fractions, and .2 and .4 belong to the range.
            inside.setdefault(title, []).append(min(peaks[-1] - 0.2, 0.4 - peaks[-1]) + 1e-6)
    if not peaks:
        raise NeedsWeightsError("it needs 500 images and trained weights; those of the paper's are downloads")
    replicates = "seeds" if len(ratios) == 1 else "exact"
    if replicates == "seeds":
        ratios, inside = (dict(enumerate(next(iter(values.values())))) for values in (ratios, inside))
    return Finding(
        ratios, above=3, below=5, also=inside, replicates=replicates, further="at a relative depth of .2 to .4",
        note=f"peak at relative depth {' '.join(map(number, pd.unique(np.array(peaks))))}",
    )  # fmt: skip
