"""CIFAR networks, and the images that they get."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from srop.data.labeled import LabeledImages
from srop.experiments.occlusion.measure import Sample, Subject
from srop.networks.instances import networks


def cifar_subject(data: LabeledImages, architecture: Mapping[str, Any]) -> Subject:
    """Take all images, for every reading: which ones such a network has learned, nobody says."""
    sample = Sample(data.images.float() / 255, data.labels)
    mean, std = (torch.tensor(architecture[key], device=data.images.device).view(-1, 1, 1) for key in ("mean", "std"))
    return Subject(sample, sample, lambda images: (images - mean) / std, architecture["layers"])


def cifar_networks(
    architecture: Mapping[str, Any], weights: str, *, seeds: Sequence[int], images: Tensor, download: bool
) -> Iterator[tuple[dict[str, Any], nn.Module]]:
    """Go through an architecture's networks; batch norms of random ones have the statistics of all images.

    Args:
        architecture: As :class:`srop.pipeline.schema.Architecture`, in plain types.
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
