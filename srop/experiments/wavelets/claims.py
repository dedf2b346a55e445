"""The claims of Yousefzadeh and Huang 2020 (arXiv 2006.09879) about image data sets, from their abstract."""

from functools import partial

import numpy as np
import pandas as pd

from srop.experiments.wavelets.learning import FITTED
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import Networks, claim
from srop.ledger.verdicts import Finding, number

_pattern_claim = partial(
    claim, source="Yousefzadeh and Huang 2020", section="abstract", networks=Networks((), "wavelets")
)

_CHOICES = {"selection": ("laplacian", "qr", "all"), "number": ("as many as classes", "ten times", "the most")}


@_pattern_claim(
    "Y1",
    text="A low-rank approximation of the images captures what is essential for learning",
    short="A low rank keeps what learning needs",
    over={"images_are": ("learned", "recognized")},
    measure="accuracy on other images of at most a quarter of the full rank, less that on whole ones",
    shown_in="learning",
    paper="captures it",
    seen=True,
)
def low_rank_suffices(at: Tables) -> Finding:
    """Compare classifiers that learn low-rank images with classifiers that learn whole ones, in each seed.

    The meaning of 'low' is ours. A few hundred test images resolve accuracies to about .02, so a smaller loss counts as
    no loss, and a loss up to .05 as a small one. Under ``recognized``, digit networks that were trained on whole digits
    are tested on low ranks.
    """
    if at.setting["images_are"] == "recognized":
        table = at.rebuilt.rename(columns={"accuracy": "test_accuracy"})
    else:
        table = at.learning[(at.learning["classifier"] == "patterns") & (at.learning["labels"] == "true")]
    if table.empty:
        raise UntestableError("there is no such network")
    full = table["rank"].max()
    low = table.loc[table["rank"] <= full / 4, "rank"].max()
    if np.isnan(low):
        raise UntestableError(f"no rank up to a quarter of {full:g} was measured")
    accuracy = table.pivot(index="seed", columns="rank", values="test_accuracy")
    losses = (accuracy[low] - accuracy[full]).to_dict()
    return Finding(losses, above=-0.02, direction=(-0.05, np.inf), note=f"rank {low:g} of {full:g}")


@_pattern_claim(
    "Y2",
    text="Patterns are associated with classes",
    over=_CHOICES,
    measure="adjusted mutual information of clusters of images and classes, less the largest with permuted classes",
    shown_in="association",
    paper="associated",
)
def patterns_and_classes(at: Tables) -> Finding:
    """Compare in disjoint subsets of the images, each clustered by itself; .1 is far above what chance gives.

    The clusters are of images, by their coefficients, and not of patterns, of which the abstract speaks.
    """
    rows = _at_clusters(at)
    return Finding((rows["ami"] - rows["permuted_ami_largest"]).to_dict(), above=0.1, direction=(0, np.inf))


@_pattern_claim(
    "Y2-permuted",
    text="With permuted classes the association vanishes (as it must, whatever the images)",
    short="Permuted classes: no association",
    over=_CHOICES,
    measure="mean adjusted mutual information with permuted classes, from 0",
    shown_in="association",
    paper="disassociated",
    seen=True,
)
def permuted_classes(at: Tables) -> Finding:
    """This tests the score, not the images: labels never enter a clustering, so it must be 0 by chance."""
    return Finding(_at_clusters(at)["permuted_ami"].abs().to_dict(), below=0.01)


def _at_clusters(at: Tables) -> pd.DataFrame:
    rows = at.association[at.association["subset"] >= 0]
    if rows.empty:
        raise UntestableError("no subset was clustered")
    classes = rows["classes"].max()
    numbers = {"as many as classes": classes, "ten times": 10 * classes, "the most": rows["clusters"].max()}
    rows = rows[rows["clusters"] == numbers[at.setting["number"]]]
    if rows.empty:
        raise UntestableError("wavelets.clusters does not have this number of clusters")
    return rows.set_index("subset")


@_pattern_claim(
    "Y3",
    text="True labels are learned, and random ones memorized",
    over={"classifier": ("patterns", "network")},
    measure="accuracy on other images after training with true labels, less that with permuted ones",
    shown_in="learning",
    paper="not asked",
    kind="control",
    seen=True,
)
def memorized(at: Tables) -> Finding:
    """Compare at the largest rank. Both trainings must fit their labels, and only true labels may help on other images.

    Permuted labels cannot help there, whatever the images are. A difference of .1 is five standard errors of a few
    hundred images; the sign is any difference above 0.
    """
    rows = at.learning[at.learning["rank"] == at.learning["rank"].max()]
    if rows.empty:
        raise UntestableError("this classifier was not trained")
    test = rows.pivot(index="seed", columns="labels", values="test_accuracy")
    fitted = rows.pivot(index="seed", columns="labels", values="train_accuracy")
    note = f"permuted labels are fitted to {' '.join(number(share) for share in fitted['permuted'])}"
    return Finding(
        (test["true"] - test["permuted"]).to_dict(),
        above=0.1,
        direction=(0, np.inf),
        # A training at the limit itself counts as fitted.
        also=(fitted.min(axis=1) - FITTED + 1e-9).to_dict(),
        further="both trainings fit",
        note=note,
    )


@_pattern_claim(
    "Y4",
    text="Each image can be written as the sum of a finite number of rank-1 patterns",
    short="Each image: finitely many rank-1 patterns",
    over={},
    measure="largest difference between a matrix and the sum of its rank-1 patterns",
    paper="each image",
    exact=True,
    seen=True,
)
def sum_of_patterns(at: Tables) -> Finding:
    """Add the patterns of a random 28 x 28 matrix, of which there are 28: an identity of linear algebra.

    Any matrix is the sum of as many rank-1 matrices as its singular value decomposition has, so no data can contradict
    this. Rounding is far below nine digits, and is rounded away.

    Reference:
        Eckart and Young 1936, The approximation of one matrix by another of lower rank.
    """
    matrix = np.random.default_rng(0).standard_normal((28, 28))
    left, singular, right = np.linalg.svd(matrix)
    patterns = singular[:, None, None] * np.einsum("ik,kj->kij", left, right)
    apart = round(float(np.abs(patterns.sum(axis=0) - matrix).max()), 9)
    return Finding({"matrix": apart}, below=1e-9, replicates="exact")
