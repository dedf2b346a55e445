"""The section ``adversarial`` of the configuration."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from srop.pipeline.keys import Count, Distinct, Keys, Positive, Seed, Share, key
from srop.pipeline.ranges import Requirement

Eps = Annotated[float, Field(ge=0, lt=1)]


class Training(Keys):
    """Networks that are trained under attack."""

    train: Count = key("the first digits of `digits.data`, at most all there are; all else as `digits.training`")
    epochs: Count = key("passes over these digits")
    eps: Distinct[Eps] = key("largest changes of a pixel in the attack of the training; 0 is the natural network")
    seeds: Distinct[Seed] = key("a training for each")
    steps: Count = key("steps of the attack in each step of the training, from a random start")
    step: Positive | None = key("length of a step of the attack; null takes 1.25 eps")
    heat: Count = key("digits of the heat maps of these networks")
    under: Distinct[Share] = key("attacks under which they are tested: largest changes of a pixel")
    test_steps: Count = key("steps of these attacks, each a quarter of the largest change")

    def rules(self) -> Iterator[Requirement]:
        fits = 0 in self.eps and len(self.eps) > 1
        yield "eps", fits, "give 0, the natural network, and at least one other to compare with it"


class Attacks(Keys):
    """Attacks on single images."""

    images: Count = key("digits that are attacked")
    seed: Seed = key("seed of the natural and the most robust network that are attacked")
    eps: Share = key("largest change of a pixel by FGSM and PGD")
    pgd_steps: Count = key("steps of PGD")
    pgd_step: Share = key("length of a step of PGD")
    cw_searches: Count = key("binary searches of the attack of Carlini and Wagner")
    cw_steps: Count = key("steps of each of these searches")
    hopskipjump_steps: Count = key("steps of HopSkipJump")
    code_eps: Share = key("largest change by PGD in normalized units, as in the authors' code")
    feature_steps: Count = key("steps in which images are reconstructed from features")


class Section(Keys):
    """Networks under attack."""

    training: Training
    attacks: Attacks

    def rules(self) -> Iterator[Requirement]:
        yield "attacks.seed", self.attacks.seed in self.training.seeds, "it is one of adversarial.training.seeds"


def rules(config: Any) -> Iterator[Requirement]:
    """Give the rules over this section and ``occlusion``."""
    section, most = config.adversarial, config.occlusion.images
    yield "adversarial.training.heat", section.training.heat <= most, "they are among occlusion.images"
    yield "adversarial.attacks.images", section.attacks.images <= most, "they are among occlusion.images"
