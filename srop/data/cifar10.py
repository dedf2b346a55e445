"""CIFAR-10: the files that torchvision reads, and the first images, which foolbox ships."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from filelock import FileLock

from srop.packages import folder_of


def cifar10(root: str | Path, *, train: bool, download: bool) -> tuple[np.ndarray, Sequence[int]]:
    """Read CIFAR-10 from torchvision's files, which torchvision checks.

    Args:
        root: Folder that holds ``cifar-10-batches-py/``, or will.
        train: Whether to read the training set; the test set otherwise.
        download: Let torchvision download the files (170 MB) if they are missing.

    Returns:
        Images, uint8 ``(n, 32, 32, 3)``, and their labels.

    Raises:
        FileNotFoundError: If the files are missing or damaged and may not, or cannot, be downloaded.
    """
    from torchvision.datasets import CIFAR10

    root = Path(root).expanduser()
    try:
        with one_download(root) if download else nullcontext():
            data = CIFAR10(root, train=train, download=download)
    except (OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"CIFAR-10 under {root / CIFAR10.base_folder} is missing or damaged ({error}); set data.root to the folder "
            "that holds it, let data.download=true fetch it, or take the images that foolbox ships (source=foolbox)"
        ) from error
    return data.data, data.targets


def one_download(root: Path) -> FileLock:
    """Let one job at a time download into a folder; the next finds the files."""
    root.mkdir(parents=True, exist_ok=True)
    return FileLock(root / ".download.lock")


def foolbox_files() -> list[Path]:
    """List the first 20 images of CIFAR-10's test set, which the package foolbox ships; a name ends with the class."""
    folder = folder_of("foolbox", "the images of foolbox") / "data"
    return sorted(folder.glob("cifar10_*.png"))
