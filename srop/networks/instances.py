"""The networks of an architecture: random networks by seed and batch norm, or the trained network."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from srop.data.images import image_batches
from srop.networks.build import build_network, calibrate_batch_norm, has_batch_norm
from srop.networks.weights import checked_download, load_weights, weights_file


def networks(
    architecture: Mapping[str, Any],
    weights: str,
    *,
    seeds: Sequence[int],
    batch_norms: Sequence[str],
    calibration: Tensor,
    download: bool = False,
) -> Iterator[tuple[dict[str, Any], nn.Module]]:
    """Build an architecture's networks with one set of weights, one after the other.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.
        weights: A key of ``architecture["weights"]``.
        seeds: Seeds of random weights.
        batch_norms: The statistics of the batch norms of random networks: the initial ones, 0 and 1 (``"running"``), or
            those of the calibration images (``"batch"``).
        calibration: uint8 ``(count, 3, n, n)``, on the networks' device.
        download: Whether a library may download a named set of weights.

    Yields:
        ``seed`` and ``batch_norm`` (``"none"`` without batch norms, ``"trained"`` for a trained network), and the
        network. The same object may be yielded again after changes.
    """
    source, model, arguments = (architecture[key] for key in ("source", "model", "arguments"))
    if weights != "random":
        entry = architecture["weights"][weights]
        if entry["set"] is None:
            network = build_network(source, model, arguments)
            options = {key: entry[key] for key in ("sha256", "key", "strip_prefix")}
            load_weights(network, weights_file(architecture, weights), **options)
        else:
            with checked_download(architecture, weights, download=download):
                network = build_network(source, model, arguments, pretrained=entry["set"])
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
