"""From an architecture to the profiles of its networks, and the baseline that they stand against."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from srop.convention import CONVENTIONS, Convention
from srop.images import image_batches, noise_batches
from srop.models import benchmark_pools, build_network, calibrate_batch_norm, has_batch_norm, load_weights
from srop.profiling import profile
from srop.rolloff import radial_spectrum, rolloff_points

_HALVINGS = 5


def networks(
    architecture: Mapping[str, Any],
    weights: str,
    *,
    seeds: Sequence[int],
    batch_norms: Sequence[str],
    calibration: Tensor,
) -> Iterator[tuple[dict[str, Any], nn.Module]]:
    """Go through an architecture's networks under one set of weights.

    Args:
        architecture: As :class:`srop.config.Architecture`, in plain types.
        weights: A key of ``architecture["weights"]``.
        seeds: Of random weights.
        batch_norms: How the batch norms of random networks run: with their initial statistics, 0 and 1
            (``"running"``), or with those of the calibration images (``"batch"``).
        calibration: uint8 ``(count, 3, n, n)``, on the networks' device.

    Yields:
        ``seed`` and ``batch_norm`` (``"none"`` for a network without, ``"trained"`` for one that is), and the network.
        The same network may come again, changed.
    """
    source, model, arguments = (architecture[key] for key in ("source", "model", "arguments"))
    if weights != "random":
        network = build_network(source, model, arguments, seed=0)
        load_weights(network, **architecture["weights"][weights])
        network = network.to(calibration.device, memory_format=torch.channels_last)
        yield {"seed": 0, "batch_norm": "trained" if has_batch_norm(network) else "none"}, network
        return
    for seed in seeds:
        network = build_network(source, model, arguments, seed=seed)
        network = network.to(calibration.device, memory_format=torch.channels_last)
        for mode in ("running", "batch") if has_batch_norm(network) else ("none",):
            if mode == "batch":
                (images,) = image_batches(calibration, architecture["mean"], architecture["std"], len(calibration))
                calibrate_batch_norm(network, images.to(memory_format=torch.channels_last))
            if mode in ("none", *batch_norms):
                yield {"seed": seed, "batch_norm": mode}, network


def measure_backbone(
    network: nn.Module,
    architecture: Mapping[str, Any],
    images: Tensor,
    *,
    noise: int,
    conventions: Sequence[str],
    batch: int,
) -> pd.DataFrame:
    """Profile a network over natural images and over white noise of the same size.

    Args:
        network: The network.
        architecture: Its ``layers``, ``mean`` and ``std`` as in :class:`srop.config.Architecture`.
        images: uint8 ``(count, 3, n, n)``; n is the reference of all SROPs.
        noise: How many images of noise.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        batch: Images at a time.

    Returns:
        What :func:`srop.profile` gives for each, with the columns ``input`` (``"images"`` or ``"noise"``) and
        ``reference``.
    """
    size = images.shape[-1]
    inputs = {
        "images": image_batches(images, architecture["mean"], architecture["std"], batch),
        "noise": noise_batches(noise, size, batch),
    }
    chosen = {name: CONVENTIONS[name] for name in conventions}
    tables = []
    for name, batches in inputs.items():
        batches = (part.to(memory_format=torch.channels_last) for part in batches)
        table = profile(network, batches, architecture["layers"], convention=chosen)
        tables.append(table.assign(input=name, reference=size))
    return pd.concat(tables, ignore_index=True)


def measure_baseline(images: Tensor, *, noise: int, conventions: Sequence[str], batch: int) -> pd.DataFrame:
    """Profile images and noise that nothing but the benchmark pool halves, again and again: the baseline.

    Args:
        images: uint8 ``(count, 3, n, n)``.
        noise: How many images of noise.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        batch: Images at a time.

    Returns:
        As :func:`measure_backbone`, its layers ``input``, ``pool1`` to ``pool5``, its channels the three colours.

    Reference:
        Yu et al. 2021, Sec. 4.2 and the baseline column of Table 2.
    """
    layers = ["input", *(f"pool{number}" for number in range(1, _HALVINGS + 1))]
    # An SROP does not depend on mean and standard deviation of its map.
    benchmark = {"layers": {layer: layer for layer in layers}, "mean": [0.0] * 3, "std": [1.0] * 3}
    return measure_backbone(
        benchmark_pools(_HALVINGS), benchmark, images, noise=noise, conventions=conventions, batch=batch
    )


def describe(channels: pd.DataFrame, architecture: Mapping[str, Any], *, name: str, weights: str) -> pd.DataFrame:
    """Say in every row which architecture it is of, and what its layer is.

    Returns:
        The table behind the columns ``architecture``, ``title``, ``antialiased``, ``weights``, and with ``module`` and
        ``downscales`` (whether the layer brings the maps to another size).
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


def low_nyquist_prior(images: Tensor, *, noise: int, convention: Convention) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure the inputs themselves: radial spectra and SROPs of natural images and of noise.

    Args:
        images: uint8 ``(count, 3, n, n)``.
        noise: How many images of noise.
        convention: Which definition.

    Returns:
        Spectra: a row per ``input`` and ring, with ``radius`` (in units of the SROP) and the ``lower_quartile``,
        ``median`` and ``upper_quartile`` of the ring's ``share`` over all maps. Points: a row per ``input``, ``image``
        and ``colour``, with ``srop``.

    Reference:
        Yu et al. 2021, Figure 1.
    """
    size = images.shape[-1]
    inputs = {"images": images.float(), "noise": torch.cat(list(noise_batches(noise, size, noise)))}
    spectra, points = [], []
    for name, maps in inputs.items():
        shares = radial_spectrum(maps, convention=convention).flatten(0, 1)
        lower, median, upper = shares.nanquantile(torch.tensor([0.25, 0.5, 0.75]), dim=0).numpy()
        ring = np.arange(len(median)) + convention.first_ring
        quartiles = {"lower_quartile": lower, "median": median, "upper_quartile": upper}
        spectra.append(pd.DataFrame({"input": name, "radius": ring / ring[-1], **quartiles}))
        of_maps = rolloff_points(maps, convention=convention).numpy()
        index = pd.MultiIndex.from_product([[name], range(len(maps)), range(3)], names=["input", "image", "colour"])
        points.append(pd.DataFrame({"srop": of_maps.ravel()}, index=index).reset_index())
    return pd.concat(spectra, ignore_index=True), pd.concat(points, ignore_index=True)
