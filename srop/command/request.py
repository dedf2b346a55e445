"""The request of a command line, checked before any measurement and before torch is imported."""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from srop.data.images import ENDINGS, Picture, Search, check_image, covering, evenly_spaced, frame_of, search
from srop.networks.named import RANDOM, NetworkSpec, network_spec
from srop.sizes import MapSize, as_size


@dataclass(frozen=True)
class InputFormat:
    """The format of a network's inputs, and how images are converted to it.

    Attributes:
        size: Rows and columns.
        mean: Mean of each channel, in [0, 1].
        std: Standard deviation of each channel.
        resize: Length to which an image's shorter side is resized, or the shorter side of the frame that the image
            covers if the size is not square; None means :meth:`shorter_side`.
        interpolation: Method of resizing.
        squash: Whether the image is resized to that frame itself.
        stated: The source of these values; "" if unknown.
    """

    size: MapSize
    mean: list[float]
    std: list[float]
    resize: int | None
    interpolation: str
    squash: bool
    stated: str

    @property
    def channels(self) -> int:
        """The number of channels."""
        return len(self.mean)

    @property
    def usual(self) -> int:
        """Length to which an image's shorter side is resized if nothing states it, as is usual for ImageNet."""
        return round(min(self.size) * 256 / 224)

    def shorter_side(self, picture: Picture) -> int:
        """Give the length to which the shorter side of an image, or of the frame that it covers, is resized."""
        if self.resize is not None:
            return self.resize
        covered = max(self.size.rows / picture.height, self.size.columns / picture.width)
        return min(self.size) if covered == 1 else self.usual

    def enlarges(self, picture: Picture) -> bool:
        """Say whether an image is enlarged."""
        frame = frame_of(self.size, self.shorter_side(picture))
        own = MapSize(picture.height, picture.width)
        return not own.holds(covering(frame, own))

    def lines(self) -> Iterator[str]:
        """Describe the format in words."""
        yield f"input {self.size.words}, mean {_text(self.mean)}, standard deviation {_text(self.std)}"
        source = self.stated or "nothing states another"
        crop = self.size.rows if self.size.is_square else f"{self.size.words} (rows x columns)"
        frame = frame_of(self.size, self.resize or self.usual)
        if self.squash:
            how = f"squashed to {frame.words}"
        else:
            shorter = f"shorter side to {frame.rows}"
            how = shorter if self.size.is_square else f"resized to cover {frame.words} in its own proportions"
            how += f", an image that has {crop} as it is" if self.resize is None else ""
        gray = ", gray" if self.channels == 1 else ""
        yield f"each image: {how}, {self.interpolation}, central crop of {crop}{gray} ({source})"


@dataclass
class Photos:
    """The images to measure, and the other content of their folder.

    Attributes:
        path: The folder or image that was given.
        pictures: The images to measure.
        total: The number of images in the folder, of which these were selected.
        unreadable: For each file that cannot be read the reason.
        contents: All content of the folder.
    """

    path: Path
    pictures: list[Picture]
    total: int
    unreadable: dict[Path, str] = field(default_factory=dict)
    contents: Search = field(default_factory=Search)

    def name(self, file: Path) -> str:
        """Name a file within the folder."""
        return str(file.relative_to(self.path)) if self.path.is_dir() else file.name

    def groups(self, inputs: InputFormat | None = None) -> Iterator[tuple[str, list[str]]]:
        """Give groups of files that were not read or are changed by reading, each with a description.

        Without a format of inputs, images are not resized.
        """
        changed = {
            change: [self.name(each.file) for each in self.pictures if change in each.changes]
            for change in ("cut to 8 bits", "turned upright", "laid on white")
        }
        small = [each for each in self.pictures if inputs and inputs.enlarges(each)]
        contents = self.contents
        yield "skipped, which cannot be read", [self.name(file) for file in self.unreadable]
        yield "not read, of other formats (save them as PNG or JPEG)", list(map(self.name, contents.not_read))
        yield "other files passed over", [f"{kind or 'no ending'} x {count}" for kind, count in contents.other.items()]
        yield "hidden files or folders passed over", list(map(self.name, contents.hidden))
        yield "links passed over, to what is read already", list(map(self.name, contents.again))
        yield "links that lead nowhere", list(map(self.name, contents.broken))
        small.sort(key=lambda each: min(each.width, each.height))
        sizes = [f"{self.name(each.file)} of {each.width} x {each.height}" for each in small]
        yield "enlarged, which lowers SROPs", sizes
        yield "cut to 8 bits", changed["cut to 8 bits"]
        yield "turned upright, as their EXIF data say", changed["turned upright"]
        yield "laid on white where they are transparent", changed["laid on white"]

    def lines(self, inputs: InputFormat | None = None) -> Iterator[str]:
        """Describe in words what was read."""
        selection = f" of {self.total}, spread evenly" if len(self.pictures) + len(self.unreadable) < self.total else ""
        yield f"{counted(len(self.pictures), 'image')} read{selection} from {self.path}"
        for what, names in self.groups(inputs):
            if names:
                count = sum(self.contents.other.values()) if what.startswith("other files") else len(names)
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                yield f"  {count} {what}: {', '.join(names[:3])}{more}"


