"""The networks, settings and tables of layers on which claims about backbones are judged."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from srop.experiments.backbones.paper import PAPER_BACKBONES
from srop.experiments.backbones.tables import output_size
from srop.ledger.evidence import NeedsWeightsError, Tables, UntestableError
from srop.ledger.judge import CONVENTION, Networks, claim
from srop.ledger.statistics import resampled_indices

PAPER = Networks(PAPER_BACKBONES, "backbones")
"""The networks of the paper."""


PROXIES = Networks(("EfficientNet-Lite0", "EfficientNet-Lite1", "EfficientNet-Lite2"), "backbones")
"""Networks whose weights come with packages; they have rows of their own in the ledger."""


QUANTIZED = Networks(("ResNet18, product-quantized (PQF)", "ResNet18, product-quantized (KTB)"), "quantized")
"""ResNet18s trained on ImageNet and compressed by others. Their weights are not free, so the run is a recorded one."""


RESNETS = Networks(("ResNet18", "ResNet34"), "backbones")
RESNET18 = Networks(("ResNet18",), "backbones")
SKIPPING = Networks(("ResNet18", "ResNet34", "DenseNet121", "DenseNet169"), "backbones")


paper_claim = partial(claim, networks=PAPER)
"""Decorator that registers the judge of a claim about the paper's networks."""


proxy_claim = partial(claim, networks=PROXIES, kind="proxy", paper="of other networks")
quantized_claim = partial(claim, networks=QUANTIZED, kind="proxy", paper="of the uncompressed network")


BACKBONES = {"input": ("noise", "images"), "batch_norm": ("batch", "running"), **CONVENTION, "dead": ("omit", "one")}
"""Axes of the settings. The first values together are the paper's own setting, as far as its numbers show it.

The minima in the paper's Table 2 come from noise, not from photographs. In its Figure 4 VGG16-bn differs from VGG16, so
batch norm does not run as initialized. Figures 4 and 5 are reproduced with dead maps left out; only for the digits is
there evidence that dead maps count as 1.
"""


TRAINED = {axis: values for axis, values in BACKBONES.items() if axis != "batch_norm"}
"""Axes of claims about trained networks only, whose batch norm has its own statistics."""


def layer_rows(at: Tables) -> pd.DataFrame:
    """Select the layers of backbones, without the curves of the benchmark pool."""
    return at.backbones[at.backbones["curve"] == "layer"]


def weights_kind(table: pd.DataFrame) -> pd.Series:
    return table["weights"].map(lambda weights: "random" if weights == "random" else "trained").astype(object)


def network_label(title: str, antialiased: bool) -> str:
    return f"{title}, anti-aliased" if antialiased else title


def weights_missing() -> NeedsWeightsError:
    return NeedsWeightsError("no trained network of these is here; the weights of the paper's are downloads")


def random_networks(at: Tables) -> dict[str, dict[int, pd.DataFrame]]:
    """Select the random networks by title and seed: layers in the order of their depth.

    Random anti-aliased networks are left out, since the paper has none.
    """
    layers = layer_rows(at)
    rows = layers[(layers["weights"] == "random") & ~layers["antialiased"].astype(bool)].sort_values("depth")
    if rows.empty:
        raise UntestableError("none of these networks is here")
    return {title: dict(iter(networks.groupby("seed"))) for title, networks in rows.groupby("title")}


def trained_networks(at: Tables) -> dict[tuple[str, bool], pd.DataFrame]:
    """Select the trained networks by title and whether anti-aliased: layers in the order of their depth."""
    layers = layer_rows(at)
    rows = layers[layers["weights"] != "random"].sort_values("depth")
    if rows.empty:
        raise weights_missing()
    return dict(iter(rows.groupby(["title", "antialiased"])))


def trained_and_random(at: Tables) -> dict[str, dict[int, pd.DataFrame]]:
    """Join each plain trained network with its random ones, by title and seed: ``mean``, ``mean_random`` and so on."""
    keys = ["layer", "depth", "size", "reference"]
    columns = [*keys, "mean", "lower_quartile", "upper_quartile"]
    random = random_networks(at)
    return {
        title: {
            seed: trained[columns].merge(untrained[columns], on=keys, suffixes=("", "_random"))
            for seed, untrained in random[title].items()
        }
        for (title, antialiased), trained in trained_networks(at).items()
        if not antialiased and title in random
    }


def by_seed(
    networks: Mapping[str, Mapping[int, pd.DataFrame]], statistic: Callable[[pd.DataFrame], float]
) -> dict[str, list[float]]:
    """Compute a statistic of each network, for each seed."""
    return {title: [statistic(network) for network in seeds.values()] for title, seeds in networks.items()}


def random_network(at: Tables, title: str) -> dict[int, pd.DataFrame]:
    """Select the random network with a title, by seed."""
    networks = random_networks(at)
    if title not in networks:
        raise UntestableError(f"{title} is not among the backbones")
    return networks[title]


def smallest_means(means: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Compute the minima of Table 2 over random networks (averaged over seeds) or trained ones: a row per output size.

    Args:
        means: The result of :func:`resampled_means`.
        kind: ``"random"`` or ``"trained"``.

    Raises:
        UntestableError: If there are no such networks.
    """
    keys = ["title", "antialiased", "layer", "size", "reference"]
    selected = means[(means.index.get_level_values("weights") == "random") == (kind == "random")]
    if kind == "random":
        selected = selected[~selected.index.get_level_values("antialiased").astype(bool)]
    if selected.empty:
        raise weights_missing() if kind == "trained" else UntestableError("none of these networks is here")
    layers = selected.groupby(keys).mean()
    sizes, reference = (pd.Series(layers.index.get_level_values(name)) for name in ("size", "reference"))
    # The table has the rows of an input of 224; inputs of other sizes share them.
    rows = output_size(sizes, reference) * 224 // reference
    return layers.groupby(rows.to_numpy()).min()


def resampled_means(at: Tables) -> pd.DataFrame:
    """Average layers over images drawn with replacement.

    Returns:
        A row per network, seed and layer, by ``title``, ``antialiased``, ``weights``, ``seed``, ``layer``, ``size`` and
        ``reference``; a column per resample.

    Raises:
        UntestableError: If this run has no table of single images.
    """
    keys = ["architecture", "weights", "seed", "batch_norm", "layer"]
    images = at.images.pivot_table(index=keys, columns="image", values="srop", dropna=False)
    layers = layer_rows(at)
    if images.empty or layers.empty:
        raise UntestableError("no image was measured by itself")
    values = images.reindex(pd.MultiIndex.from_frame(layers[keys])).to_numpy()
    count = values.shape[1]
    resamples = resampled_indices(count)
    # How often each resample has each image; an image without an SROP in a layer has no weight there.
    weights = np.stack([np.bincount(row, minlength=count) for row in resamples]).T
    measured = ~np.isnan(values)
    ratios = (
        (np.where(measured, values, 0) @ weights) / (measured @ weights) / np.nanmean(values, axis=1, keepdims=True)
    )
    names = ["title", "antialiased", "weights", "seed", "layer", "size", "reference"]
    return pd.DataFrame(ratios * layers[["mean"]].to_numpy(), index=pd.MultiIndex.from_frame(layers[names]))
