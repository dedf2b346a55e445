"""Test images as corruptions leave them."""

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
        corruptions: Of :data:`srop.data.limits.CORRUPTIONS`.
        severities: 1 to 5.

    Yields:
        The corruption and its severity, and the images as it leaves them, rounded to uint8.
    """
    pixels = images.float() / 255
    for name, severity in _pairs(corruptions, severities):
        yield (name, severity), (255 * corrupted(pixels, name, severity)).round().to(torch.uint8)


def archived_images(
    test: LabeledImages, corruptions: Sequence[str], severities: Sequence[int], *, archive: str
) -> Iterator[tuple[tuple[str, int], Tensor]]:
    """Read the same images from each part of CIFAR-10-C's archive.

    Args:
        test: Images of CIFAR-10's test set, chosen evenly.
        corruptions: As for :func:`corrupted_images`.
        severities: Likewise.
        archive: One that :func:`srop.data.cifar10c.require_archive` has seen.

    Yields:
        As :func:`corrupted_images`.

    Raises:
        ValueError: If the archive lacks a corruption, or its labels are others.
    """
    for name, severity in _pairs(corruptions, severities):
        found = cifar10c(archive, name, severity, len(test.labels))
        if not torch.equal(found.labels, test.labels):
            raise ValueError(f"{archive}: the labels of {name} are not those of CIFAR-10's test images")
        yield (name, severity), found.images


def _pairs(corruptions: Sequence[str], severities: Sequence[int]) -> Iterator[tuple[str, int]]:
    pairs = [(name, severity) for name in corruptions for severity in severities]
    return iter(tqdm(pairs, desc="corruptions", leave=False, disable=None))