@dataclass(frozen=True)
class Request:
    """The request, as far as it is known before torch is imported.

    Attributes:
        spec: The network; None if only its library, which imports torch, knows it, and for a command without one.
        stem: Path of the files to write, without their ending.
        photos: The images; None for a command without images.
    """

    spec: NetworkSpec | None
    stem: Path
    photos: Photos | None = None


def check(options: argparse.Namespace) -> Request:
    """Check the command line, as far as this is possible without torch.

    Args:
        options: The options of the command line.

    Raises:
        OSError: If a file or folder is missing, or a file to write exists already.
        ValueError: If an option is wrong; the message names it.
    """
    if not hasattr(options, "network"):
        require_images(options)
        stem = stem_of(options, options.images.expanduser().resolve().stem)
        check_free(stem, options)
        return Request(None, stem, photos_of(options, options.images))
    check_weights(options)
    spec = network_spec(options.network) if is_local(options.network) else None
    if spec and hasattr(options, "size"):
        input_of(spec, options)
    require_images(options)
    stem = stem_of(options, spec.name if spec else options.network.removeprefix("timm:"))
    if not getattr(options, "explain", False):
        check_free(stem, options)
    return Request(spec, stem, photos_of(options, options.images) if hasattr(options, "images") else None)


def stem_of(options: argparse.Namespace, name: str) -> Path:
    """Give the path of the files to write, without their ending; --name goes before the given name."""
    ending = "" if options.kind == "profile" else f"-{options.kind}"
    return options.out.expanduser() / f"srop-{(options.name or name).replace('/', '-')}{ending}"


def is_local(network: str) -> bool:
    """Check whether a network is known without its library."""
    return network.endswith((".yaml", ".yml", ".py")) or (":" in network and not network.startswith("timm:"))


def check_weights(options: argparse.Namespace) -> None:
    """Check the options about weights.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If two options do not fit together.
    """
    weights = options.weights
    if weights == RANDOM and getattr(options, "random", False):
        raise ValueError("--weights random --random would measure one network twice; leave one of them out")
    if getattr(options, "explain", False) and options.random:
        raise ValueError("--explain measures nothing; leave --random out")
    if is_file(weights) and not Path(weights).expanduser().is_file():
        raise FileNotFoundError(f"--weights {weights}: there is no such file; give one, or {RANDOM}")
    for option in ("strip_prefix", "key"):
        if getattr(options, option) and (weights is None or weights == RANDOM):
            raise ValueError(f"--{option.replace('_', '-')} needs a file of weights; give --weights FILE")


def is_file(weights: str | None) -> bool:
    """Check whether the option --weights names a file."""
    return weights is not None and (os.sep in weights or Path(weights).suffix in _WEIGHTS)


_WEIGHTS = {".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".th", ".tar"}


def check_free(stem: Path, options: argparse.Namespace) -> None:
    """Require that the files to write do not exist, and that their folder can be written to.

    Raises:
        OSError: If not; the message names the file or folder.
    """
    existing = [path for ending in ("csv", "png", "json") if os.path.lexists(path := Path(f"{stem}.{ending}"))]
    if existing and not options.force:
        raise FileExistsError(f"{existing[0]} exists already; --force replaces it, and --name or --out write elsewhere")
    folder = next(
        path for path in (options.out.expanduser().absolute(), *stem.absolute().parents) if os.path.lexists(path)
    )
    if not folder.is_dir():
        raise NotADirectoryError(f"--out {options.out}: {folder} is not a folder; give one")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"--out {options.out}: no permission to write to {folder}; give another folder")


