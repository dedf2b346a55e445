"""CIFAR networks, and the images that they get."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from srop.data.labeled import LabeledImages
from srop.experiments.occlusion.measure import Sample, Subject
from srop.networks.instances import networks


def cifar_subject(tested: LabeledImages, learned: LabeledImages, architecture: Mapping[str, Any]) -> Subject:
    """Take CIFAR-10's images; of the few that a package ships all for either."""
    mean, std = (torch.tensor(architecture[key], device=tested.images.device).view(-1, 1, 1) for key in ("mean", "std"))
    samples = [Sample(of.images.float() / 255, of.labels) for of in (tested, learned)]
    return Subject(*samples, lambda images: (images - mean) / std, architecture["layers"])


def cifar_networks(
    architecture: Mapping[str, Any], weights: str, *, seeds: Sequence[int], images: Tensor, download: bool
) -> Iterator[tuple[dict[str, Any], nn.Module]]:
    """Go through an architecture's networks; batch norms of random ones have the statistics of all images.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.
        weights: A key of ``architecture["weights"]``.
        seeds: Of random weights.
        images: uint8 ``(m, 3, n, n)``.
        download: Whether a library may download a named set.

    Yields:
        As :func:`srop.experiments.occlusion.measure.digit_networks`.
    """
    options = {"seeds": seeds, "batch_norms": ["batch"], "calibration": images, "download": download}
    for keys, network in networks(architecture, weights, **options):
        yield {"weights": weights, "seed": keys["seed"]}, network
