"""What the command was given, checked before anything is measured, and before torch is imported."""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from srop.data.images import Picture, Search, check_image, evenly_spaced, image_files, search
from srop.networks.named import RANDOM, Subject, subject_of


@dataclass(frozen=True)
class Input:
    """What a network takes, and how images get there.

    Attributes:
        size: Edge length.
        mean: Of each channel, in [0, 1].
        std: Of each channel.
        resize: To which an image's shorter side is brought; None as :func:`srop.data.images.read_image` has it.
        interpolation: How.
        squash: Whether both sides are brought to that.
        stated: Who says so; "" if nobody does.
    """

    size: int
    mean: list[float]
    std: list[float]
    resize: int | None
    interpolation: str
    squash: bool
    stated: str

    @property
    def channels(self) -> int:
        """How many."""
        return len(self.mean)

    def shorter_side(self, picture: Picture) -> int:
        """Give the length to which the shorter side of an image is brought."""
        if self.resize is not None:
            return self.resize
        shorter = min(picture.width, picture.height)
        return shorter if shorter == self.size else round(self.size * 256 / 224)

    def lines(self) -> Iterator[str]:
        """Say it in words."""
        yield f"input {self.size} x {self.size}, mean {_said(self.mean)}, standard deviation {_said(self.std)}"
        whose = self.stated or "nothing states another"
        if self.squash:
            how = f"squashed to {self.resize} x {self.resize}"
        elif self.resize is None:
            how = f"shorter side to {round(self.size * 256 / 224)}, an image that has {self.size} as it is"
        else:
            how = f"shorter side to {self.resize}"
        gray = ", gray" if self.channels == 1 else ""
        yield f"each image: {how}, {self.interpolation}, central crop of {self.size}{gray} ({whose})"


@dataclass
class Photos:
    """Images that can be read, and what else there is.

    Attributes:
        path: What was given.
        pictures: The images.
        among: How many there are, of which these were chosen.
        unreadable: Why images cannot be read, by file.
        looked: What else the folder holds.
    """

    path: Path
    pictures: list[Picture]
    among: int
    unreadable: dict[Path, str] = field(default_factory=dict)
    looked: Search = field(default_factory=Search)

    def name(self, file: Path) -> str:
        """Name a file within the folder."""
        return str(file.relative_to(self.path)) if self.path.is_dir() else file.name

    def groups(self, taken: Input) -> Iterator[tuple[str, list[str]]]:
        """Give what was not read and what reading changes, in words, each with names."""
        changed = {
            change: [self.name(each.file) for each in self.pictures if change in each.changes]
            for change in ("cut to 8 bits", "turned upright", "laid on white")
        }
        small = [each for each in self.pictures if min(each.width, each.height) < taken.shorter_side(each)]
        looked = self.looked
        yield "skipped, which cannot be read", [self.name(file) for file in self.unreadable]
        yield "not read, of other formats (save them as PNG or JPEG)", list(map(self.name, looked.not_read))
        yield "other files passed over", [f"{kind or 'no ending'} x {count}" for kind, count in looked.other.items()]
        yield "hidden files or folders passed over", list(map(self.name, looked.hidden))
        yield "links passed over, to what is read already", list(map(self.name, looked.again))
        yield "links that lead nowhere", list(map(self.name, looked.broken))
        small.sort(key=lambda each: min(each.width, each.height))
        sizes = [f"{self.name(each.file)} of {each.width} x {each.height}" for each in small]
        yield "enlarged, which lowers SROPs", sizes
        yield "cut to 8 bits", changed["cut to 8 bits"]
        yield "turned upright, as their EXIF data say", changed["turned upright"]
        yield "laid on white where they are transparent", changed["laid on white"]

    def lines(self, taken: Input) -> Iterator[str]:
        """Say in words what was read."""
        chosen = f" of {self.among}, spread evenly" if len(self.pictures) + len(self.unreadable) < self.among else ""
        yield f"{_counted(len(self.pictures), 'image')} read{chosen} from {self.path}"
        for what, names in self.groups(taken):
            if names:
                count = sum(self.looked.other.values()) if what.startswith("other files") else len(names)
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                yield f"  {count} {what}: {', '.join(names[:3])}{more}"


@dataclass(frozen=True)
class Given:
    """What is known before torch is imported.

    Attributes:
        subject: The network; None where its library, which imports torch, is to be asked.
        stem: Path of the files to write, without their ending.
        photos: The images; None for a command without.
    """

    subject: Subject | None
    stem: Path
    photos: Photos | None = None


def check(chosen: argparse.Namespace) -> Given:
    """Check what was given, as far as it can be without torch.

    Args:
        chosen: Of the command line.

    Raises:
        OSError: If something is missing, or a file is there already.
        ValueError: If something is wrong; the message names it.
    """
    _check_weights(chosen)
    subject = subject_of(chosen.network) if _is_local(chosen.network) else None
    if subject and hasattr(chosen, "size"):
        input_of(subject, chosen)
    name = chosen.name or (subject.name if subject else chosen.network.removeprefix("timm:"))
    stem = (
        chosen.out.expanduser()
        / f"srop-{name.replace('/', '-')}{'' if chosen.kind == 'profile' else f'-{chosen.kind}'}"
    )
    if not getattr(chosen, "explain", False):
        _check_free(stem, chosen)
    return Given(subject, stem, _photos(chosen) if hasattr(chosen, "images") else None)


