"""Attacks on single images, and changes of the same size that are none."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import foolbox
import torch
from torch import Tensor, nn

from srop.experiments.occlusion.readings import ATTACKS
from srop.experiments.occlusion.robust import seen_by_foolbox
from srop.guest import visiting

_MAKE: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "fgsm": lambda of: foolbox.attacks.LinfFastGradientAttack(),
    "pgd": lambda of: foolbox.attacks.LinfPGD(abs_stepsize=of["pgd_step"], steps=of["pgd_steps"]),
    # Its defaults begin where none of so few steps reaches another class.
    "cw": lambda of: foolbox.attacks.L2CarliniWagnerAttack(
        binary_search_steps=of["cw_searches"], steps=of["cw_steps"], stepsize=0.1, initial_const=0.1
    ),
    "hopskipjump": lambda of: foolbox.attacks.HopSkipJumpAttack(steps=of["hopskipjump_steps"]),
}

BOUNDED = ("fgsm", "pgd")
"""Those that are told how much a pixel may change; the others seek the smallest change."""


_BATCH = 50
"""Images that are attacked at once: HopSkipJump asks the network for hundreds of times as many."""


class Attacked(NamedTuple):
    """What an attack made.

    Attributes:
        images: In the shape of those attacked; where it failed, those.
        found: Whether the network was right before, and is wrong now, ``(m,)``.
    """

    images: Tensor
    found: Tensor


def attacked(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    name: str,
    *,
    options: Mapping[str, Any],
    seed: int = 0,
    towards: bool = False,
) -> Attacked:
    """Attack a network.

    Args:
        model: A classifier of inputs in [0, 1]; it is evaluated, and left as it was, as are the random states.
        images: ``(m, c, n, n)`` in [0, 1].
        labels: Their classes ``(m,)``.
        name: One of :data:`srop.experiments.occlusion.readings.ATTACKS`.
        options: ``eps`` (the largest change of a pixel, for :data:`BOUNDED`), ``pgd_steps``, ``pgd_step``,
            ``cw_searches``, ``cw_steps``, ``hopskipjump_steps``.
        seed: Of whatever is drawn for the first batch; one more for each further one.
        towards: Whether to go towards the true class instead of away from it, as most batches of the authors' code do.

    Raises:
        ValueError: If there is no such attack, or images lie outside [0, 1].

    Reference:
        Wang et al. 2020 name FGSM, PGD, CW and SimBA. All here are foolbox's.
    """
    if name not in _MAKE:
        raise ValueError(f"attack {name!r}: there are {', '.join(ATTACKS)}")
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("images lie outside [0, 1], where the attacks stay")
    aim = foolbox.criteria.TargetedMisclassification if towards else foolbox.criteria.Misclassification
    limit = options["eps"] if name in BOUNDED else None
    pairs = zip(images.detach().split(_BATCH), labels.split(_BATCH), strict=True)
    parts = []
    with visiting(model):
        for place, pair in enumerate(pairs):
            torch.manual_seed(seed + place)
            parts.append(_attacked(model, *pair, _MAKE[name](options), aim, limit))
    return Attacked(*(torch.cat(of) for of in zip(*parts, strict=True)))


def _attacked(model: nn.Module, images: Tensor, labels: Tensor, attack: Any, aim: Any, limit: float | None) -> Attacked:
    seen = seen_by_foolbox(model, images.device)
    try:
        made = _run(attack, seen, images, aim(labels), limit)
    except ValueError as error:
        # One image without a start stops all the others.
        if "init_attack failed" not in str(error):
            raise
        parts = [
            _alone(attack, seen, image[None], aim(label[None])) for image, label in zip(images, labels, strict=True)
        ]
        made = torch.cat(parts)
    with torch.inference_mode():
        before, after = (model(given.clone()).argmax(dim=1) for given in (images, made))
    # A failed CW leaves black images, which foolbox counts as found if the network calls black something else.
    black = (made == 0).flatten(1).all(dim=1) & (images != 0).flatten(1).any(dim=1)
    found = (before == labels) & (after != labels) & ~black
    kept = found if limit is None else ~black
    return Attacked(torch.where(kept[:, None, None, None], made, images), found)


def _run(attack: Any, seen: Any, images: Tensor, criterion: Any, limit: float | None) -> Tensor:
    return (
        attack.run(seen, images, criterion, epsilon=limit) if limit is not None else attack.run(seen, images, criterion)
    )


def _alone(attack: Any, seen: Any, image: Tensor, criterion: Any) -> Tensor:
    try:
        return attack.run(seen, image, criterion)
    except ValueError:
        return image


def white_noise_like(changed: Tensor, images: Tensor, *, norm: str, seed: int = 0) -> Tensor:
    """Change images by white noise as much as something else did, and clip them to [0, 1].

    Args:
        changed: ``(m, c, n, n)``, images with the other change.
        images: The images.
        norm: What is made equal for each image: ``"l2"``, by Gaussian noise, whose clipped change has that norm; or
            ``"linf"``, by signs of the largest change.
        seed: Of the noise.

    Raises:
        ValueError: If there is no such norm.

    Example:
        >>> images = torch.full((2, 1, 4, 4), 0.5)
        >>> noisy = white_noise_like(images + 0.1, images, norm="l2")
        >>> (noisy - images).flatten(1).norm(dim=1)
        tensor([0.4000, 0.4000])
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(images.shape, generator=generator, dtype=torch.float64).to(images)
    if norm == "linf":
        most = (changed - images).abs().amax(dim=(1, 2, 3), keepdim=True)
        return (images + most * noise.sign()).clamp(0, 1)
    if norm != "l2":
        raise ValueError(f"norm={norm!r}: there are l2, linf")
    wanted = (changed - images).flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    low = torch.zeros_like(wanted)
    high = torch.full_like(wanted, 1e3)
    for _ in range(60):
        middle = (low + high) / 2
        less = ((images + middle * noise).clamp(0, 1) - images).flatten(1).norm(dim=1).view(-1, 1, 1, 1) < wanted
        low, high = torch.where(less, middle, low), torch.where(less, high, middle)
    return (images + low * noise).clamp(0, 1)
