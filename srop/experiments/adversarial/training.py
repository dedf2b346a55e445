"""Digit networks trained under attack, and their accuracy under attack."""

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
"""The length of a single step, as a multiple of the largest change (Wong et al. 2020, "Fast is better than free")."""


class PixelNetwork(nn.Module):
    """A digit network that takes pixels in [0, 1], so that attacked images are images."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(normalized(pixels))


def digit_pixels(images: Tensor) -> Tensor:
    """Give digits ``(n, 28, 28)`` in uint8 as pixels ``(n, 1, 28, 28)`` in [0, 1]."""
    return images[:, None].float() / 255


class _CopyingNetwork(nn.Module):
    """A network that runs on copies of its inputs: layers that work in place would change foolbox's own images."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.training = network, False

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images.clone())


def foolbox_model(model: nn.Module, device: torch.device | str) -> foolbox.PyTorchModel:
    """Wrap a network in evaluation mode, with inputs in [0, 1], for foolbox's attacks."""
    return foolbox.PyTorchModel(_CopyingNetwork(model), bounds=(0, 1), device=device)


def pgd(eps: float, steps: int, step: float | None) -> foolbox.attacks.LinfPGD:
    """Build the attack by projected gradient descent from a random start.

    Args:
        eps: The largest change of a pixel.
        steps: How many steps.
        step: The length of each step; None takes :data:`ONE_STEP` times ``eps``.
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
    r"""Train a digit network on digits that are attacked in every step.

    .. math:: \min_\theta E \max_{\|x' - x\|_\infty \le \epsilon} L(f_\theta(x'), y)

    Args:
        digits: Training and test set, on the device to train on.
        eps: The largest change of a pixel; 0 trains naturally.
        seed: The seed of the network, of the order of the digits, and of the attacks.
        steps: How many steps :func:`pgd` takes in each step of the training.
        step: The length of each step, as for :func:`pgd`.
        training: Arguments of :func:`srop.networks.training.train`.
        checkpoint: As for :func:`srop.networks.training.train`.

    Returns:
        The digit network, and the metrics of its epochs.

    Reference:
        Madry et al. 2018, Eq. 2.1.
    """
    torch.manual_seed(seed)
    model = PixelNetwork(digit_cnn().to(digits.frog.device))
    attack = pgd(eps, steps, step)

    def loss_of(model: nn.Module, pixels: Tensor, labels: Tensor) -> Tensor:
        if eps:
            pixels = attack.run(foolbox_model(model.eval(), pixels.device), pixels, labels.long(), epsilon=eps)
            model.train()
        return cross_entropy(model(pixels), labels.long())

    def batch(indices: Tensor) -> tuple[Tensor, Tensor]:
        return digit_pixels(digits.train_images[indices]), digits.train_labels[indices]

    def test() -> list[tuple[Tensor, Tensor]]:
        return [(digit_pixels(digits.test_images), digits.test_labels)]

    task = Task(f"eps={eps:g}", len(digits.train_labels), batch, test, digits.frog.device)
    metrics = train(model, task, seed=seed, **training, loss_of=loss_of, checkpoint=checkpoint).metrics
    return model.network, metrics


def accuracy_under_attack(
    network: nn.Module, images: Tensor, labels: Tensor, *, eps: Iterable[float], steps: int, seed: int
) -> pd.DataFrame:
    """Test a digit network on digits under PGD from a random start, in steps of a quarter of the largest change.

    Args:
        network: What :func:`robust_training` gives. It runs in evaluation mode and is left as it was.
        images: Pixels in [0, 1].
        labels: Their classes.
        eps: The largest changes of a pixel; 0 is no attack.
        steps: How many steps the attack takes.
        seed: The seed of the random starts.

    Returns:
        A row for each largest change: ``under`` (the change), ``accuracy``.
    """
    model, rows = PixelNetwork(network), []
    images = images.detach()
    with visiting(model):
        for size in eps:
            torch.manual_seed(seed)
            attacked = images
            if size:
                attack = foolbox.attacks.LinfPGD(rel_stepsize=0.25, steps=steps)
                attacked = attack.run(foolbox_model(model, images.device), images, labels, epsilon=size)
            with torch.inference_mode():
                classes = model(attacked).argmax(dim=1)
            rows.append({"under": size, "accuracy": (classes == labels).float().mean().item()})
    return pd.DataFrame(rows)
