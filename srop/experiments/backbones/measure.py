"""Profiles of an architecture's networks, and of the baseline."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from srop.convention import CONVENTIONS
from srop.data.images import image_batches
from srop.data.noise import noise_batches
from srop.networks.pools import benchmark_pools
from srop.profiles import layer_statistics, profile
from srop.statistics import DEAD_TREATMENTS

_HALVINGS = 5


def measure_backbone(
    network: nn.Module,
    architecture: Mapping[str, Any],
    images: Tensor,
    *,
    noise: int,
    conventions: Sequence[str],
    batch: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Profile a network over natural images and over white noise of the same size.

    Each downscaling layer has two more curves, as in Figure 5, in which the benchmark max-pool replaces the layer:

    - ``ds``: the pool follows the previous downscaling layer, so it replaces the intermediate layers, too
    - ``pool-only``: the pool follows the last layer before

    The first downscaling layer has no such curves, nor has a layer whose maps have another size than the pool's.

    Args:
        network: The network.
        architecture: Its ``layers``, ``layout``, ``grid``, ``downscaling``, ``mean`` and ``std`` as in
            :class:`srop.networks.architecture.Architecture`.
        images: uint8 ``(count, 3, n, n)``; n is the reference of all SROPs.
        noise: How many images of noise.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        batch: Images at a time.

    Returns:
        Two tables. The first has the rows of :func:`srop.profile` for both inputs, with the columns ``input``
        (``"images"`` or ``"noise"``), ``reference``, and ``curve`` (``"layer"``, ``"ds"`` or ``"pool-only"``); the rows
        of a curve have the name and depth of the layer that the pool replaces. The second has a row per image, without
        those curves.

    Reference:
        Yu et al. 2021, Sec. 4.2 and Figure 5.
    """
    size = images.shape[-1]
    inputs = {
        "images": image_batches(images, architecture["mean"], architecture["std"], batch),
        "noise": noise_batches(noise, size, batch),
    }
    definitions = {name: CONVENTIONS[name] for name in conventions}
    tables, by_image = [], []
    for name, batches in inputs.items():
        batches = (part.to(memory_format=torch.channels_last) for part in batches)
        pooled = benchmark_curves(list(architecture["layers"]), architecture["downscaling"])
        modules = {label: architecture["layers"][layer] for label, layer in pooled.items()}
        table, single = profile(
            network,
            batches,
            architecture["layers"],
            convention=definitions,
            pooled=modules,
            layout=architecture.get("layout"),
            grid=architecture.get("grid"),
            dead=DEAD_TREATMENTS,
            origin="",  # other columns name the network
            by_image=True,
        )
        table = _place_curves(table.drop(columns=["origin", "coarse", "reference"]))
        tables.append(table.assign(input=name, reference=size))
        single = _place_curves(single.drop(columns=["origin", "reference"]))
        by_image.append(single.query("curve == 'layer'").drop(columns="curve").assign(input=name))
    return pd.concat(tables, ignore_index=True), pd.concat(by_image, ignore_index=True)


def benchmark_curves(layers: Sequence[str], downscaling: Sequence[str]) -> dict[str, str]:
    """Name the layers that the benchmark pool follows, for the curves of Figure 5.

    Args:
        layers: All layers, in the order of the forward pass.
        downscaling: The layers that change the size of the maps.

    Returns:
        The layer before, for ``"ds|<layer>"`` and ``"pool-only|<layer>"`` of each downscaling layer except the first.

    Example:
        >>> benchmark_curves(["pool1", "conv1", "pool2"], ["pool1", "pool2"])
        {'ds|pool2': 'pool1', 'pool-only|pool2': 'conv1'}
    """
    curves = {}
    for before, layer in pairwise(downscaling):
        curves |= {f"ds|{layer}": before, f"pool-only|{layer}": layers[layers.index(layer) - 1]}
    return curves


def _place_curves(table: pd.DataFrame) -> pd.DataFrame:
    """Separate the curves from the layers, and give a curve the depth of the layer that it replaces."""
    parts = table["layer"].str.rpartition("|")
    table = table.assign(curve=parts[0].where(parts[0] != "", "layer"), layer=parts[2])
    own = table[table["curve"] == "layer"].drop_duplicates("layer").set_index("layer")
    own = own.assign(depth=own["depth"].rank(method="dense").astype(int) - 1)
    table = table.assign(depth=table["layer"].map(own["depth"]))
    return table[(table["curve"] == "layer") | (table["size"] == table["layer"].map(own["size"]))]


def measure_baseline(images: Tensor, *, noise: int, conventions: Sequence[str], batch: int) -> pd.DataFrame:
    """Profile the baseline: images and noise that only the benchmark pool halves, again and again.

    Args:
        images: uint8 ``(count, 3, n, n)``.
        noise: How many images of noise.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        batch: Images at a time.

    Returns:
        The first table of :func:`measure_backbone`. The layers are ``input`` and ``pool1`` to ``pool5``, the channels
        are the three colors.

    Reference:
        Yu et al. 2021, Sec. 4.2 and the baseline column of Table 2.
    """
    layers = ["input", *(f"pool{number}" for number in range(1, _HALVINGS + 1))]
    # An SROP does not depend on the mean and standard deviation of its map.
    benchmark = {"layers": {layer: layer for layer in layers}, "downscaling": [], "mean": [0.0] * 3, "std": [1.0] * 3}
    options = {"noise": noise, "conventions": conventions, "batch": batch}
    return measure_backbone(benchmark_pools(_HALVINGS), benchmark, images, **options)[0]


def describe(channels: pd.DataFrame, architecture: Mapping[str, Any], *, name: str, weights: str) -> pd.DataFrame:
    """Add the architecture, and what each layer is, to every row.

    Returns:
        The table with ``architecture``, ``title``, ``antialiased`` and ``weights`` as its first columns, and with
        ``module`` and ``downscales`` (whether the layer changes the size of the maps).
    """
    table = channels.assign(
        architecture=name,
        title=architecture["title"],
        antialiased=architecture["source"] == "antialiased_cnns",
        weights=weights,
        module=channels["layer"].map(architecture["layers"]),
        downscales=channels["layer"].isin(architecture["downscaling"]),
    )
    keys = ["architecture", "title", "antialiased", "weights", "seed", "batch_norm", "input", "reference"]
    return table[keys + [column for column in table if column not in keys]]


def summarize_layers(channels: pd.DataFrame) -> pd.DataFrame:
    """Summarize the channels of every layer, curve, input and network (:func:`srop.layer_statistics`)."""
    keys = ("architecture", "title", "antialiased", "weights", "seed", "batch_norm", "input", "curve", "module")
    return layer_statistics(channels, by=[key for key in (*keys, "downscales") if key in channels])