def _is_local(network: str) -> bool:
    return network.endswith((".yaml", ".yml", ".py")) or (":" in network and not network.startswith("timm:"))


def _check_weights(chosen: argparse.Namespace) -> None:
    weights = chosen.weights
    if weights == RANDOM and getattr(chosen, "random", False):
        raise ValueError("--weights random --random would measure one network twice; leave one of them out")
    if getattr(chosen, "explain", False) and chosen.random:
        raise ValueError("--explain measures nothing; leave --random out")
    is_file = weights is not None and (os.sep in weights or Path(weights).suffix in _WEIGHTS)
    if is_file and not Path(weights).expanduser().is_file():
        raise FileNotFoundError(f"--weights {weights}: there is no such file; give one, or {RANDOM}")
    for option in ("strip_prefix", "key"):
        if getattr(chosen, option) and (weights is None or weights == RANDOM):
            raise ValueError(f"--{option.replace('_', '-')} is of a file of weights; give --weights FILE")


_WEIGHTS = {".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".th", ".tar"}


def _check_free(stem: Path, chosen: argparse.Namespace) -> None:
    there = [path for ending in ("csv", "png", "json") if os.path.lexists(path := Path(f"{stem}.{ending}"))]
    if there and not chosen.force:
        raise FileExistsError(f"{there[0]} is there already; --force replaces it, and --name or --out write elsewhere")
    folder = next(path for path in (chosen.out.expanduser().absolute(), *stem.absolute().parents) if path.exists())
    if not folder.is_dir():
        raise NotADirectoryError(f"--out {chosen.out}: {folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"--out {chosen.out}: nothing may be written to {folder}")


def input_of(subject: Subject, chosen: argparse.Namespace) -> Input:
    """Give what a network takes, as given or as the network's own.

    Raises:
        ValueError: If nothing says it, or two values do not go together.
    """
    values = {name: getattr(chosen, name) or getattr(subject, name) for name in ("size", "mean", "std")}
    if missing := [f"--{name}" for name, value in values.items() if value is None]:
        raise ValueError(
            f"nothing says what inputs {subject.name} takes; give {', '.join(missing)} (for values in [0, 1] without "
            "more ado: --mean 0,0,0 --std 1,1,1)"
        )
    size, mean, std = values["size"], list(values["mean"]), list(values["std"])
    channels = chosen.channels or len(mean)
    for name, numbers in (("mean", mean), ("std", std)):
        if len(numbers) != channels:
            raise ValueError(
                f"--{name} {_said(numbers)}: {_counted(len(numbers), 'value')} for {_counted(channels, 'channel')}; "
                "give --mean and --std one for each"
            )
    resize, stated = chosen.resize, "as given"
    if resize is None:
        resize, stated = subject.resize, subject.stated
        if resize is not None and size != subject.size:
            resize, stated = round(resize * size / subject.size), f"{stated}, brought to this size"
    if resize is not None and resize < size and chosen.resize is not None:
        raise ValueError(f"--resize {resize}: the crop takes {size} x {size} of it")
    interpolation = chosen.interpolation or subject.interpolation
    return Input(size, mean, std, resize, interpolation, subject.squash and chosen.resize is None, stated)


def _photos(chosen: argparse.Namespace) -> Photos:
    from tqdm import tqdm

    path = chosen.images.expanduser()
    looked, files = Search(), [path]
    if not path.is_file():
        image_files(path)
        looked = search(path)
        files = looked.files
    if chosen.count is not None and chosen.count > len(files):
        raise ValueError(f"--count {chosen.count}: {path} holds {_counted(len(files), 'image')}")
    photos = Photos(path, [], len(files), looked=looked)
    few = files if chosen.count is None else evenly_spaced(files, chosen.count)
    for file in tqdm(few, desc="images", leave=False, disable=None):
        try:
            photos.pictures.append(check_image(file, white=chosen.white))
        except ValueError as error:
            if not chosen.skip_unreadable:
                raise ValueError(f"{error}; --skip-unreadable leaves such images out") from error
            photos.unreadable[file] = str(error)
    if not photos.pictures:
        raise ValueError(
            f"{path}: none of {_counted(len(few), 'image')} can be read ({next(iter(photos.unreadable.values()))})"
        )
    return photos


def _said(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def record_of(taken: Input, photos: Photos) -> dict[str, Any]:
    """Give what was measured, for the record beside a table."""
    return {
        "input": {**vars(taken), "channels": taken.channels},
        "images": [
            {"file": photos.name(each.file), "sha256": each.sha256, "width": each.width, "height": each.height}
            for each in photos.pictures
        ],
        "folder": str(photos.path),
        "counted": {what: names for what, names in photos.groups(taken) if names},
        "unreadable": {photos.name(file): why for file, why in photos.unreadable.items()},
    }
