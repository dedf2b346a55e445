"""The claims of Wang et al. 2020 (arXiv 2005.03141) about the frequencies that networks lean on."""

from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from srop.experiments.adversarial.readings import ATTACKED_AS, ATTACKS, CONTROLS
from srop.experiments.occlusion.readings import READINGS
from srop.experiments.occlusion.tables import center, low_share
from srop.ledger.evidence import NotMeasuredError, Tables, UntestableError
from srop.ledger.judge import Networks, claim
from srop.ledger.statistics import rank_correlation, resampled_indices
from srop.ledger.verdicts import Finding, number

_claim = partial(claim, source="Wang et al. 2020", networks=Networks((), "occlusion"))

_READING = {"reading": tuple(READINGS)}


_MIN_NETWORKS = 3
"""Fewer networks have no rank correlation to speak of."""

_ONE_NETWORK = "images of one network"

_MIN_IMAGES = 10
"""Fewer adversarial images are too small a sample."""


@_claim(
    "W1",
    "abstract",
    "The frequencies that a network leans on are connected with those of its data set",
    over=_READING,
    measure="rank correlation over shells of a class's share of positive scores and its energy, median of classes",
    shown_in="occlusion",
    paper="a connection",
    kind="inferred",
    seen=True,
)
def leans_on_the_data(at: Tables) -> Finding:
    """Correlate within each class, and take the median over classes; .5 is a visible connection.

    Random networks pass this limit, since no network can lean on energy that is not there. So a connection with the
    data set asks for more: a class's own energy must have a higher correlation than other classes', by the .05 of
    W1-class. The sign is a correlation above 0.
    """
    correlations = _correlations(at, random=False)
    closer = correlations["own"] - correlations["others"] - _VISIBLE
    return Finding(
        correlations["own"].to_dict(), above=0.5, direction=(0, np.inf), also=closer.to_dict(),
        further=f"by {number(_VISIBLE)} more than with other classes' energies",
    )  # fmt: skip


_VISIBLE = 0.05
"""The least difference between two correlations that counts."""


@_claim(
    "W1-random",
    "abstract",
    "A random network leans on the frequencies of its input less than a trained one",
    over=_READING,
    measure="correlation of W1 in trained networks, less that in random networks of the same seed",
    shown_in="occlusion",
    paper="not asked",
    kind="control",
)
def random_leans_less(at: Tables) -> Finding:
    """Test whether training makes the connection: no network can lean on energy that is not there."""
    difference = _correlations(at, random=False)["own"] - _correlations(at, random=True)["own"]
    return Finding(difference.to_dict(), above=0.1, direction=(0, np.inf))


@_claim(
    "W1-class",
    "abstract",
    "A class's scores follow its own frequencies more than other classes'",
    over=_READING,
    measure="correlation of W1, less the mean correlation with the other classes' energies",
    shown_in="occlusion",
    paper="not asked",
    kind="control",
)
def own_class(at: Tables) -> Finding:
    """Test whether the connection is one of classes, or of all images alike; .05 is a visible difference."""
    correlations = _correlations(at, random=False)
    return Finding((correlations["own"] - correlations["others"]).to_dict(), above=_VISIBLE, direction=(0, np.inf))


def _correlations(at: Tables, *, random: bool) -> pd.DataFrame:
    """Give the median correlation over classes by seed of the digit network.

    Returns:
        ``own``, the correlation with the class's own energy, and ``others``, the mean correlation with the others'.
    """
    rows = at.occlusion[(at.occlusion["network"] == "digits") & (at.occlusion["label"] >= 0)]
    rows = rows[(rows["weights"] == "random") if random else (rows["weights"] == "trained")]
    rows = rows[rows["reading"] == at.setting["reading"]]
    if rows.empty:
        raise UntestableError("no digit network was trained without a frog")
    transform = READINGS[at.setting["reading"]].get("transform", "dct")
    spectra = at.occlusion_spectra
    spectra = spectra[(spectra["network"] == "digits") & (spectra["transform"] == transform) & (spectra["label"] >= 0)]
    energy = spectra.pivot(index="frequency", columns="label", values="energy").dropna(axis="columns")
    correlations = []
    for (seed, label), scores in rows.groupby(["seed", "label"]):
        share = scores.set_index("frequency")["share"]
        if share.isna().any() or label not in energy:
            continue
        ranks = energy.loc[share.index].apply(lambda other, share=share: rank_correlation(share, other))
        correlations.append((seed, ranks[label], ranks.drop(label).mean()))
    return pd.DataFrame(correlations, columns=["seed", "own", "others"]).groupby("seed").median()


