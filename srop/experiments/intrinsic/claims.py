"""The paper's claim about intrinsic dimensions: Sec. 5.3."""

import numpy as np

from srop.experiments.backbones.subjects import of_paper
from srop.experiments.digits.claims import DIGIT_NETWORK
from srop.ledger.judge import DOWNLOADS, Finding, Tables, UntestableError, claim, within


@of_paper(
    "17",
    "5.3",
    "The intrinsic dimension is hunchback-shaped: peak at relative depth .2 to .4, four times the first layer",
    over={},
    measure="largest / first layer's dimension, trained backbones",
    shown_in="id",
    paper="about 4",
)
@claim(
    "17-proxy",
    "5.3",
    "The intrinsic dimension is hunchback-shaped: the digit network without a frog",
    over={},
    measure="largest / first layer's dimension",
    shown_in="id",
    paper="of other networks",
    networks=DIGIT_NETWORK,
)
def hunchback(at: Tables) -> Finding:
    """Divide in each trained network; 'about four' is 3 to 5, and the peaks must lie where the paper says."""
    if at.intrinsic.empty:
        raise UntestableError("no intrinsic dimension was measured")
    trained = at.intrinsic[at.intrinsic["weights"] != "random"]
    networks = trained.drop_duplicates(["architecture", "weights", "seed", "layer"]).sort_values("depth")
    ratios, peaks = [], []
    for _, network in networks.groupby(["architecture", "weights", "seed"]):
        dimensions = network["intrinsic_dimension"].to_numpy()
        if not np.isnan(dimensions).any():
            ratios.append(dimensions.max() / dimensions[1])
            peaks.append(network["relative_depth"].iloc[dimensions.argmax()])
    if not peaks:
        raise UntestableError("it needs 500 images and trained weights" + DOWNLOADS)
    # Depths are fractions of the number of layers, and .2 and .4 belong to the range.
    where = within(peaks, 0.2 - 1e-6, 0.4 + 1e-6)
    return Finding(ratios, above=3, below=5, also=where, note=f"peak at relative depth {np.mean(peaks):.2f}")
