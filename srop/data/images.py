"""Natural images as inputs of networks."""

import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from srop.data.limits import IMAGES

_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".tiff"}


_IMAGENETTE_VALIDATION = IMAGES["imagenette"]


_CROP = 224 / 256
_STRIP = 16
"""Share of the shorter side that the central crop keeps, as is usual for ImageNet."""


def foolbox_images(count: int) -> list[Path]:
    """List the ImageNet validation images that the package foolbox ships; ``imagenet_00_243.jpg`` is of class 243.

    Args:
        count: How many, at most 20.

    Returns:
        Files, sorted by name.

    Raises:
        ValueError: If there are not so many.
    """
    folder = Path(find_spec("foolbox").submodule_search_locations[0]) / "data"
    files = sorted(folder.glob("imagenet_*.jpg"))
    if not 1 <= count <= len(files):
        raise ValueError(f"backbones.images.count={count}: foolbox ships {len(files)} ImageNet images; use 1 to that")
    return evenly_spaced(files, count)


def imagenette_images(root: str | Path, count: int, *, download: bool) -> list[Path]:
    """List validation images of Imagenette, ten classes of ImageNet at a shorter side of 320 pixels.

    Args:
        root: Folder that holds ``imagenette2-320/``, or will.
        count: How many, spread evenly over the classes.
        download: Let torchvision download and check the archive (340 MB) if it is missing.

    Returns:
        Files, sorted by name.

    Raises:
        FileNotFoundError: If the images are missing or incomplete, and may not or cannot be downloaded.
        ValueError: If there are not so many.
    """
    from torchvision.datasets import Imagenette

    root = Path(root).expanduser()
    folder = root / "imagenette2-320" / "val"
    if download and not folder.is_dir():
        try:
            Imagenette(root, split="val", size="320px", download=True)
        except (OSError, RuntimeError) as error:
            raise FileNotFoundError(
                f"Imagenette could not be downloaded to {root} ({error}); unpack imagenette2-320.tgz there by hand"
            ) from error
    found = len(list(folder.glob("*/*.JPEG")))
    if found != _IMAGENETTE_VALIDATION:
        raise FileNotFoundError(
            f"{folder} holds {found} of Imagenette's {_IMAGENETTE_VALIDATION} validation images; set data.root to the "
            "folder that holds imagenette2-320/, or delete what is there and let data.download=true fetch it"
        )
    return folder_images(folder, count)


def folder_images(folder: str | Path, count: int) -> list[Path]:
    """List images of a folder and its subfolders, spread evenly over the sorted names.

    Args:
        folder: The folder.
        count: How many.

    Returns:
        Files, sorted by name.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it does not hold so many images.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"backbones.images.folder={folder}: there is no such folder")
    files = _images_in(folder)
    if not 1 <= count <= len(files):
        raise ValueError(f"backbones.images.count={count}: {folder} holds {len(files)} images; use 1 to that")
    return evenly_spaced(files, count)


def image_files(folder: str | Path) -> list[Path]:
    """List all images of a folder and its subfolders.

    Args:
        folder: The folder.

    Returns:
        Files, sorted by name.

    Raises:
        FileNotFoundError: If there is no such folder, or no image in it.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder or file")
    if not (files := _images_in(folder)):
        raise FileNotFoundError(f"{folder} holds no image ({', '.join(sorted(_ENDINGS))})")
    return files


def _images_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)


def evenly_spaced(things: Sequence, count: int) -> Sequence:
    """Choose evenly from things in order, so that images sorted by class are of many classes.

    Example:
        >>> evenly_spaced([0, 1, 2, 3, 4, 5], 3)
        [0, 2, 4]
    """
    chosen = [index * len(things) // count for index in range(count)]
    return things[chosen] if isinstance(things, Tensor) else [things[index] for index in chosen]


def read_image(file: Path, size: int) -> Tensor:
    """Read an image as a network takes it: shorter side to 256/224 of the size, central crop.

    An image whose shorter side has the size already, as CIFAR's for a CIFAR network, is only cropped.

    Args:
        file: An image file of one picture, with 8 bits a channel or 16 bits of gray; transparency is left out.
        size: Edge length of the result.

    Returns:
        uint8 ``(3, size, size)``, antialiased bilinear resampling.

    Raises:
        ValueError: If the file is not an image that can be read, holds several, or has values of no known range; it
            names the file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as opened:
                image = _as_rgb(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"{file} is larger than an image may be ({error}); make it smaller or remove it") from error
    except _UnknownRangeError as error:
        raise ValueError(f"{file} {error}") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{file} is no image, or a damaged one ({error}); remove or replace it") from error
    scale = 1 if min(image.size) == size else size / _CROP / min(image.size)
    width, height = (max(size, round(side * scale)) for side in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    if max(width, height) > _STRIP * size:
        # Only what is kept, or the strip would be resized whole. Not for all: it rounds otherwise, if rarely.
        across, down = image.width / width, image.height / height
        box = (left * across, top * down, (left + size) * across, (top + size) * down)
        cropped = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    else:
        resized = image.resize((width, height), Image.Resampling.BILINEAR)
        cropped = resized.crop((left, top, left + size, top + size))
    return torch.from_numpy(np.array(cropped)).permute(2, 0, 1)


class _UnknownRangeError(ValueError):
    """Values of an image that nothing says how to read."""


def _as_rgb(image: Image.Image) -> Image.Image:
    """Bring an image of any mode whose range is known to 8 bits of red, green and blue."""
    # A phone's MPO holds the picture and previews of it.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise _UnknownRangeError(f"holds {image.n_frames} pictures; save the one that is meant as a file of its own")
    if image.mode.startswith("I;16"):
        gray = np.rint(np.asarray(image).astype(np.float64) * 255 / 65535).astype(np.uint8)
        return Image.fromarray(gray).convert("RGB")
    if image.mode in ("I", "F"):
        raise _UnknownRangeError(
            f"has values of mode {image.mode} ({'32-bit integers' if image.mode == 'I' else 'floating point'}), whose "
            "range is not known; save it with 8 or 16 bits a channel"
        )
    return image.convert("RGB")


def image_batches(images: Tensor, mean: Sequence[float], std: Sequence[float], batch: int) -> Iterator[Tensor]:
    """Go through images as a network's inputs.

    Args:
        images: uint8 ``(count, 3, n, n)``.
        mean: Of each color, in [0, 1].
        std: Of each color.
        batch: Images at a time.

    Yields:
        float32 ``(batch, 3, n, n)`` on the images' device, mean and standard deviation taken out.
    """
    center, spread = (torch.tensor(values, device=images.device).view(-1, 1, 1) for values in (mean, std))
    for part in images.split(batch):
        yield (part / 255 - center) / spread