@_claim(
    "W2",
    "abstract",
    "Naturally trained networks rely on high frequencies",
    over={"beside": ("no preference", "random networks"), "reading": ("printed", "dft"), "dc": ("counted", "left out")},
    measure="center of the natural network's positive scores, less that without preference, as a share of the band",
    shown_in="robust",
    paper="they rely on them",
    seen=True,
)
def leans_on_high(at: Tables) -> Finding:
    """Test whether a network leans on higher frequencies than one without preference, by a twentieth of the band.

    Without a preference, a logit falls by as much as the amplitude that is taken out, the root of the energy. Random
    networks of the same seed are another measure of no preference. The energy itself is no measure: compared with it,
    any network leans on high frequencies. A network that recognizes fewer than .98 of the digits is half trained, and
    decides nothing.
    """
    spectra = at.occlusion_spectra
    differences = _above_no_preference(at, _shares(at), spectra[spectra["network"] == "digits"], natural="eps0")
    return Finding(differences, above=0.05, direction=(0, np.inf), undecided=_half_trained(at))


@_claim(
    "W3",
    "abstract",
    "High frequencies are what attackers target",
    over={"attack": ATTACKS, "noise": CONTROLS, "average": ("mean", "median")},
    measure="decimal logarithm of the ratio of changes in the upper and lower half of the shells, less that of noise",
    shown_in="attacks",
    paper="they are",
    seen=True,
)
def attacks_less_noise(at: Tables) -> Finding:
    """Compare Eq. 8 of an attack with that of white noise of the same norm, over resampled adversarial digits.

    Any flat change is relatively larger at high frequencies, where images have little energy, and it targets nothing.
    So an attack must change high frequencies more than noise does; .1 is a quarter more.
    """
    ratios = []
    for control in ("", at.setting["noise"]):
        curves = _resampled(at, attack=at.setting["attack"], control=control)
        half = curves.shape[1] // 2
        ratios.append(np.log10(curves[:, half:].mean(axis=1) / curves[:, :half].mean(axis=1)))
    differences = (ratios[0] - ratios[1]).tolist()
    return Finding({"images": differences}, above=0.1, direction=(0, np.inf), replicates="resamples", note=_ONE_NETWORK)


@_claim(
    "W3-alone",
    "abstract",
    "By Eq. 8 alone, attacks change high frequencies more than low ones",
    over={"attack": ATTACKS, "average": ("mean", "median"), "attacked_as": ATTACKED_AS},
    measure="rank correlation over shells of the relative change and the frequency",
    shown_in="attacks",
    paper="not asked",
    kind="control",
    seen=True,
)
def attacks_change_high(at: Tables) -> Finding:
    """Take Eq. 8 as it is, without noise to compare with; .5 is a visible rise."""
    curves = _resampled(at, attack=at.setting["attack"], reading=at.setting["attacked_as"])
    frequencies = np.arange(curves.shape[1])
    correlations = [spearmanr(curve, frequencies).statistic for curve in curves]
    return Finding(
        {"images": correlations}, above=0.5, direction=(0, np.inf), replicates="resamples", note=_ONE_NETWORK
    )


@_claim(
    "W3-clamped",
    "code",
    "As the authors' code attacks, it is clamping that changes the images",
    over={"average": ("median", "mean"), "attacked_as": ("code", "code-away")},
    measure="relative change by clamping alone / by PGD and clamping, median over shells",
    shown_in="attacks",
    paper="not stated",
    kind="control",
)
def clamping_does_it(at: Tables) -> Finding:
    """Divide curve by curve: above .8 the attack itself adds little, above .5 less than clamping does."""
    attacked = _resampled(at, attack="pgd", reading=at.setting["attacked_as"])
    ratios = np.median(_resampled(at, attack="clamped", reading="code") / attacked, axis=1)
    return Finding(
        {"images": ratios.tolist()}, above=0.8, direction=(0.5, np.inf), replicates="resamples", note=_ONE_NETWORK
    )


