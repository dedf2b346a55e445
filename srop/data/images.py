"""Natural images as inputs of networks."""

import hashlib
import struct
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from srop.data.catalogue import data_set, read
from srop.packages import folder_of
from srop.sizes import MapSize, as_size

if TYPE_CHECKING:
    from torch import Tensor

# torch is imported where it is used: images are found and checked without it.

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".tiff"}
"""Endings of the image files that are read."""

_NOT_READ = {".heic", ".heif", ".avif", ".gif", ".jxl", ".jp2", ".jfif", ".pgm", ".svg", ".dng", ".cr2", ".nef", ".arw"}
"""Endings of image files that are not read."""

_KEPT_BY_SYSTEMS = {
    *("__MACOSX", "$RECYCLE.BIN", "System Volume Information", "lost+found"),
    *("@eaDir", "@Recycle", "#recycle", "#snapshot"),
}
"""Folders that systems leave next to pictures, with thumbnails and the like; the others are hidden by a dot."""

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")

_IMAGENETTE_VALIDATION = data_set("photographs", "imagenette").test

_CROP = 224 / 256
"""Share of the shorter side that the central crop keeps, as is usual for ImageNet."""

_STRIP = 16
"""An image whose longer side is so many times the size of the result is cropped before it is resized."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""What brings a picture upright, by the orientation that its EXIF data have."""


def photographs(source: str, count: int, *, root: str | Path, folder: str | Path | None, download: bool) -> list[Path]:
    """List photographs of a data set of the catalogue.

    Args:
        source: One of ``choices("photographs")`` in :mod:`srop.data.catalogue`.
        count: How many, evenly spaced in the sorted names.
        root: Folder of downloaded data sets.
        folder: For the source ``folder``: the folder.
        download: Whether missing files may be downloaded.

    Returns:
        Files, sorted by name.

    Raises:
        FileNotFoundError: If files are missing and may not, or cannot, be downloaded.
        ValueError: If there are not so many.
    """
    return read("photographs", source, root=root, folder=folder, download=download, count=count)


def foolbox_images(count: int) -> list[Path]:
    """List the ImageNet validation images that the package foolbox ships; ``imagenet_00_243.jpg`` is of class 243.

    Args:
        count: How many, at most 20.

    Returns:
        Files, sorted by name.

    Raises:
        FileNotFoundError: If foolbox is not installed.
        ValueError: If there are not so many.
    """
    folder = folder_of("foolbox", "the images of foolbox") / "data"
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
    available = len(list(folder.glob("*/*.JPEG")))
    if available != _IMAGENETTE_VALIDATION:
        raise FileNotFoundError(
            f"{folder} holds {available} of Imagenette's {_IMAGENETTE_VALIDATION} validation images; set data.root to "
            "the folder that holds imagenette2-320/, or delete what is there and let data.download=true fetch it"
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
    files = search(folder).files
    if not 1 <= count <= len(files):
        raise ValueError(f"backbones.images.count={count}: {folder} holds {len(files)} images; use 1 to that")
    return evenly_spaced(files, count)


@dataclass
class Search:
    """What a folder and its subfolders hold.

    Attributes:
        files: Images, sorted by name.
        hidden: Hidden files and folders that were passed over, and folders that systems keep for themselves.
        again: Links to what was found already, as those that lead in a circle.
        broken: Links that lead nowhere.
        not_read: Images of other formats, such as HEIC.
        other: How many files are no images, by their ending.
    """

    files: list[Path] = field(default_factory=list)
    hidden: list[Path] = field(default_factory=list)
    again: list[Path] = field(default_factory=list)
    broken: list[Path] = field(default_factory=list)
    not_read: list[Path] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)


