"""The section ``training_dynamics`` of the configuration."""

from collections.abc import Iterator
from math import ceil
from typing import Any

from srop.experiments.training_dynamics.regimes import HEALTHY
from srop.pipeline.keys import Count, Distinct, Folder, Keys, Layer, Seed, key
from srop.pipeline.ranges import Requirement


class Regime(Keys):
    """What goes wrong in a training."""

    rate: float = key("factor of `digits.training.lr`; 1 if not given", default=1.0, gt=0)
    bias_drift: float = key("subtracted from each convolution's biases after each step; 0 if not given", default=0.0)
    permuted_labels: bool = key("whether the labels are permuted; false if not given", default=False)


class Section(Keys):
    """Monitored trainings."""

    train: Count = key("the first digits of `digits.data`, at most all there are")
    test: Count = key("the first test digits, for accuracy and loss")
    probe: Count = key("the first of these test digits, whose SROPs are monitored")
    epochs: Count = key("passes over the digits; all else as `digits.training`")
    every: Count = key("steps between two measurements")
    seeds: Distinct[Seed] = key("a training of each regime for each")
    reference: Distinct[Seed] = key("seeds of healthy trainings whose range says what is healthy")
    layers: Distinct[Layer] = key("as `digits.layers`")
    regimes: dict[Folder, Regime] = key("by name what goes wrong; nothing does in `healthy`")

    def rules(self) -> Iterator[Requirement]:
        fits = len(self.reference) > 1 and not {*self.reference} & {*self.seeds}
        yield "reference", fits, "give at least two seeds, and none of training_dynamics.seeds"
        yield "probe", self.probe <= self.test, "they are among training_dynamics.test"
        yield "regimes", HEALTHY in self.regimes, f"{HEALTHY} is missing, which the others are compared with"
        yield "regimes", bool({*self.regimes} - {HEALTHY}), f"give at least one regime besides {HEALTHY}"
        fits = self.regimes.get(HEALTHY, Regime()) == Regime()
        yield f"regimes.{HEALTHY}", fits, "nothing goes wrong in it"


def rules(config: Any) -> Iterator[Requirement]:
    """Give the rules over this section, ``digits`` and ``figures``."""
    section, digits = config.training_dynamics, config.digits
    steps = section.epochs * ceil(min(section.train, digits.data.train) / digits.training.batch_size)
    yield "training_dynamics.every", section.every <= steps, f"the trainings have {steps} steps"
    yield "figures.layer", config.figures.layer in section.layers, "it must be one of training_dynamics.layers"