@_claim(
    "W4",
    "abstract",
    "Adversarially trained networks lean on low frequencies",
    over={"reading": ("printed", "dft")},
    measure="share of the positive scores in the lowest quarter of the shells, robust less natural",
    shown_in="robust",
    paper="more than natural ones",
    seen=True,
)
def robust_leans_on_low(at: Tables) -> Finding:
    """Compare the most robust and the natural network of a seed; .05 of the scores is a size."""
    natural, robust = _natural_and_robust(at, low_share(_shares(at)).unstack("weights"))
    return Finding((robust - natural).to_dict(), above=0.05, direction=(0, np.inf), undecided=_not_robust(at))


@_claim(
    "W5",
    "abstract",
    "The stronger the association of low frequencies with labels, the more robust the network",
    short="More low frequencies, more robustness",
    over={"tested_by": ("the smallest", "the largest"), "reading": ("printed", "dft")},
    measure="rank correlation of the share of W4 and accuracy under PGD, over the sizes of the attacks in training",
    shown_in="robust",
    paper="a correlation",
    seen=True,
)
def low_is_robust(at: Tables) -> Finding:
    """Correlate over the networks of a seed; three of them reach .75 only if they rise, with at most one tie."""
    low = low_share(_shares(at))
    tested = at.robustness[at.robustness["under"] > 0]
    under = tested["under"].min() if at.setting["tested_by"] == "the smallest" else tested["under"].max()
    tested = tested[tested["under"] == under].assign(weights=lambda rows: rows["eps"].map("eps{:g}".format))
    accuracy = tested.set_index(["weights", "seed"])["accuracy"]
    correlations = {}
    for seed, networks in accuracy.groupby("seed"):
        if len(networks) < _MIN_NETWORKS:
            raise UntestableError("fewer than three networks a seed are in no order")
        correlations[seed] = rank_correlation(networks, low.reindex(networks.index))
    return Finding(correlations, above=0.75, direction=(0, np.inf), note=f"under {under:g}", undecided=_not_robust(at))


@_claim(
    "W6",
    "not in it",
    "Layers' SROPs are lower in robust networks than in natural ones, and lower in natural than in random ones",
    over={"layer": ("relu2", "conv2", "relu1", "conv1", "pool"), "dead": ("omit", "one")},
    measure="the smaller of the two differences of mean SROPs",
    shown_in="robust",
    paper="not asked",
    kind="control",
    seen=True,
)
def srops_in_order(at: Tables) -> Finding:
    """Compare the most robust, the natural and the random network of a seed."""
    rows = at.occlusion_layers[at.occlusion_layers["network"] == "digits"]
    means = rows.pivot(index="seed", columns="weights", values="mean")
    natural, robust = _natural_and_robust(at, means)
    if "random" not in means:
        raise UntestableError("no random digit network was measured")
    smaller = np.minimum(natural - robust, means["random"] - natural).dropna()
    note = f"natural less robust: {_numbers(natural - robust)}"
    return Finding(smaller.to_dict(), above=0, note=note, undecided=_not_robust(at))


@_claim(
    "W7",
    "not in it",
    "A lower frequency tells which network is robust",
    over={"told_by": ("gradient", "first layer", "heat map")},
    measure="SROP of the input's gradient or of the first layer, or center of the heat map; natural less robust",
    shown_in="robust",
    paper="not asked",
    kind="control",
    seen=True,
)
def what_tells(at: Tables) -> Finding:
    """Compare the natural and the most robust network of a seed; the heat map's center is a share of its band."""
    if at.setting["told_by"] == "gradient":
        rows = at.occlusion_networks
        values = rows[rows["network"] == "digits"].pivot(index="seed", columns="weights", values="gradient_srop")
    elif at.setting["told_by"] == "first layer":
        rows = at.occlusion_layers
        rows = rows[(rows["network"] == "digits") & (rows["layer"] == "conv1") & (rows["dead"] == "omit")]
        values = rows.pivot(index="seed", columns="weights", values="mean")
    else:
        rows = at.occlusion_heat[at.occlusion_heat["network"] == "digits"]
        centers = [
            (seed, weights, center(heat.set_index("radius")["change"]) / heat["radius"].max())
            for (seed, weights), heat in rows.groupby(["seed", "weights"])
        ]
        values = pd.DataFrame(centers, columns=["seed", "weights", "value"]).pivot(
            index="seed", columns="weights", values="value"
        )
    natural, robust = _natural_and_robust(at, values)
    return Finding((natural - robust).dropna().to_dict(), above=0, undecided=_not_robust(at))