def search(folder: str | Path) -> Search:
    """Look for images in a folder and its subfolders.

    What is hidden is passed over. Links are followed, and what is reached twice is taken once, at its own place if that
    lies in the folder.

    Args:
        folder: The folder.

    Raises:
        FileNotFoundError: If there is no such folder.

    Example:
        >>> search("docs").other[".md"] > 3
        True
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder or file")
    result, seen = Search(), {folder.resolve()}
    pending, linked = [folder], []
    while pending or linked:
        # Everything at its own place before anything that a link leads to.
        if not pending:
            link = linked.pop(0)
            if not link.exists():
                result.broken.append(link)
                continue
            if link.resolve() in seen:
                result.again.append(link)
                continue
            seen.add(link.resolve())
            if link.is_dir():
                pending.append(link)
            else:
                _sort_in(link, result)
            continue
        for path in sorted(pending.pop(0).iterdir()):
            if is_passed_over(path):
                result.hidden.append(path)
            elif path.is_symlink():
                linked.append(path)
            elif path.is_dir():
                if path.resolve() not in seen:
                    seen.add(path.resolve())
                    pending.append(path)
            else:
                seen.add(path.resolve())
                _sort_in(path, result)
    result.files.sort()
    return result


def _sort_in(path: Path, result: Search) -> None:
    ending = path.suffix.lower()
    if ending in ENDINGS:
        result.files.append(path)
    elif ending in _NOT_READ:
        result.not_read.append(path)
    else:
        result.other[ending] += 1


def is_passed_over(path: Path) -> bool:
    """Say whether a file or folder is hidden, or one that systems keep for themselves.

    Example:
        >>> is_passed_over(Path("photos/.ipynb_checkpoints")), is_passed_over(Path("photos/cats"))
        (True, False)
    """
    return path.name.startswith(".") or path.name in _KEPT_BY_SYSTEMS


def image_files(folder: str | Path) -> list[Path]:
    """List all images of a folder and its subfolders, as :func:`search` finds them.

    Args:
        folder: The folder.

    Returns:
        Files, sorted by name.

    Raises:
        FileNotFoundError: If there is no such folder, or no image in it.
    """
    looked = search(folder)
    if not looked.files:
        others = sorted({path.suffix.lower() for path in looked.not_read} | looked.other.keys())
        there = f"; its files end in {', '.join(each or 'nothing' for each in others)}" if others else ""
        raise FileNotFoundError(f"{folder} holds no image that can be read ({', '.join(sorted(ENDINGS))}){there}")
    return looked.files


def evenly_spaced(things: "Sequence | Tensor", count: int) -> "Sequence | Tensor":
    """Choose evenly from things in order, so that images sorted by class are of many classes.

    Example:
        >>> evenly_spaced([0, 1, 2, 3, 4, 5], 3)
        [0, 2, 4]
    """
    chosen = [index * len(things) // count for index in range(count)]
    return [things[index] for index in chosen] if isinstance(things, list | tuple | range) else things[chosen]


@dataclass(frozen=True)
class Picture:
    """What is known of an image that can be read.

    Attributes:
        file: The file.
        sha256: Of the file.
        width: In pixels, upright.
        height: In pixels, upright.
        changes: What reading it changes: ``"cut to 8 bits"``, ``"turned upright"``, ``"laid on white"``.
    """

    file: Path
    sha256: str
    width: int
    height: int
    changes: tuple[str, ...]


def check_image(file: Path, *, white: int | None = None) -> Picture:
    """Read an image to the end, and say what it is.

    Args:
        file: As for :func:`read_image`.
        white: See there.

    Raises:
        ValueError: As :func:`read_image`.
    """
    with _opened(file, white) as (image, changes):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return Picture(file, digest, *image.size, changes)


def read_image(
    file: Path,
    size: int | tuple[int, int],
    *,
    resize: int | None = None,
    interpolation: str = "bilinear",
    squash: bool = False,
    channels: int = 3,
    white: int | None = None,
) -> "Tensor":
    """Read an image as a network takes it: resized, and cropped in its center.

    It is turned upright as its EXIF data say, and laid on white where it is transparent.

    Args:
        file: An image file of one picture, with 8 bits a channel or 16 bits of gray.
        size: Edge length of the result, or its rows and columns.
        resize: To which the shorter side is brought before the crop, as torchvision's and timm's transforms do it. None
            takes 256/224 of the size, and only crops an image whose shorter side has the size already, as CIFAR's for a
            CIFAR network. If the result is not square, the image is brought to the smallest size that covers a frame of
            the result's proportions, whose shorter side has this length (:func:`covering`).
        interpolation: One of :data:`INTERPOLATIONS`, with antialiasing.
        squash: Whether the image is brought to that frame itself, which changes the shape of what is seen.
        channels: 3 for red, green and blue, 1 for gray.
        white: The value of white, where a file does not state it: 4095 for 12 bits in a file of 16.

    Returns:
        uint8 ``(channels, rows, columns)``.

    Raises:
        ValueError: If the file is not an image that can be read, holds several, or has values of no known range; it
            names the file.
    """
    import torch

    size = as_size(size)
    with _opened(file, white) as (image, _):
        if channels == 1:
            image = image.convert("L")
        if resize is None:
            covered = max(size.rows / image.height, size.columns / image.width)
            scale = 1 if covered == 1 else max(size.rows / _CROP / image.height, size.columns / _CROP / image.width)
            width, height = max(size.columns, round(image.width * scale)), max(size.rows, round(image.height * scale))
            left, top = (width - size.columns) // 2, (height - size.rows) // 2
        else:
            frame = frame_of(size, resize)
            height, width = frame if squash else covering(frame, MapSize(image.height, image.width))
            left, top = round((width - size.columns) / 2), round((height - size.rows) / 2)
        pixels = np.array(_cropped(image, width, height, left, top, size, Image.Resampling[interpolation.upper()]))
    return torch.from_numpy(pixels.reshape(*size, channels)).permute(2, 0, 1)


def frame_of(size: MapSize, shorter: int) -> MapSize:
    """Give the frame of the proportions of a size whose shorter side has a length.

    Example:
        >>> frame_of(MapSize(224, 320), 256)
        MapSize(rows=256, columns=366)
    """
    return MapSize(*(round(shorter * side / min(size)) for side in size))


def covering(frame: MapSize, image: MapSize) -> MapSize:
    """Give the size of an image, in its own proportions, that just covers a frame; rounded as torchvision does.

    Example:
        >>> covering(MapSize(256, 256), MapSize(600, 512)), covering(MapSize(256, 366), MapSize(600, 512))
        (MapSize(rows=300, columns=256), MapSize(rows=428, columns=366))
    """
    if frame.rows * image.columns >= frame.columns * image.rows:
        return MapSize(frame.rows, int(frame.rows * image.columns / image.rows))
    return MapSize(int(frame.columns * image.rows / image.columns), frame.columns)


def _cropped(
    image: Image.Image, width: int, height: int, left: int, top: int, size: MapSize, resampling: Image.Resampling
) -> Image.Image:
    right, bottom = left + size.columns, top + size.rows
    if max(width, height) > _STRIP * size.longer:
        # Only what is kept, or the strip would be resized whole. Not for all: it rounds otherwise, if rarely.
        across, down = image.width / width, image.height / height
        box = (left * across, top * down, right * across, bottom * down)
        return image.resize((size.columns, size.rows), resampling, box=box)
    return image.resize((width, height), resampling).crop((left, top, right, bottom))


class _UnknownRangeError(ValueError):
    """Values of an image that nothing says how to read."""


@contextmanager
def _opened(file: Path, white: int | None) -> Iterator[tuple[Image.Image, tuple[str, ...]]]:
    """Give an image in 8 bits of red, green and blue, and what that changes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as opened:
                read = _as_rgb(opened, white)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"{file} is larger than an image may be ({error}); make it smaller or remove it") from error
    except _UnknownRangeError as error:
        raise ValueError(f"{file} {error}") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error) as error:
        kind = file.suffix.lower()
        if kind in _NOT_READ:
            raise ValueError(f"{file}: images of the format {kind} are not read; save it as PNG or JPEG") from error
        raise ValueError(f"{file} is no image, or a damaged one ({error}); remove or replace it") from error
    yield read


