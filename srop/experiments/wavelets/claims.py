"""What Yousefzadeh and Huang 2020 say of image data sets, of whose text the abstract alone could be had."""

from functools import partial

import numpy as np

from srop.experiments.wavelets.learning import FITTED
from srop.ledger.judge import Networks, claim
from srop.ledger.tables import Tables, UntestableError
from srop.ledger.verdicts import Finding, number

_of_patterns = partial(claim, source="Yousefzadeh and Huang 2020", section="abstract")

DATA = Networks((), "wavelets")
"""The data set of the section."""

DIGIT_NETWORKS = Networks(("digit network",), "wavelets")

_AT_CHANCE = 0.05


@_of_patterns(
    "Y1",
    text="A low-rank approximation of the images captures what is essential for learning",
    over={"approximation": ("a quarter", "a tenth", "half")},
    measure="accuracy of digit networks on digits of so low a rank, less that on whole ones",
    shown_in="learning",
    paper="captures it",
    networks=DIGIT_NETWORKS,
)
def low_rank_suffices(at: Tables) -> Finding:
    """Take networks that were trained on whole digits; a loss of a point passes as none, one of five as a small one.

    What 'low' means is ours: at most a quarter of the full rank. The networks never saw such digits in training.
    """
    table = at.rebuilt
    if table.empty:
        raise UntestableError("no digit network was trained without a frog")
    share = {"a quarter": 1 / 4, "a tenth": 1 / 10, "half": 1 / 2}[at.setting["approximation"]]
    full = table["rank"].max()
    low = table.loc[table["rank"] <= share * full, "rank"].max()
    if np.isnan(low):
        raise UntestableError(f"no rank up to {share * full:g} was measured")
    accuracy = table.pivot(index="seed", columns="rank", values="accuracy")
    return Finding(
        (accuracy[low] - accuracy[full]).to_dict(), above=-0.01, direction=(-0.05, np.inf), note=f"rank {low} of {full}"
    )


@_of_patterns(
    "Y2",
    text="Patterns are associated with classes",
    over={"selection": ("laplacian", "qr", "all"), "number": ("as many as classes", "ten times", "half the images")},
    measure="adjusted mutual information of clusters and classes, less the largest with permuted classes",
    shown_in="association",
    paper="associated",
    networks=DATA,
)
def patterns_and_classes(at: Tables) -> Finding:
    """Compare in disjoint subsets of the images, each clustered for itself; .1 is ten times what chance gives."""
    rows = _at_clusters(at)
    return Finding((rows["ami"] - rows["permuted_ami_largest"]).to_dict(), above=0.1, direction=(0, np.inf))


@_of_patterns(
    "Y2-permuted",
    text="With permuted labels the association vanishes, which it must whatever the data",
    over={"selection": ("laplacian", "qr", "all"), "number": ("as many as classes", "ten times", "half the images")},
    measure="mean adjusted mutual information with permuted classes, from 0",
    shown_in="association",
    paper="not said",
    networks=DATA,
    kind="control",
)
def permuted_classes(at: Tables) -> Finding:
    """Labels never enter a clustering, so this says that the score rewards no chance, and nothing of the images."""
    return Finding(_at_clusters(at)["permuted_ami"].abs().to_dict(), below=0.01)


def _at_clusters(at: Tables):
    rows = at.association[at.association["subset"] >= 0]
    if rows.empty:
        raise UntestableError("no subset was clustered")
    counts = np.unique(rows["clusters"])
    wanted = {"as many as classes": counts[0], "ten times": 10 * counts[0], "half the images": counts[-1]}
    rows = rows[rows["clusters"] == wanted[at.setting["number"]]]
    if rows.empty:
        raise UntestableError("so many clusters were not asked for")
    return rows.set_index("subset")


@_of_patterns(
    "Y3",
    text="With randomly labelled images patterns and classes are disassociated: what is learned is memorized",
    over={"classifier": ("patterns", "network")},
    measure="accuracy on other images, from chance, if the permuted labels of the training set are fitted",
    shown_in="learning",
    paper="disassociated",
    networks=DATA,
)
def memorized(at: Tables) -> Finding:
    """Take the classifier at the largest rank: it must fit the training set, and be at chance on other images.

    Within .05 of chance is at chance: three standard errors of some hundred images.
    """
    rows = _learning(at, "permuted")
    rows = rows[rows["rank"] == rows["rank"].max()].set_index("seed")
    note = f"of the training set: {' '.join(number(of) for of in rows['train_accuracy'])}"
    return Finding(
        (rows["test_accuracy"] - rows["chance"]).abs().to_dict(),
        below=_AT_CHANCE,
        also=(rows["train_accuracy"] - FITTED + 1e-9).to_dict(),
        note=note,
    )


@_of_patterns(
    "Y3-rank",
    text="Memorizing needs patterns of higher rank than learning does",
    over={"classifier": ("patterns",)},
    measure="log(epochs to fit with the fewest patterns / with all), permuted labels less true ones",
    shown_in="learning",
    paper="essential for learning",
    networks=DATA,
    kind="inferred",
)
def memorizing_needs_rank(at: Tables) -> Finding:
    """Compare epochs until the training set is fitted; above 0, memorizing suffers more from the lack of patterns."""
    found = {}
    for labels in ("true", "permuted"):
        epochs = _learning(at, labels).pivot(index="seed", columns="rank", values="epochs_to_fit")
        if epochs.shape[1] < 2:
            raise UntestableError("one rank alone was learned")
        found[labels] = np.log(epochs[epochs.columns.min()] / epochs[epochs.columns.max()])
    return Finding((found["permuted"] - found["true"]).to_dict(), above=0, missing="fit within the epochs")


def _learning(at: Tables, labels: str):
    rows = at.learning[at.learning["labels"] == labels]
    if rows.empty:
        raise UntestableError("this classifier was not trained")
    return rows