_cifar_claim = partial(_claim, networks=Networks((), "cifar"), shown_in="cifar")
"""Of ResNet-20s that the pipeline trains on CIFAR-10: natural ones, ``natural``, and those under attack, ``robust``."""


@_cifar_claim(
    "W2-cifar",
    "abstract",
    "Naturally trained CIFAR networks rely on high frequencies",
    over={"beside": ("no preference", "random networks"), "reading": ("printed", "dft"), "dc": ("counted", "left out")},
    measure="as W2, of a ResNet-20",
    paper="they rely on them",
)
def cifar_leans_on_high(at: Tables) -> Finding:
    """Ask W2 of networks of photographs, with its statistic and its limit."""
    differences = _above_no_preference(at, _cifar_shares(at), _measured(at, "cifar_spectra"), natural="natural")
    return Finding(differences, above=0.05, direction=(0, np.inf), undecided=_cifar_half_trained(at))


@_cifar_claim(
    "W4-cifar",
    "abstract",
    "Adversarially trained CIFAR networks lean on low frequencies",
    over={"reading": ("printed", "dft")},
    measure="as W4, of a ResNet-20",
    paper="more than natural ones",
)
def cifar_robust_leans_on_low(at: Tables) -> Finding:
    """Ask W4 of networks of photographs, with its statistic and its limit."""
    natural, robust = _cifar_pair(low_share(_cifar_shares(at)).unstack("weights"))
    difference = (robust - natural).dropna()
    return Finding(difference.to_dict(), above=0.05, direction=(0, np.inf), undecided=_cifar_half_trained(at))


@_cifar_claim(
    "W6-cifar",
    "not in it",
    "Layers' SROPs are lower in robust CIFAR networks than in natural ones",
    over={"dead": ("omit", "one")},
    measure="share of the layers whose mean SROP is lower in the robust network",
    paper="not asked",
    kind="control",
    seen=True,
)
def cifar_srops_in_order(at: Tables) -> Finding:
    """Count layers: nine in ten are a rule, and half of them are chance. A foreign pair had ten of ten."""
    means = _measured(at, "cifar_layers").pivot(index=["seed", "depth"], columns="weights", values="mean")
    natural, robust = _cifar_pair(means)
    lower = (robust < natural)[natural.notna() & robust.notna()].groupby("seed").mean()
    return Finding(lower.to_dict(), above=0.9, direction=(0.5, np.inf), undecided=_cifar_half_trained(at))


@_cifar_claim(
    "W7-cifar",
    "not in it",
    "A lower SROP of the input's gradient tells which CIFAR network is robust",
    over={},
    measure="mean SROP of the loss's gradient by the input, natural less robust",
    paper="not asked",
    kind="control",
    seen=True,
)
def cifar_gradients_in_order(at: Tables) -> Finding:
    """Compare the natural and the robust network of a seed, as W7 does."""
    rows = _measured(at, "cifar_networks").pivot(index="seed", columns="weights", values="gradient_srop")
    natural, robust = _cifar_pair(rows)
    return Finding((natural - robust).dropna().to_dict(), above=0, undecided=_cifar_half_trained(at))


