"""The section ``uses`` of the configuration."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from srop.pipeline.keys import Count, Distinct, Keys, Layer, Positive, Proportion, Seed, Share, key
from srop.pipeline.ranges import Requirement


class Removal(Keys):
    """Removed channels."""

    probe: Count = key("the first training digits, whose SROPs put the channels in order")
    images: Count = key("the first test digits, for the accuracy")
    layer: Layer = key("of the digit network, whose channels are removed")
    architectures: list[str] = key("files of `config/architecture/` with trained weights, without labels")
    shares: Distinct[Share] = key("of the live channels, how many are removed")
    draws: Count = key("random orders of the channels")


class Omission(Keys):
    """Data sets without a digit."""

    digit: int = key("the digit that is left out", ge=0, le=9)
    images: Count = key("the first training digits; half of them make the complete set, half the other")
    kept: Distinct[Proportion] = key("of that digit's images, how many stay")
    repeats: Count = key("random halves")


class Penalty(Keys):
    """Digit networks with a penalty on fine patterns."""

    train: Count = key("the first digits of `digits.data`, at most all there are")
    test: Count = key("the first test digits")
    epochs: Count = key("passes over the digits; all else as `digits.training`")
    seeds: Distinct[Seed] = key("a training of each weight for each")
    layer: Layer = key("whose maps are penalized")
    ring: Count = key("the share of the power above this ring is penalized (`srop.fine_share`)")
    weights: Distinct[Annotated[float, Field(ge=0)]] = key("of the penalty; 0 is a training without it")
    noise: Positive = key("standard deviation of the noise of a test, of pixels in [0, 1]")
    eps: Positive = key("largest change of a pixel by the PGD of a test")
    steps: Count = key("of that PGD")

    def rules(self) -> Iterator[Requirement]:
        yield "weights", 0 in self.weights and len(self.weights) > 1, "give 0 and at least one weight above it"


class Section(Keys):
    """Uses of an SROP."""

    removal: Removal
    omission: Omission
    penalty: Penalty


def rules(config: Any) -> Iterator[Requirement]:
    """Give the rules over this section and ``digits``."""
    uses, data = config.uses, config.digits.data
    yield "uses.removal.images", uses.removal.images <= data.test, f"there are {data.test:,} test digits"
    rule = f"there are {data.train:,} training digits"
    yield "uses.removal.probe", uses.removal.probe <= data.train, rule
    yield "uses.omission.images", uses.omission.images <= data.train, rule
