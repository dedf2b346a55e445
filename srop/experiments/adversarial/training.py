"""Digit networks that are trained under attack, and how many digits they recognize under one."""

from collections.abc import Iterable, Mapping
from typing import Any

import foolbox
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from srop.data.digits import Digits, normalized
from srop.guest import random_states_kept, visiting
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.training import Task, train

ONE_STEP = 1.25
"""The length of a single step, by the largest change that an attack may make (Wong et al. 2020, "Fast is better than
free")."""


class OfPixels(nn.Module):
    """A digit network that takes pixels in [0, 1]: attacks then stay within what an image can be."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(normalized(pixels))


def pixels_of(images: Tensor) -> Tensor:
    """Give digits ``(n, 28, 28)`` in uint8 as pixels ``(n, 1, 28, 28)`` in [0, 1]."""
    return images[:, None].float() / 255


class _OfCopies(nn.Module):
    """A network that is given copies: layers that work in place would change the images that foolbox goes on with."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.training = network, False

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images.clone())


def seen_by_foolbox(model: nn.Module, device: torch.device | str) -> foolbox.PyTorchModel:
    """Let foolbox attack a network, which is in evaluation mode and whose inputs lie in [0, 1]."""
    return foolbox.PyTorchModel(_OfCopies(model), bounds=(0, 1), device=device)


def pgd(eps: float, steps: int, step: float | None) -> foolbox.attacks.LinfPGD:
    """Make a projected gradient descent from a random start.

    Args:
        eps: The largest change of a pixel.
        steps: How many.
        step: The length of each; None takes :data:`ONE_STEP` by ``eps``.
    """
    return foolbox.attacks.LinfPGD(abs_stepsize=step or ONE_STEP * eps, steps=steps)


@random_states_kept()
def robust_training(
    digits: Digits,
    *,
    eps: float,
    seed: int,
    steps: int,
    step: float | None,
    training: Mapping[str, Any],
    checkpoint: Checkpoint | None = None,
) -> tuple[nn.Module, pd.DataFrame]:
    r"""Train a digit network on digits that are attacked as they are used.

    .. math:: \min_\theta E \max_{\|x' - x\|_\infty \le \epsilon} L(f_\theta(x'), y)

    Args:
        digits: Training and test set, on the device to train on.
        eps: The largest change of a pixel; 0 trains naturally.
        seed: Of the network, the order and the attacks.
        steps: Of :func:`pgd`, in each step of the training.
        step: Likewise.
        training: Of :func:`srop.networks.training.train`.
        checkpoint: See there.

    Returns:
        The digit network, and the metrics of its epochs.

    Reference:
        Madry et al. 2018, Eq. 2.1.
    """
    torch.manual_seed(seed)
    model = OfPixels(digit_cnn().to(digits.frog.device))
    attack = pgd(eps, steps, step)

    def loss_of(model: nn.Module, pixels: Tensor, labels: Tensor) -> Tensor:
        if eps:
            pixels = attack.run(seen_by_foolbox(model.eval(), pixels.device), pixels, labels.long(), epsilon=eps)
            model.train()
        return cross_entropy(model(pixels), labels.long())

    def batch(indices: Tensor) -> tuple[Tensor, Tensor]:
        return pixels_of(digits.train_images[indices]), digits.train_labels[indices]

    def test() -> list[tuple[Tensor, Tensor]]:
        return [(pixels_of(digits.test_images), digits.test_labels)]

    task = Task(f"eps={eps:g}", len(digits.train_labels), batch, test, digits.frog.device)
    metrics = train(model, task, seed=seed, **training, loss_of=loss_of, checkpoint=checkpoint).metrics
    return model.network, metrics


def accuracy_under_attack(
    network: nn.Module, images: Tensor, labels: Tensor, *, eps: Iterable[float], steps: int, seed: int
) -> pd.DataFrame:
    """Test a digit network on digits under PGD from a random start, in steps of a quarter of the largest change.

    Args:
        network: As :func:`robust_training` gives it; it is evaluated, and left as it was.
        images: Pixels in [0, 1].
        labels: Their classes.
        eps: The largest changes of a pixel; 0 is no attack.
        steps: Of the attack.
        seed: Of the random starts.

    Returns:
        A row for each of them: ``under``, ``accuracy``.
    """
    model, rows = OfPixels(network), []
    images = images.detach()
    with visiting(model):
        for size in eps:
            torch.manual_seed(seed)
            given = images
            if size:
                attack = foolbox.attacks.LinfPGD(rel_stepsize=0.25, steps=steps)
                given = attack.run(seen_by_foolbox(model, images.device), images, labels, epsilon=size)
            with torch.inference_mode():
                found = model(given).argmax(dim=1)
            rows.append({"under": size, "accuracy": (found == labels).float().mean().item()})
    return pd.DataFrame(rows)
