"""The section ``filters`` of the configuration."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from srop.data.catalogue import data_set
from srop.data.limits import CORRUPTIONS
from srop.pipeline.keys import Count, Distinct, Keys, Positive, Proportion, Seed, key, source_for
from srop.pipeline.ranges import Requirement


class FilterData(Keys):
    """What the networks learn."""

    source: source_for("color", "digits") = key("what the networks learn; `digits`: `digits.data`")
    folder: str | None = key("for `source=folder`: has `train/` and `test/`, in each a folder for each class")
    train: Count = key("training images")
    test: Count = key("test images")

    def rules(self) -> Iterator[Requirement]:
        if self.source == "folder":
            parts = [Path(self.folder or "").expanduser() / part for part in ("train", "test")]
            fits = bool(self.folder) and all(part.is_dir() for part in parts)
            yield "folder", fits, "give a folder with train/ and test/, in each a folder for each class"
        else:
            yield "folder", self.folder is None, "it goes with source=folder, and only with it"
        if self.source not in ("digits", "folder"):
            row = data_set("color", self.source)
            yield "train", self.train <= row.train, f"{row.title} has {row.train:,} training images"
            yield "test", self.test <= row.test, f"{row.title} has {row.test:,} test images"


class Section(Keys):
    """First-layer filters."""

    data: FilterData
    network: Literal["digit_cnn", "resnet20", "resnet18"] = key("`digit_cnn` for digits; the others for color")
    epochs: Count = key("passes over the training images; all else as `digits.training`")
    seeds: Distinct[Seed] = key("a training for each")
    size: int = key("size to which filters are padded with zeros", ge=8)
    cutoffs: Distinct[Positive] = key("in rings of that size; a filter centered below is low, in all tables")
    cutoff: float = key("cut-off of the networks whose proportion of low filters is held", gt=0)
    proportions: Distinct[Proportion] = key("proportions of low filters that are held")
    noise: float = key("share by which the power in each ring of a training image is perturbed", gt=0, le=1)
    severities: Distinct[Annotated[int, Field(ge=1, le=5)]] = key("severities of the corruptions")
    corruptions: Distinct[Literal[*CORRUPTIONS]] = key("of the test images; `frost` needs the extra `corruptions`")
    images: Count = key("the first test images, whose SROPs are measured")
    archive: str | None = key("`CIFAR-10-C.tar`: networks for `cifar10` are tested on its images")

    def rules(self) -> Iterator[Requirement]:
        source, half = self.data.source, self.size / 2
        yield "images", self.images <= self.data.test, "they are among filters.data.test"
        rule = f"cut-offs lie in (0, {half:g}), half of filters.size"
        yield "cutoffs", max(self.cutoffs) < half, rule
        yield "cutoff", self.cutoff < half, rule
        fits = (self.network == "digit_cnn") == (source == "digits")
        yield "network", fits, "digit_cnn is for digits, the others are for color"
        if self.archive is not None:
            yield "archive", source == "cifar10", "it goes with filters.data.source=cifar10"
            yield "archive", Path(self.archive).expanduser().is_file(), "there is no such file"
