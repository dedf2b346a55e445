"""Corrupted test images, computed or from the archive of CIFAR-10-C."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from srop.corruptions import corrupted
from srop.data.cifar10c import cifar10c
from srop.data.labeled import LabeledImages


def corrupted_images(
    images: Tensor, corruptions: Sequence[str], severities: Sequence[int]
) -> Iterator[tuple[tuple[str, int], Tensor]]:
    """Corrupt images in every way.

    Args:
        images: uint8, ``(count, colors, n, n)``.
        corruptions: Some of :data:`srop.data.limits.CORRUPTIONS`.
        severities: 1 to 5.

    Yields:
        The corruption and its severity, and the corrupted images, rounded to uint8.
    """
    pixels = images.float() / 255
    for name, severity in _pairs(corruptions, severities):
        yield (name, severity), (255 * corrupted(pixels, name, severity)).round().to(torch.uint8)


def archived_images(
    test: LabeledImages, corruptions: Sequence[str], severities: Sequence[int], *, archive: str
) -> Iterator[tuple[tuple[str, int], Tensor]]:
    """Read the same test images from each part of the archive of CIFAR-10-C.

    Args:
        test: Images of CIFAR-10's test set, spaced evenly.
        corruptions: As for :func:`corrupted_images`.
        severities: As for :func:`corrupted_images`.
        archive: The archive's path, after :func:`srop.data.cifar10c.require_archive`.

    Yields:
        As :func:`corrupted_images`.

    Raises:
        ValueError: If the archive lacks a corruption, or has other labels.
    """
    for name, severity in _pairs(corruptions, severities):
        archived = cifar10c(archive, name, severity, len(test.labels))
        if not torch.equal(archived.labels, test.labels):
            raise ValueError(
                f"{archive}: the labels of {name} differ from CIFAR-10's test labels; download the archive again"
            )
        yield (name, severity), archived.images


def _pairs(corruptions: Sequence[str], severities: Sequence[int]) -> Iterator[tuple[str, int]]:
    pairs = [(name, severity) for name in corruptions for severity in severities]
    return iter(tqdm(pairs, desc="corruptions", leave=False, disable=None))
