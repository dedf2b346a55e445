"""The section ``training_dynamics`` of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from omegaconf import MISSING, DictConfig

from srop.networks.digit_layers import DIGIT_LAYERS
from srop.pipeline.ranges import Requirement, among, folder_name, seeds_within, some

HEALTHY = "healthy"
"""The regime that the others are compared with."""


REGIME_TITLES = {
    HEALTHY: "healthy",
    "high_rate": "learning rate too high",
    "dying_relus": "dying ReLUs",
    "permuted_labels": "permuted labels",
}
"""Of the regimes that the project brings."""


@dataclass
class Regime:
    """What goes wrong (``config/README.md`` describes every key)."""

    rate: float = 1.0
    bias_drift: float = 0.0
    permuted_labels: bool = False


@dataclass
class Section:
    """Trainings that are watched."""

    train: int = MISSING
    test: int = MISSING
    probe: int = MISSING
    epochs: int = MISSING
    every: int = MISSING
    seeds: list[int] = MISSING
    reference: list[int] = MISSING
    layers: list[str] = MISSING
    regimes: dict[str, Regime] = field(default_factory=dict)


def requirements(config: DictConfig) -> Iterator[Requirement]:
    """Say what the types cannot."""
    section = config.training_dynamics
    for key in ("seeds", "reference", "layers"):
        yield f"training_dynamics.{key}", *some(section[key])
    for key in ("seeds", "reference"):
        yield f"training_dynamics.{key}", *seeds_within(section[key])
    yield (
        "training_dynamics.reference",
        len(section.reference) > 1 and not {*section.reference} & {*section.seeds},
        "two seeds at least say what is healthy, and none of training_dynamics.seeds",
    )
    yield "training_dynamics.layers", *among(DIGIT_LAYERS, section.layers)
    for key in ("train", "test", "probe", "epochs", "every"):
        yield f"training_dynamics.{key}", section[key] >= 1, "it is at least 1"
    batches = ceil(min(section.train, config.digits.data.train) / max(1, config.digits.training.batch_size))
    steps = section.epochs * batches
    yield "training_dynamics.every", section.every <= steps, f"the trainings have {steps} steps"
    yield "training_dynamics.probe", section.probe <= section.test, "it is of training_dynamics.test"
    wrong = {*section.regimes} - {HEALTHY}
    yield "training_dynamics.regimes", HEALTHY in section.regimes, f"{HEALTHY} is what the others are compared with"
    yield "training_dynamics.regimes", bool(wrong), f"one beside {HEALTHY} goes wrong"
    for name, regime in section.regimes.items():
        key = f"training_dynamics.regimes.{name}"
        yield key, *folder_name(name)
        yield f"{key}.rate", regime.rate > 0, "the factor of the learning rate is positive"
        if name == HEALTHY:
            yield key, regime == Regime(), "nothing goes wrong in it"
    yield (
        "figures.layer",
        config.figures.layer in section.layers,
        "it must be one of training_dynamics.layers",
    )
