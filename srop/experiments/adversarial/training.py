"""Digit networks trained under attack, and their accuracy under attack."""

from collections.abc import Mapping
from typing import Any

import foolbox
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from srop.data.digits import Digits
from srop.guest import random_states_kept
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.pixel_network import PixelNetwork, digit_pixels, foolbox_model
from srop.networks.training import Task, train

ONE_STEP = 1.25
"""The length of a single step, as a multiple of the largest change (Wong et al. 2020, "Fast is better than free")."""


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