@_cifar_claim(
    "W8",
    "abstract",
    "Networks are vulnerable because they rely on high-frequency features",
    short="High-frequency features make networks vulnerable",
    over={"filter": ("the best", "half of the band")},
    measure="accuracy under attack that a low-pass of the input gives a natural network, by what robust training gives",
    paper="a result of it",
    seen=True,
)
def vulnerable_because_of_high(at: Tables) -> Finding:
    """Take high frequencies from the input of a natural network, and attack network and filter as one.

    A cause asks for an intervention. If reliance on high frequencies made the network vulnerable, the filter would
    bring a good part of what a training under attack brings; half is a good part. The best filter is the one with the
    highest accuracy under attack; half of the band are the rings up to 8.
    """
    rows = _measured(at, "cifar_cutoffs")
    attacked = rows[rows["under"] > 0].pivot_table(index=["arm", "seed"], columns="cutoff", values="accuracy")
    if not {"natural", "robust"} <= {*attacked.index.get_level_values("arm")}:
        raise UntestableError("there is no pair of a natural and a robust network")
    whole, filters = attacked[attacked.columns.max()], attacked.drop(columns=attacked.columns.max())
    if at.setting["filter"] != "the best":
        filters = filters[[cutoff for cutoff in filters if cutoff == _HALF_OF_THE_BAND]]
    gained = (filters.max(axis=1) - whole)["natural"] / (whole["robust"] - whole["natural"])
    return Finding(gained.dropna().to_dict(), above=0.5, direction=(0, np.inf), undecided=_cifar_half_trained(at))


_HALF_OF_THE_BAND = 8
"""Of rings of 32 x 32 pixels, whose last one that is whole is the sixteenth."""

_CIFAR_NATURAL, _CIFAR_ROBUST = 0.8, 0.3
"""The least accuracy of a natural ResNet-20 on clean images, and of a robust one under attack: short trainings reach
.88 and .37, long ones .92 and .45."""


def _measured(at: Tables, name: str) -> pd.DataFrame:
    """Give a table of CIFAR networks."""
    try:
        table = getattr(at, name)
    except UntestableError:
        table = pd.DataFrame()
    if table.empty:
        raise NotMeasuredError("this run trained no CIFAR network: cifar.trained is empty")
    return table


def _cifar_shares(at: Tables) -> pd.DataFrame:
    rows = _measured(at, "cifar_occlusion")
    return rows[(rows["label"] == -1) & (rows["reading"] == at.setting["reading"])]


