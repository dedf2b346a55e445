"""Attacks on single images, and all of them on one digit network."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import foolbox
import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.data.digits import normalized
from srop.experiments.adversarial.changes import ChangedImages, robust_images
from srop.experiments.adversarial.readings import ATTACKS
from srop.guest import visiting
from srop.networks.checkpoint import Checkpoint
from srop.networks.pixel_network import PixelNetwork, digit_pixels, foolbox_model

_ATTACKS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "fgsm": lambda options: foolbox.attacks.LinfFastGradientAttack(),
    "pgd": lambda options: foolbox.attacks.LinfPGD(abs_stepsize=options["pgd_step"], steps=options["pgd_steps"]),
    # From foolbox's default constants so few steps reach no other class.
    "cw": lambda options: foolbox.attacks.L2CarliniWagnerAttack(
        binary_search_steps=options["cw_searches"], steps=options["cw_steps"], stepsize=0.1, initial_const=0.1
    ),
    "hopskipjump": lambda options: foolbox.attacks.HopSkipJumpAttack(steps=options["hopskipjump_steps"]),
}

BOUNDED = ("fgsm", "pgd")
"""Attacks with a largest change of a pixel; the others seek the smallest change."""


_BATCH = 50
"""How many images are attacked at once: HopSkipJump gives the network hundreds of times as many."""


class AttackResult(NamedTuple):
    """The images that an attack gives.

    Attributes:
        images: The attacked images, in their shape; an image is unchanged where the attack failed.
        adversarial: ``(m,)``, whether the network recognizes the image and does not recognize the attacked one.
    """

    images: Tensor
    adversarial: Tensor


def run_attack(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    name: str,
    *,
    options: Mapping[str, Any],
    seed: int = 0,
    towards: bool = False,
) -> AttackResult:
    """Attack a network's images.

    Args:
        model: A classifier of inputs in [0, 1]. It runs in evaluation mode and is left as it was, as are random states.
        images: ``(m, c, n, n)`` in [0, 1].
        labels: Their classes ``(m,)``.
        name: One of :data:`srop.experiments.adversarial.readings.ATTACKS`.
        options: ``eps`` (the largest change of a pixel, for :data:`BOUNDED`), ``pgd_steps``, ``pgd_step``,
            ``cw_searches``, ``cw_steps``, ``hopskipjump_steps``.
        seed: The seed of the first batch; each further batch takes the next one.
        towards: Whether to go towards the true class, as most batches of the authors' code do, or away from it.

    Raises:
        ValueError: If the attack does not exist, or images lie outside [0, 1].

    Reference:
        Wang et al. 2020 name FGSM, PGD, CW and SimBA. The implementations are foolbox's.
    """
    if name not in _ATTACKS:
        raise ValueError(f"there is no attack {name!r}; give one of {', '.join(ATTACKS)}")
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("the images hold values outside [0, 1]; attacks need images in [0, 1]")
    aim = foolbox.criteria.TargetedMisclassification if towards else foolbox.criteria.Misclassification
    limit = options["eps"] if name in BOUNDED else None
    pairs = zip(images.detach().split(_BATCH), labels.split(_BATCH), strict=True)
    parts = []
    with visiting(model):
        for place, pair in enumerate(pairs):
            torch.manual_seed(seed + place)
            parts.append(_attack_batch(model, *pair, _ATTACKS[name](options), aim, limit))
    return AttackResult(*(torch.cat(batches) for batches in zip(*parts, strict=True)))


def _attack_batch(
    model: nn.Module, images: Tensor, labels: Tensor, attack: Any, aim: Any, limit: float | None
) -> AttackResult:
    target = foolbox_model(model, images.device)
    bound = {} if limit is None else {"epsilon": limit}
    try:
        result = attack.run(target, images, aim(labels), **bound)
    except ValueError as error:
        # Foolbox stops for the whole batch if it finds no start for one image.
        if "init_attack failed" not in str(error):
            raise
        parts = [
            _attack_image(attack, target, image[None], aim(label[None]))
            for image, label in zip(images, labels, strict=True)
        ]
        result = torch.cat(parts)
    with torch.inference_mode():
        before, after = (model(inputs.clone()).argmax(dim=1) for inputs in (images, result))
    # A failed CW leaves black images. Foolbox counts them as adversarial if the network gives black another class.
    black = (result == 0).flatten(1).all(dim=1) & (images != 0).flatten(1).any(dim=1)
    adversarial = (before == labels) & (after != labels) & ~black
    changed = adversarial if limit is None else ~black
    return AttackResult(torch.where(changed[:, None, None, None], result, images), adversarial)


def _attack_image(attack: Any, target: Any, image: Tensor, criterion: Any) -> Tensor:
    try:
        return attack.run(target, image, criterion)
    except ValueError:
        return image


def attack_all(
    network: nn.Module, digits: Tensor, labels: Tensor, *, options: Mapping[str, Any], checkpoint: Checkpoint
) -> list[ChangedImages]:
    """Attack a digit network in all ways.

    Args:
        network: A classifier of normalized digits. It runs in evaluation mode and is left as it was.
        digits: uint8 ``(m, 28, 28)``.
        labels: Their classes.
        options: ``seed``, the options of :func:`run_attack`, ``code_eps`` (the largest change in normalized units),
            ``feature_steps``.
        checkpoint: Where finished attacks are kept, so that an interrupted run loses none.
    """
    done = checkpoint.read() or {}
    pixels, model = digit_pixels(digits), PixelNetwork(network)
    inputs, seed = normalized(pixels), options["seed"]
    nothing, everything = torch.zeros_like(labels, dtype=torch.bool), torch.ones_like(labels, dtype=torch.bool)
    code_options = {**options, "eps": options["code_eps"]}

    def features() -> AttackResult:
        images = robust_images(penultimate(model), model, pixels, steps=options["feature_steps"], seed=seed)
        return AttackResult(images, nothing)

    def clamped(towards: bool) -> AttackResult:
        return run_attack(network, inputs.clamp(0, 1), labels, "pgd", options=code_options, seed=seed, towards=towards)

    work = {
        ("printed", name): lambda name=name: run_attack(model, pixels, labels, name, options=options, seed=seed)
        for name in ATTACKS
    }
    work |= {
        ("code", "pgd"): lambda: clamped(True),
        ("code-away", "pgd"): lambda: clamped(False),
        ("code", "clamped"): lambda: AttackResult(inputs.clamp(0, 1), nothing),
        ("printed", "features"): features,
    }
    changes = []
    for (reading, name), run in tqdm(work.items(), desc="attacks", leave=False, disable=None):
        key = f"{reading} {name}"
        if key not in done:
            done[key] = run()._asdict()
            checkpoint.write(done)
        result = AttackResult(**{part: tensor.to(pixels.device) for part, tensor in done[key].items()})
        counted = result.adversarial if reading == "printed" and name in ATTACKS else everything
        changes.append(ChangedImages(reading, name, pixels if reading == "printed" else inputs, *result, counted))
    return changes


def penultimate(model: PixelNetwork) -> Callable[[Tensor], Tensor]:
    """Give the function from pixels to the 128 inputs of the digit network's last layer."""

    def features(pixels: Tensor) -> Tensor:
        x = normalized(pixels)
        for name, layer in model.network.named_children():
            if name == "fc2":
                return x
            x = layer(x)
        raise ValueError("the network has no layer fc2")

    return features
