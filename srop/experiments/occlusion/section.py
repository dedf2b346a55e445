"""The section ``occlusion`` of the configuration.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from omegaconf import MISSING, DictConfig

from srop.data.limits import LABELED
from srop.pipeline.ranges import Requirement, choice, seeds_within, some

CifarSource = choice("CifarSource", "foolbox", "cifar10")


@dataclass
class CifarData:
    """Which images CIFAR networks get (``config/README.md`` describes every key)."""

    source: CifarSource = MISSING
    count: int | None = None


@dataclass
class Heat:
    """Fourier heat maps."""

    images: int = MISSING
    norm: float = MISSING


@dataclass
class Robust:
    """Networks that are trained under attack."""

    train: int = MISSING
    epochs: int = MISSING
    eps: list[float] = MISSING
    seeds: list[int] = MISSING
    steps: int = MISSING
    step: float | None = None
    heat: int = MISSING
    under: list[float] = MISSING
    test_steps: int = MISSING


@dataclass
class Attacks:
    """Attacks on single images."""

    images: int = MISSING
    seed: int = MISSING
    eps: float = MISSING
    pgd_steps: int = MISSING
    pgd_step: float = MISSING
    cw_searches: int = MISSING
    cw_steps: int = MISSING
    hopskipjump_steps: int = MISSING
    code_eps: float = MISSING
    feature_steps: int = MISSING


@dataclass
class Section:
    """Frequencies that networks lean on."""

    images: int = MISSING
    cifar: CifarData = field(default_factory=CifarData)
    heat: Heat = field(default_factory=Heat)
    robust: Robust = field(default_factory=Robust)
    attacks: Attacks = field(default_factory=Attacks)


def requirements(config: DictConfig) -> Iterator[Requirement]:
    """Say what the types cannot."""
    section = config.occlusion
    yield "occlusion.images", section.images >= 2, "it is at least 2"
    yield "occlusion.heat.images", 1 <= section.heat.images <= section.images, "they are of occlusion.images"
    yield "occlusion.heat.norm", section.heat.norm > 0, "the norm of a wave is positive"
    source, count = section.cifar.source.name, section.cifar.count
    most = 10_000 if source == "cifar10" else LABELED[source]
    within = source == "foolbox" if count is None else 2 <= count <= most
    yield "occlusion.cifar.count", within, f"{source} has {most:,} images to test; give two at least"
    robust, attacks = section.robust, section.attacks
    for key in ("eps", "seeds", "under"):
        yield f"occlusion.robust.{key}", *some(robust[key])
    yield "occlusion.robust.seeds", *seeds_within(robust.seeds)
    yield "occlusion.robust.eps", all(0 <= eps < 1 for eps in robust.eps), "changes of pixels lie in [0, 1)"
    pair = 0 in robust.eps and len(robust.eps) > 1
    yield "occlusion.robust.eps", pair, "0 is the natural network, which another is compared with"
    yield "occlusion.robust.under", all(0 < eps < 1 for eps in robust.under), "changes of pixels lie in (0, 1)"
    for key in ("train", "epochs", "steps", "test_steps"):
        yield f"occlusion.robust.{key}", robust[key] >= 1, "it is at least 1"
    yield "occlusion.robust.step", robust.step is None or robust.step > 0, "the length of a step is positive"
    yield "occlusion.robust.heat", 1 <= robust.heat <= section.images, "they are of occlusion.images"
    yield "occlusion.attacks.images", 1 <= attacks.images <= section.images, "they are of occlusion.images"
    yield "occlusion.attacks.seed", attacks.seed in robust.seeds, "it is one of occlusion.robust.seeds"
    for key in ("pgd_steps", "cw_searches", "cw_steps", "hopskipjump_steps", "feature_steps"):
        yield f"occlusion.attacks.{key}", attacks[key] >= 1, "it is at least 1"
    for key in ("eps", "pgd_step", "code_eps"):
        yield f"occlusion.attacks.{key}", 0 < attacks[key] < 1, "changes of pixels lie in (0, 1)"