def _cifar_pair(values: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    if not {"natural", "robust"} <= {*values}:
        raise UntestableError("there is no pair of a natural and a robust network")
    return values["natural"], values["robust"]


def _cifar_half_trained(at: Tables) -> str:
    """Say why a pair of CIFAR networks decides nothing: one was trained too briefly, or nobody knows."""
    accuracy = _measured(at, "cifar")
    natural = accuracy.loc[(accuracy["arm"] == "natural") & (accuracy["under"] == 0), "accuracy"]
    robust = accuracy.loc[(accuracy["arm"] == "robust") & (accuracy["under"] > 0), "accuracy"]
    if natural.empty or robust.empty:
        return "the accuracy of the networks is unknown"
    if natural.min() < _CIFAR_NATURAL:
        return f"the training was too short: accuracy is {_numbers(natural)}, less than {number(_CIFAR_NATURAL)}"
    if robust.min() < _CIFAR_ROBUST:
        return f"the training was too short: robust networks have an accuracy of {_numbers(robust)} under attack"
    return ""


def _above_no_preference(at: Tables, shares: pd.DataFrame, spectra: pd.DataFrame, *, natural: str) -> dict[int, float]:
    """Give by seed the center of natural networks' positive scores, less that without preference (claim W2).

    Args:
        at: The tables of the setting, which says ``beside``, ``reading`` and ``dc``.
        shares: Shares of the positive scores over all images, in that reading.
        spectra: The energy of the same images.
        natural: The natural networks' ``weights``.
    """
    transform = READINGS[at.setting["reading"]].get("transform", "dct")
    energy = spectra[(spectra["transform"] == transform) & (spectra["label"] == -1)].set_index("frequency")["energy"]
    first = 1 if at.setting["dc"] == "left out" else 0
    networks = shares[shares["weights"] == natural].groupby("seed")
    if energy.empty or not len(networks):
        raise UntestableError("no natural network was measured")
    random_rows = shares[shares["weights"] == "random"]
    random = {seed: scores.set_index("frequency")["share"] for seed, scores in random_rows.groupby("seed")}
    differences = {}
    for seed, scores in networks:
        reference = np.sqrt(energy) if at.setting["beside"] == "no preference" else random.get(seed)
        if reference is None:
            raise UntestableError("no random network of the same seed was measured")
        own = center(scores.set_index("frequency")["share"][first:])
        differences[seed] = (own - center(reference[first:])) / len(energy)
    return differences


def _natural_and_robust(at: Tables, values: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Select the values of the natural and the most robust network, by seed, from a table with a column per network."""
    most = at.robustness["eps"].max()
    if np.isnan(most) or not {"eps0", f"eps{most:g}"} <= {*values}:
        raise UntestableError("there is no pair of a natural and a robust network")
    hardest = at.robustness[at.robustness["under"] == at.robustness["under"].max()]
    accuracy = hardest.groupby("eps")["accuracy"].mean()
    if accuracy[most] <= accuracy[0]:
        raise UntestableError("training under attack made no network robust")
    return values["eps0"], values[f"eps{most:g}"]


_WELL_TRAINED, _ROBUST = 0.98, 0.5
"""The least accuracy of a natural digit network on clean digits, and of a robust one under its own attack.

At the paper's scale a digit network has .99; .98 is twice its errors. Under its own attack, a robust network must be
right more often than wrong.
"""


def _half_trained(at: Tables) -> str:
    """Say why natural networks decide nothing: they were trained too briefly, or nobody knows."""
    clean = at.robustness[(at.robustness["eps"] == 0) & (at.robustness["under"] == 0)]["accuracy"]
    if clean.empty:
        return "the accuracy of the natural networks is unknown"
    if clean.min() < _WELL_TRAINED:
        return f"the training was too short: accuracy is {_numbers(clean)}, less than {number(_WELL_TRAINED)}"
    return ""


def _not_robust(at: Tables) -> str:
    """Say why a pair of networks decides nothing: training under attack made no network robust, for lack of time.

    The most robust network must be right in half of the cases under its own attack, and better than the natural one
    under each attack, on average over seeds.
    """
    attacked = at.robustness[at.robustness["under"] > 0]
    means = attacked.pivot_table(index="under", columns="eps", values="accuracy")
    own = attacked[attacked["eps"] == attacked["eps"].max()]
    own = own.loc[own["under"] == min(own["eps"].max(), own["under"].max()), "accuracy"]
    if own.empty or 0 not in means:
        return "there is no pair of a natural and a robust network"
    if own.min() < _ROBUST:
        return f"the training was too short: robust networks have an accuracy of {_numbers(own)} under their own attack"
    if (means[means.columns.max()] <= means[0]).any():
        return "the training was too short: natural networks are more robust under a weaker attack"
    return ""


def _numbers(values: pd.Series) -> str:
    return " ".join(number(value) for value in values.dropna())


def _shares(at: Tables) -> pd.DataFrame:
    """Give the digit networks' shares over all images, in the setting's reading."""
    rows = at.occlusion[(at.occlusion["network"] == "digits") & (at.occlusion["label"] == -1)]
    return rows[rows["reading"] == at.setting["reading"]]


def _resampled(at: Tables, *, attack: str, reading: str = "printed", control: str = "") -> np.ndarray:
    """Average the natural network's relative changes over resampled images: ``(resamples, shells)``."""
    keys = {"eps": 0, "attack": attack, "reading": reading, "control": control}
    rows = at.changes[(at.changes[list(keys)] == pd.Series(keys)).all(axis=1)]
    if rows.empty:
        raise UntestableError("it was not attacked so, or no attack found anything")
    wide = rows.pivot(index="image", columns="shell", values=at.setting["average"]).to_numpy()
    if len(wide) < _MIN_IMAGES:
        raise UntestableError(f"{len(wide)} adversarial images are no sample")
    resamples = resampled_indices(len(wide))
    return (np.nanmean if at.setting["average"] == "mean" else np.nanmedian)(wide[resamples], axis=1)
