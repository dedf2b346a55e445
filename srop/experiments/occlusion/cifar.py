"""CIFAR networks, and the images on which they are measured."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from srop.data.labeled import LabeledImages
from srop.experiments.occlusion.measure import Sample, Setup
from srop.networks.build import build_network, calibrate_batch_norm
from srop.networks.instances import networks


def cifar_setup(test: LabeledImages, training: LabeledImages, architecture: Mapping[str, Any]) -> Setup:
    """Build the setup of an architecture's networks from test and training images."""
    mean, std = (torch.tensor(architecture[key], device=test.images.device).view(-1, 1, 1) for key in ("mean", "std"))
    samples = [Sample(data.images.float() / 255, data.labels) for data in (test, training)]
    return Setup(*samples, lambda images: (images - mean) / std, architecture["layers"])


def cifar_networks(
    architecture: Mapping[str, Any], weights: str, *, seeds: Sequence[int], images: Tensor, download: bool
) -> Iterator[tuple[dict[str, Any], nn.Module]]:
    """Iterate over an architecture's networks; batch norms of random networks are calibrated on all images.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.
        weights: A key of ``architecture["weights"]``.
        seeds: Seeds of random weights.
        images: uint8 ``(m, 3, n, n)``.
        download: Whether a library may download a named set.

    Yields:
        As :func:`srop.experiments.occlusion.measure.digit_networks`.
    """
    options = {"seeds": seeds, "batch_norms": ["batch"], "calibration": images, "download": download}
    for keys, network in networks(architecture, weights, **options):
        yield {"weights": weights, "seed": keys["seed"]}, network


def trained_or_random(
    architecture: Mapping[str, Any], state: Mapping[str, Tensor] | None, *, seed: int, setup: Setup
) -> nn.Module:
    """Build an architecture's network with the weights of a training of this pipeline, or with random ones.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.
        state: The state of a :class:`srop.networks.normalized.Normalized` network, or None for random weights.
        seed: The seed of random weights. A training with this seed begins with them.
        setup: The setup, whose test images calibrate the batch norms of a random network.
    """
    network = build_network(*(architecture[key] for key in ("source", "model", "arguments")), seed=seed)
    network = network.to(setup.test.images.device, memory_format=torch.channels_last).eval()
    if state is None:
        inputs = setup.normalize(setup.test.images)
        calibrate_batch_norm(network, inputs.contiguous(memory_format=torch.channels_last))
    else:
        prefix = "network."
        network.load_state_dict({key.removeprefix(prefix): value for key, value in state.items() if prefix in key})
    return network
