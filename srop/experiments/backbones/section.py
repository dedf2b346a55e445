"""The section ``backbones`` of the configuration."""

from collections.abc import Iterator
from typing import Any

from srop.data.limits import images_within
from srop.pipeline.keys import BatchNorm, Convention, Count, Distinct, Keys, Seed, key, source_for
from srop.pipeline.ranges import Requirement


class Images(Keys):
    """Which natural images."""

    source: source_for("photographs") = key("`foolbox` ships 20 ImageNet images; `imagenette` has ten classes")
    folder: str | None = key("for `source=folder`: images in it and its subfolders, as ImageNet's `val/`")
    count: int = key("images, evenly spaced in the sorted names")

    def rules(self) -> Iterator[Requirement]:
        yield "count", *images_within(self.source, self.count)
        fits = (self.source == "folder") == (self.folder is not None)
        yield "folder", fits, "give a folder with backbones.images.source=folder, and only with it"


class Section(Keys):
    """The experiments on backbones."""

    architectures: Distinct[str] | None = key("names of YAMLs in `architecture/`; null takes every one")
    images: Images
    noise: Count = key("images of white noise, of the same size")
    seeds: Distinct[Seed] = key("random weights for each")
    seeds_of: dict[str, Distinct[Seed]] = key("other seeds for single architectures, by name")
    batch_norms: Distinct[BatchNorm] = key("statistics of random networks: initial (`running`) or calibrated (`batch`)")
    calibration: Count = key("calibration images, evenly spaced in the natural ones")
    conventions: Distinct[Convention] = key("as `digits.conventions`; baseline and rotated maps have all three")

    def rules(self) -> Iterator[Requirement]:
        fits = self.calibration <= self.images.count
        yield "calibration", fits, "the calibration images are among the backbones.images.count images"


def rules(config: Any) -> Iterator[Requirement]:
    """Give the rules over this section and ``figures``."""
    figures, backbones = config.figures, config.backbones
    fits = figures.convention in backbones.conventions
    yield "figures.convention", fits, "it must be one of digits.conventions and of backbones.conventions"
    yield "figures.batch_norm", figures.batch_norm in backbones.batch_norms, "it must be one of backbones.batch_norms"
    fits = figures.example < backbones.images.count
    yield "figures.example", fits, "images are numbered from 0 to backbones.images.count - 1"