def _as_rgb(image: Image.Image, white: int | None) -> tuple[Image.Image, tuple[str, ...]]:
    """Bring an image of any mode whose range is known to 8 bits of red, green and blue, upright and opaque."""
    # A phone's MPO holds the picture and previews of it.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise _UnknownRangeError(f"holds {image.n_frames} pictures; save the one that is meant as a file of its own")
    changes = []
    # Before anything loads the picture, for then it is forgotten.
    stored = " ".join(str(tile[3]) for tile in image.tile)
    orientation = image.getexif().get(_ORIENTATION)
    image.load()
    # Pillow turns a TIFF as it loads it, and forgets its orientation.
    turn = _TURNS.get(image.getexif().get(_ORIENTATION))
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        # Twelve bits that are stored as such tell their range.
        image = _of_gray(image, 4095 if "I;12" in stored else white)
        changes.append("cut to 8 bits")
    elif ";16" in stored:
        _require_whole_range(image, white)
        changes.append("cut to 8 bits")
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        if layer.getextrema()[3][0] < 255:
            image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
            changes.append("laid on white")
    if turn is not None:
        image = image.transpose(turn)
    if orientation in _TURNS:
        changes.append("turned upright")
    return image.convert("RGB"), tuple(changes)


def _of_gray(image: Image.Image, white: int | None) -> Image.Image:
    """Bring gray of more than 8 bits to 8."""
    values = np.asarray(image).astype(np.float64)
    least, most = values.min(), values.max()
    if white is None and image.mode in ("I", "F"):
        raise _UnknownRangeError(
            f"has values of mode {image.mode} ({'32-bit integers' if image.mode == 'I' else 'floating point'}), whose "
            "range is not known; save it with 8 or 16 bits a channel, or give the value of white (--white)"
        )
    if white is None and 0 < most < 2**15:
        bits = int(most).bit_length()
        raise _UnknownRangeError(
            f"has 16 bits and no value above {most:.0f}, and nothing says which value is white; give it (--white "
            f"{2**bits - 1} for {bits} bits, --white 65535 if the picture is dark)"
        )
    white = white or 65535
    if not (least >= 0 and most <= white):
        raise _UnknownRangeError(f"has values from {least:g} to {most:g}, and white is {white} (--white)")
    return Image.fromarray(np.rint(values * 255 / white).astype(np.uint8))


def _require_whole_range(image: Image.Image, white: int | None) -> None:
    """Require that values of 16-bit colors use all 16 bits, because Pillow reads only the upper 8."""
    most = max(upper for _, upper in image.getextrema()[:3])
    if white != 65535 and (white is not None or most < 128):
        raise _UnknownRangeError(
            f"has 16 bits a channel and no value above {256 * most + 255}, and of colors only the upper 8 can be read; "
            "save it with 8 bits a channel (if it is just dark, give --white 65535)"
        )


def image_batches(images: "Tensor", mean: Sequence[float], std: Sequence[float], batch: int) -> Iterator["Tensor"]:
    """Go through images as a network's inputs.

    Args:
        images: uint8 ``(count, channels, H, W)``.
        mean: Of each channel, in [0, 1].
        std: Of each channel.
        batch: Images at a time.

    Yields:
        float32 ``(batch, channels, H, W)`` on the images' device, mean and standard deviation taken out.
    """
    import torch

    center, spread = (torch.tensor(values, device=images.device).view(-1, 1, 1) for values in (mean, std))
    for part in images.split(batch):
        yield (part / 255 - center) / spread
