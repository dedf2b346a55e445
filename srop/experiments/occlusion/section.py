"""The section ``occlusion`` of the configuration."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from srop.data.catalogue import data_set
from srop.pipeline.keys import Count, Keys, key, source_for
from srop.pipeline.ranges import Requirement


class CifarData(Keys):
    """Which images CIFAR networks get."""

    source: source_for("cifar") = key("images for the networks of `architecture/cifar/`; `foolbox` ships 20")
    count: Annotated[int, Field(ge=2)] | None = key("of the test and of the training set each; null: all of `foolbox`")

    def rules(self) -> Iterator[Requirement]:
        most = data_set("cifar", self.source).test
        fits = self.source == "foolbox" if self.count is None else self.count <= most
        yield "count", fits, f"{self.source} has {most:,} images to test; give two at least"


class Heat(Keys):
    """Fourier heat maps."""

    images: Count = key("images of heat maps")
    norm: float = key("l2 norm of a wave, in each color of images in [0, 1]", gt=0)


class Section(Keys):
    """Frequencies on which networks depend."""

    images: int = key("test digits whose frequencies are occluded, and as many training digits, if there are", ge=2)
    cifar: CifarData
    heat: Heat

    def rules(self) -> Iterator[Requirement]:
        yield "heat.images", self.heat.images <= self.images, "they are among occlusion.images"
