"""The section ``backbones`` of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from omegaconf import MISSING, DictConfig

from srop.convention import CONVENTIONS
from srop.data.limits import images_within
from srop.pipeline.ranges import BatchNorm, Requirement, among, choice, seeds_within, some

ImageSource = choice("ImageSource", "foolbox", "imagenette", "folder")


@dataclass
class Images:
    """Which natural images."""

    source: ImageSource = MISSING
    folder: str | None = None
    count: int = MISSING


@dataclass
class Section:
    """The experiments on backbones."""

    architectures: list[str] | None = None
    images: Images = field(default_factory=Images)
    noise: int = MISSING
    seeds: list[int] = MISSING
    seeds_of: dict[str, list[int]] = field(default_factory=dict)
    batch_norms: list[BatchNorm] = MISSING
    calibration: int = MISSING
    conventions: list[str] = MISSING


def requirements(config: DictConfig) -> Iterator[Requirement]:
    """Say what the types cannot: the ranges of this section, and of what ``figures`` shows of it."""
    backbones = config.backbones
    for key in ("seeds", "batch_norms", "conventions"):
        yield f"backbones.{key}", *some(backbones[key])
    if backbones.architectures is not None:
        yield "backbones.architectures", *some(backbones.architectures)
    yield "backbones.seeds", *seeds_within(backbones.seeds)
    for name, seeds in backbones.seeds_of.items():
        yield f"backbones.seeds_of.{name}", *some(seeds)
        yield f"backbones.seeds_of.{name}", *seeds_within(seeds)
    yield "backbones.conventions", *among(CONVENTIONS, backbones.conventions)
    yield "backbones.images.count", *images_within(backbones.images.source.name, backbones.images.count)
    yield (
        "backbones.calibration",
        1 <= backbones.calibration <= backbones.images.count,
        "the calibration images are the first of backbones.images.count",
    )
    yield "backbones.noise", backbones.noise >= 1, "there is at least one image of noise"
    yield (
        "backbones.images.folder",
        (backbones.images.source is ImageSource.folder) == (backbones.images.folder is not None),
        "give a folder with backbones.images.source=folder, and only with it",
    )
    yield (
        "figures.convention",
        config.figures.convention in backbones.conventions,
        "it must be one of digits.conventions and of backbones.conventions",
    )
    yield "figures.figure4", *some(config.figures.figure4)
    yield (
        "figures.batch_norm",
        config.figures.batch_norm in backbones.batch_norms,
        "it must be one of backbones.batch_norms",
    )
    yield (
        "figures.example",
        0 <= config.figures.example < backbones.images.count,
        "images are numbered from 0 to backbones.images.count - 1",
    )
