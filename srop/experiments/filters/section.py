"""The section ``filters`` of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from omegaconf import MISSING, DictConfig

from srop.data.limits import CORRUPTIONS
from srop.pipeline.ranges import Requirement, among, choice, seeds_within, some

FilterSource = choice("FilterSource", "digits", "cifar10", "folder")


FilterNetwork = choice("FilterNetwork", "digit_cnn", "resnet20", "resnet18")


@dataclass
class FilterData:
    """What the networks learn (``config/README.md`` describes every key)."""

    source: FilterSource = MISSING
    folder: str | None = None
    train: int = MISSING
    test: int = MISSING


@dataclass
class Section:
    """First-layer filters."""

    data: FilterData = field(default_factory=FilterData)
    network: FilterNetwork = MISSING
    epochs: int = MISSING
    seeds: list[int] = MISSING
    size: int = MISSING
    cutoffs: list[float] = MISSING
    cutoff: float = MISSING
    proportions: list[float] = MISSING
    noise: float = MISSING
    severities: list[int] = MISSING
    corruptions: list[str] = MISSING
    images: int = MISSING
    archive: str | None = None


def requirements(config: DictConfig) -> Iterator[Requirement]:
    """Say what the types cannot."""
    section, data = config.filters, config.filters.data
    for key in ("seeds", "cutoffs", "proportions", "severities", "corruptions"):
        yield f"filters.{key}", *some(section[key])
    yield "filters.seeds", *seeds_within(section.seeds)
    for key, of in (("epochs", section), ("images", section), ("data.train", data), ("data.test", data)):
        yield f"filters.{key}", of[key.split(".")[-1]] >= 1, "it is at least 1"
    yield "filters.images", section.images <= data.test, "they are of filters.data.test"
    yield "filters.size", section.size >= 8, "filters are padded to 8 x 8 at least"
    half = section.size / 2
    for cutoff in [*section.cutoffs, section.cutoff]:
        yield "filters.cutoffs", 0 < cutoff < half, f"cut-offs lie in (0, {half:g}), half of filters.size"
    yield "filters.proportions", all(0 <= p <= 1 for p in section.proportions), "proportions lie in [0, 1]"
    yield "filters.noise", 0 < section.noise <= 1, "it lies in (0, 1]"
    yield "filters.severities", all(1 <= of <= 5 for of in section.severities), "there are 1 to 5"
    yield "filters.corruptions", *among(CORRUPTIONS, section.corruptions)
    source = data.source.name
    yield (
        "filters.network",
        (section.network.name == "digit_cnn") == (source == "digits"),
        "digit_cnn is for digits, the others are for color",
    )
    if source == "folder":
        parts = [Path(data.folder or "").expanduser() / part for part in ("train", "test")]
        there = bool(data.folder) and all(part.is_dir() for part in parts)
        yield "filters.data.folder", there, "give a folder with train/ and test/, in each a folder for each class"
    else:
        yield "filters.data.folder", data.folder is None, "it goes with source=folder, and only with it"
    if section.archive is not None:
        yield "filters.archive", source == "cifar10", "it goes with filters.data.source=cifar10"
        yield "filters.archive", Path(section.archive).expanduser().is_file(), "there is no such file"
    if source == "cifar10":
        yield "filters.data.train", data.train <= 50_000, "CIFAR-10 has 50,000 training images"
        yield "filters.data.test", data.test <= 10_000, "CIFAR-10 has 10,000 test images"
