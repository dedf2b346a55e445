"""What claims about backbones are judged on: networks, settings, and their layers."""

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
"""The paper's networks."""


PROXIES = Networks(("EfficientNet-Lite0", "EfficientNet-Lite1", "EfficientNet-Lite2"), "backbones")
"""Networks with weights that packages ship, in rows of their own."""


QUANTIZED = Networks(("ResNet18, product-quantized (PQF)", "ResNet18, product-quantized (KTB)"), "quantized")
"""ResNet18 trained on ImageNet and compressed by their authors, whose weights are not free: a recorded run."""


RESNETS = Networks(("ResNet18", "ResNet34"), "backbones")


of_paper = partial(claim, networks=PAPER)
"""Register the judge of a claim about the paper's networks."""


of_proxies = partial(claim, networks=PROXIES, kind="proxy", paper="of other networks")
of_quantized = partial(claim, networks=QUANTIZED, kind="proxy", paper="of the uncompressed network")


BACKBONES = {"input": ("noise", "images"), "batch_norm": ("batch", "running"), **CONVENTION, "dead": ("omit", "one")}
"""Axes of the settings; the first value of each makes the paper's own, as far as its numbers show it.

Its minima in Table 2 are those of noise, not of photographs. Its Figure 4 shows VGG16-bn unlike VGG16, which it would
not be with batch norm as initialized. Figures 4 and 5 are reproduced with dead maps left out; that they count as 1 is
evidenced for the digits only.
"""


TRAINED = {axis: values for axis, values in BACKBONES.items() if axis != "batch_norm"}
"""Axes of claims on trained networks alone, whose batch norm has its own statistics."""


def layers_of(at: Tables) -> pd.DataFrame:
    """Give the layers of backbones, without the curves of the benchmark pool."""
    return at.backbones[at.backbones["curve"] == "layer"]


def kind_of(table: pd.DataFrame) -> pd.Series:
    return table["weights"].map(lambda weights: "random" if weights == "random" else "trained").astype(object)


def label(title: str, antialiased: bool) -> str:
    return f"{title}, anti-aliased" if antialiased else title


def no_weights() -> NeedsWeightsError:
    return NeedsWeightsError("no trained network of these is here; the weights of the paper's are downloads")


def random_networks(at: Tables) -> dict[str, dict[int, pd.DataFrame]]:
    """Give the random networks by title and seed: layers in the order of their depth.

    Random anti-aliased networks, which are not among the paper's, are left out.
    """
    layers = layers_of(at)
    rows = layers[(layers["weights"] == "random") & ~layers["antialiased"].astype(bool)].sort_values("depth")
    if rows.empty:
        raise UntestableError("none of these networks is here")
    return {title: dict(iter(of.groupby("seed"))) for title, of in rows.groupby("title")}


def trained_networks(at: Tables) -> dict[tuple[str, bool], pd.DataFrame]:
    """Give the trained networks by title and whether anti-aliased: layers in the order of their depth."""
    layers = layers_of(at)
    rows = layers[layers["weights"] != "random"].sort_values("depth")
    if rows.empty:
        raise no_weights()
    return dict(iter(rows.groupby(["title", "antialiased"])))


def pairs(at: Tables) -> dict[str, dict[int, pd.DataFrame]]:
    """Give plain trained networks beside the random ones of each seed: ``mean`` ... and ``mean_random`` ..."""
    keys = ["layer", "depth", "size", "reference"]
    columns = [*keys, "mean", "lower_quartile", "upper_quartile"]
    random = random_networks(at)
    return {
        title: {
            seed: of[columns].merge(other[columns], on=keys, suffixes=("", "_random"))
            for seed, other in random[title].items()
        }
        for (title, antialiased), of in trained_networks(at).items()
        if not antialiased and title in random
    }


def by_seed(
    networks: Mapping[str, Mapping[int, pd.DataFrame]], statistic: Callable[[pd.DataFrame], float]
) -> dict[str, list[float]]:
    """Take a statistic of each network and seed."""
    return {title: [statistic(of) for of in seeds.values()] for title, seeds in networks.items()}


def named(at: Tables, title: str) -> dict[int, pd.DataFrame]:
    """Give the random network of a title by seed."""
    networks = random_networks(at)
    if title not in networks:
        raise UntestableError(f"{title} is not among the backbones")
    return networks[title]


def least(means: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Give the minima of Table 2 over random networks (averaged over seeds) or trained ones, a row per output size.

    Args:
        means: What :func:`over_images` gives.
        kind: ``"random"`` or ``"trained"``.

    Raises:
        UntestableError: If there are no such networks.
    """
    keys = ["title", "antialiased", "layer", "size", "reference"]
    of_kind = means[(means.index.get_level_values("weights") == "random") == (kind == "random")]
    if kind == "random":
        of_kind = of_kind[~of_kind.index.get_level_values("antialiased").astype(bool)]
    if of_kind.empty:
        raise no_weights() if kind == "trained" else UntestableError("none of these networks is here")
    of_layers = of_kind.groupby(keys).mean()
    sizes, reference = (pd.Series(of_layers.index.get_level_values(name)) for name in ("size", "reference"))
    # An input of another size has the same rows.
    rows = output_size(sizes, reference) * 224 // reference
    return of_layers.groupby(rows.to_numpy()).min()


def over_images(at: Tables) -> pd.DataFrame:
    """Give the means of layers over images drawn with replacement.

    Returns:
        A row per network, seed and layer, by ``title``, ``antialiased``, ``weights``, ``seed``, ``layer``, ``size`` and
        ``reference``; a column per resample.

    Raises:
        UntestableError: If this run has no table of single images.
    """
    keys = ["architecture", "weights", "seed", "batch_norm", "layer"]
    images = at.images.pivot_table(index=keys, columns="image", values="srop", dropna=False)
    layers = layers_of(at)
    if images.empty or layers.empty:
        raise UntestableError("no image was measured by itself")
    values = images.reindex(pd.MultiIndex.from_frame(layers[keys])).to_numpy()
    count = values.shape[1]
    chosen = resampled_indices(count)
    # How often each image is drawn; an image without an SROP in a layer counts for none there.
    often = np.stack([np.bincount(row, minlength=count) for row in chosen]).T
    there = ~np.isnan(values)
    drawn = (np.where(there, values, 0) @ often) / (there @ often) / np.nanmean(values, axis=1, keepdims=True)
    names = ["title", "antialiased", "weights", "seed", "layer", "size", "reference"]
    return pd.DataFrame(drawn * layers[["mean"]].to_numpy(), index=pd.MultiIndex.from_frame(layers[names]))