def input_of(spec: NetworkSpec, options: argparse.Namespace) -> InputFormat:
    """Give the format of a network's inputs, from the options or else from the network.

    Raises:
        ValueError: If neither states a value, or two values do not fit together.
    """
    values = {name: getattr(options, name) or getattr(spec, name) for name in ("size", "mean", "std")}
    if missing := [f"--{name}" for name, value in values.items() if value is None]:
        raise ValueError(
            f"nothing says what inputs {spec.name} takes; give {', '.join(missing)} (--mean 0,0,0 --std 1,1,1 for "
            "values in [0, 1])"
        )
    size, mean, std = as_size(values["size"], "--size"), list(values["mean"]), list(values["std"])
    channels = options.channels or len(mean)
    for name, numbers in (("mean", mean), ("std", std)):
        if len(numbers) != channels:
            raise ValueError(
                f"--{name} {_text(numbers)}: {counted(len(numbers), 'value')} for {counted(channels, 'channel')}; "
                "give --mean and --std one value for each channel"
            )
    resize, stated = options.resize, "as given"
    if resize is None:
        resize, stated = spec.resize, spec.stated
        if resize is not None and size != as_size(spec.size):
            resize, stated = round(resize * min(size) / spec.size), f"{stated}, brought to this size"
    if resize is not None and resize < min(size) and options.resize is not None:
        raise ValueError(f"--resize {resize}: the crop of {size.words} is larger; give at least {min(size)}")
    interpolation = options.interpolation or spec.interpolation
    return InputFormat(size, mean, std, resize, interpolation, spec.squash and options.resize is None, stated)


def require_images(options: argparse.Namespace) -> None:
    """Require that the folders or images that are given exist.

    Raises:
        FileNotFoundError: If one does not; the message names it.
    """
    second = "--against" if getattr(options, "kind", None) != "images" else "second folder"
    for option, what in (("images", "images"), ("against", second)):
        path = getattr(options, option, None)
        if path is not None and not path.expanduser().exists():
            raise FileNotFoundError(f"{what}: there is no {path.absolute()}; give a folder of images, or one image")


def photos_of(options: argparse.Namespace, path: Path) -> Photos:
    """Find and check the images of a folder, or one image.

    Raises:
        OSError: If the folder is missing or holds no image.
        ValueError: If it holds fewer images than wanted, or one that cannot be read.
    """
    from tqdm import tqdm

    path = path.expanduser()
    contents, files = Search(), [path]
    if not path.is_file():
        contents = search(path)
        files = contents.files
        if not files:
            raise FileNotFoundError(f"{path} holds no image; give a folder of images ({', '.join(sorted(ENDINGS))})")
    if options.count is not None and options.count > len(files):
        raise ValueError(
            f"--count {options.count}: {path} holds {counted(len(files), 'image')}; give at most {len(files)}"
        )
    photos = Photos(path, [], len(files), contents=contents)
    selection = files if options.count is None else evenly_spaced(files, options.count)
    for file in tqdm(selection, desc="images", leave=False, disable=None):
        try:
            photos.pictures.append(check_image(file, white=options.white))
        except ValueError as error:
            if not options.skip_unreadable:
                raise ValueError(f"{error}; --skip-unreadable leaves such images out") from error
            photos.unreadable[file] = str(error)
    if not photos.pictures:
        raise ValueError(
            f"{path}: none of {counted(len(selection), 'image')} can be read, such as this one: "
            f"{next(iter(photos.unreadable.values()))}"
        )
    return photos


def _text(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def counted(count: int, what: str) -> str:
    """Write a number with its noun, in the singular or the plural.

    Example:
        >>> counted(1, "image"), counted(2, "image")
        ('1 image', '2 images')
    """
    return f"{count} {what}{'s' * (count != 1)}"


def record_of(inputs: InputFormat | None, photos: Photos) -> dict[str, Any]:
    """Give inputs, if images are resized to some, and images, for the record that is written with a table."""
    shown = inputs and {"size": inputs.size.plain, "resize": inputs.resize or inputs.usual, "channels": inputs.channels}
    form = inputs and {**vars(inputs), **shown}
    return {
        "input": form,
        "images": [
            {"file": photos.name(each.file), "sha256": each.sha256, "width": each.width, "height": each.height}
            for each in photos.pictures
        ],
        "folder": str(photos.path),
        "counted": {what: names for what, names in photos.groups(inputs) if names},
        "unreadable": {photos.name(file): why for file, why in photos.unreadable.items()},
    }
