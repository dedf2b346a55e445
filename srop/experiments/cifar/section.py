"""The section ``cifar`` of the configuration."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from srop.data.catalogue import data_set
from srop.data.limits import CORRUPTIONS
from srop.pipeline.keys import Count, Distinct, Folder, Keys, Positive, Proportion, Seed, key, source_for
from srop.pipeline.ranges import Requirement

Levels = Annotated[float, Field(ge=0, lt=255)]


class Data(Keys):
    """What the networks learn."""

    source: source_for("cifar", "jpeg") = key("images; `foolbox` ships 20; `jpeg`: CIFAR-10 as JPEG, in `file`")
    file: str | None = key("for `source=jpeg`: Parquet with `split` (train, test), `label`, `jpeg`")
    train: int = key("training images, those that are held out included", ge=2)
    held_out: Count = key("of these: not learned; they watch the training, so that test images do not")
    test: Count = key("test images")

    def rules(self) -> Iterator[Requirement]:
        if self.source == "jpeg":
            fits = self.file is not None and Path(self.file).expanduser().is_file()
            yield "file", fits, "give a Parquet file with the columns split, label and jpeg"
        else:
            yield "file", self.file is None, "it goes with source=jpeg, and only with it"
            row = data_set("cifar", self.source)
            yield "train", self.train <= (row.train or row.test), f"{row.title} has {row.train or row.test:,} images"
            yield "test", self.test <= row.test, f"{row.title} has {row.test:,} test images"
        yield "held_out", self.held_out < self.train, "they are among the training images, not all of them"


class Training(Keys):
    """How all networks are trained: by gradient descent with momentum, in one cycle of the learning rate."""

    lr: Positive = key("highest learning rate")
    rise: float = key("share of the steps in which it rises", gt=0, lt=1)
    momentum: float = key("momentum", ge=0, lt=1)
    weight_decay: float = key("weight decay", ge=0)
    batch_size: Count = key("images per step")
    precision: Literal["float32", "bfloat16"] = key("`bfloat16` is automatic mixed precision")


class Guard(Keys):
    """What is done about catastrophic overfitting: an epoch after which a network is no longer robust is taken back."""

    steps: Count = key("steps of the attack on held-out images after each epoch, each a quarter of the largest change")
    images: Count = key("how many of them are attacked")
    least: Proportion = key("an epoch is taken back if their accuracy falls below this share of the best one")


class Arm(Keys):
    """How the networks of one arm are trained; what is not given is 0 or none."""

    epochs: Count = key("passes over the training images")
    eps: Levels = key("largest change of a pixel in the attack of the training, of 255; 0 is no attack", default=0)
    steps: Count = key("steps of this attack, from a random start", default=1)
    step: Levels | None = key("length of a step, of 255; null takes 1.25 eps", default=None)
    corruption: Literal[*CORRUPTIONS] | None = key("corruption of all training images", default=None)
    severity: int = key("its severity", default=5, ge=1, le=5)
    antialiased: bool = key("whether blur pools subsample, in the place of strides", default=False)


class Attack(Keys):
    """The attack on test images: projected gradient descent from a random start."""

    eps: Annotated[float, Field(gt=0, lt=255)] = key("largest change of a pixel, of 255")
    step: Annotated[float, Field(gt=0, lt=255)] = key("length of a step, of 255")
    steps: Count = key("how many steps")
    images: Count = key("the first test images, which are attacked")


class LowPass(Keys):
    """Networks whose input is low-passed."""

    cutoffs: Distinct[Annotated[int, Field(ge=0, le=22)]] = key("last rings of the DFT that stay; 22 keeps all")
    images: Count = key("the first test images, which are tested and attacked")


class Frequencies(Keys):
    """Frequencies on which the networks depend, as in `occlusion`."""

    images: int = key("test images whose frequencies are occluded, and as many training images", ge=2)
    heat: Count = key("of these: images of heat maps, with `occlusion.heat.norm`")

    def rules(self) -> Iterator[Requirement]:
        yield "heat", self.heat <= self.images, "they are among cifar.frequencies.images"


class Section(Keys):
    """Natural and robust networks for CIFAR-10."""

    data: Data
    trained: Annotated[list[Folder], AfterValidator(lambda names: list(dict.fromkeys(names)))] = key(
        "arms that are trained; none leaves the experiment out"
    )
    seeds: Distinct[Seed] = key("a training for each")
    training: Training
    guard: Guard
    arms: dict[Folder, Arm] = key("arms by name")
    attack: Attack
    low_pass: LowPass
    frequencies: Frequencies

    def rules(self) -> Iterator[Requirement]:
        yield "trained", set(self.trained) <= self.arms.keys(), f"there are the arms {', '.join(self.arms)}"
        yield "guard.images", self.guard.images <= self.data.held_out, "they are among cifar.data.held_out"
        rule = "they are among cifar.data.test"
        yield "attack.images", self.attack.images <= self.data.test, rule
        yield "low_pass.images", self.low_pass.images <= self.data.test, rule
        most = min(self.data.test, self.data.train)
        yield "frequencies.images", self.frequencies.images <= most, f"{rule}, and as many of cifar.data.train"


def arm_settings(arm: Any) -> dict[str, Any]:
    """Give the settings of an arm in plain types."""
    return {name: arm[name] for name in Arm.model_fields}
