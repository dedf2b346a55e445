"""CIFAR-10-C as its authors made it, from its archive."""

import hashlib
import tarfile
from io import BytesIO
from pathlib import Path

import numpy as np
import torch

from srop.data.catalogue import data_set
from srop.data.images import evenly_spaced
from srop.data.labeled import LabeledImages

_ROW = data_set("corrupted", "cifar10c")
MD5 = _ROW.hashes["CIFAR-10-C.tar"].removeprefix("md5:")
"""The hash of ``CIFAR-10-C.tar``, as the archive that publishes it says (zenodo.org/records/2535967)."""

_IMAGES = _ROW.test


def require_archive(file: str | Path) -> None:
    """Require that a file is the published archive; hashing its 2.9 GB takes seconds.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the archive is another one.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; it is CIFAR-10-C.tar of zenodo.org/records/2535967")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "md5").hexdigest()
    if digest != MD5:
        raise ValueError(f"{path} is not CIFAR-10-C.tar, or damaged: its MD5 is {digest}, not {MD5}; replace it")


def cifar10c(file: str | Path, name: str, severity: int, count: int) -> LabeledImages:
    """Read images of one corruption and severity from an archive that :func:`require_archive` has seen.

    Args:
        file: The archive.
        name: One of :data:`srop.data.limits.CORRUPTIONS`.
        severity: 1 to 5.
        count: How many, chosen evenly from the 10,000 of the test set.

    Raises:
        ValueError: If the archive does not hold that corruption.

    Reference:
        Hendrycks and Dietterich 2019: each file holds five times the test set, mildest first.
    """
    with tarfile.open(Path(file).expanduser()) as archive:
        images, labels = (_array(archive, part) for part in (name, "labels"))
    start = (severity - 1) * _IMAGES
    chosen = [start + place for place in evenly_spaced(range(_IMAGES), count)]
    return LabeledImages(
        torch.from_numpy(images[chosen]).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels[chosen]).long()
    )


def _array(archive: tarfile.TarFile, name: str) -> np.ndarray:
    try:
        stream = archive.extractfile(f"CIFAR-10-C/{name}.npy")
    except KeyError as error:
        raise ValueError(f"{archive.name} holds no {name}") from error
    return np.load(BytesIO(stream.read()), allow_pickle=False)
