"""Attacks on single images, and all of them on one digit network."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import foolbox
import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.data.digits import normalized
from srop.experiments.adversarial.changes import Made, robust_images
from srop.experiments.adversarial.readings import ATTACKS
from srop.experiments.adversarial.training import OfPixels, pixels_of, seen_by_foolbox
from srop.guest import visiting
from srop.networks.checkpoint import Checkpoint

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
        name: One of :data:`srop.experiments.adversarial.readings.ATTACKS`.
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


def attack_all(
    network: nn.Module, digits: Tensor, labels: Tensor, *, options: Mapping[str, Any], checkpoint: Checkpoint
) -> list[Made]:
    """Attack a digit network in all ways.

    Args:
        network: Of normalized digits; it is evaluated, and left as it was.
        digits: uint8 ``(m, 28, 28)``.
        labels: Their classes.
        options: ``seed``, those of :func:`attacked`, ``code_eps`` (the largest
            change in normalized units), ``feature_steps``.
        checkpoint: Where finished attacks are kept, so that none is lost.
    """
    done = checkpoint.read() or {}
    pixels, model = pixels_of(digits), OfPixels(network)
    inputs, seed = normalized(pixels), options["seed"]
    nothing, everything = torch.zeros_like(labels, dtype=torch.bool), torch.ones_like(labels, dtype=torch.bool)
    of_code = {**options, "eps": options["code_eps"]}

    def features() -> Attacked:
        made = robust_images(penultimate(model), model, pixels, steps=options["feature_steps"], seed=seed)
        return Attacked(made, nothing)

    def clamped(towards: bool) -> Attacked:
        return attacked(network, inputs.clamp(0, 1), labels, "pgd", options=of_code, seed=seed, towards=towards)

    work = {
        ("printed", name): lambda name=name: attacked(model, pixels, labels, name, options=options, seed=seed)
        for name in ATTACKS
    }
    work |= {
        ("code", "pgd"): lambda: clamped(True),
        ("code-away", "pgd"): lambda: clamped(False),
        ("code", "clamped"): lambda: Attacked(inputs.clamp(0, 1), nothing),
        ("printed", "features"): features,
    }
    asked, made = {("printed", name) for name in ATTACKS}, []
    for (reading, name), run in tqdm(work.items(), desc="attacks", leave=False, disable=None):
        key = f"{reading} {name}"
        if key not in done:
            done[key] = run()._asdict()
            checkpoint.write(done)
        of = {part: tensor.to(pixels.device) for part, tensor in done[key].items()}
        used = of["found"] if (reading, name) in asked else everything
        made.append(Made(reading, name, pixels if reading == "printed" else inputs, of["images"], of["found"], used))
    return made


def penultimate(model: OfPixels) -> Callable[[Tensor], Tensor]:
    """Give the function to the 128 features that the digit network's last layer gets."""

    def features(pixels: Tensor) -> Tensor:
        x = normalized(pixels)
        for name, layer in model.network.named_children():
            if name == "fc2":
                return x
            x = layer(x)
        raise ValueError("the network has no layer fc2")

    return features
