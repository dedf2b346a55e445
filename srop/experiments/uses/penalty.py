"""Digit networks that are trained for a low SROP, and what it costs and brings."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from srop.data.digits import Digits, normalized
from srop.guest import random_states_kept, visiting
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_task import digit_task
from srop.networks.pixel_network import accuracy_under_attack, digit_pixels
from srop.networks.training import train
from srop.penalty import fine_share
from srop.profiles import profile


@random_states_kept()
def penalized_network(
    digits: Digits,
    *,
    weight: float,
    layer: str,
    ring: int,
    seed: int,
    training: Mapping[str, Any],
    checkpoint: Checkpoint | None = None,
) -> nn.Sequential:
    r"""Train a digit network without a frog, with a penalty on the fine patterns of a layer.

    .. math:: L = L_{CE} + \lambda \, \overline{\sum_{k > r} S(k) / \sum_k S(k)}

    Args:
        digits: Training and test set, on the device to train on.
        weight: The weight :math:`\lambda`.
        layer: The layer whose maps are penalized; the mean is over images and channels.
        ring: The ring r of :func:`srop.fine_share`.
        seed: Seed of the network and of the order of the digits.
        training: Arguments of :func:`srop.networks.training.train`.
        checkpoint: As for :func:`srop.networks.training.train`.

    Reference:
        Yu et al. 2021, Sec. 6, for the purpose; the penalty is ours.
    """
    torch.manual_seed(seed)
    model = digit_cnn().to(digits.frog.device)
    cut = list(dict(model.named_children())).index(layer) + 1

    def loss_of(model: nn.Sequential, inputs: Tensor, labels: Tensor) -> Tensor:
        maps = model[:cut](inputs)
        loss = cross_entropy(model[cut:](maps), labels.long())
        return loss + weight * fine_share(maps, ring).mean() if weight else loss

    task = digit_task(digits, case="none", w=0.0)
    train(model, task, seed=seed, **training, loss_of=loss_of, checkpoint=checkpoint)
    return model.eval()


@random_states_kept()
def penalty_row(
    model: nn.Module, digits: Digits, *, layer: str, noise: float, eps: float, steps: int, seed: int
) -> dict[str, float]:
    """Measure a digit network: what a low SROP costs, and whether it makes the network robust.

    Args:
        model: What :func:`penalized_network` gives.
        digits: Its digits, of which the test set is used.
        layer: The layer.
        noise: Standard deviation of white noise on pixels in [0, 1].
        eps: Largest change of a pixel by PGD.
        steps: Steps of that PGD.
        seed: Seed of the noise and of the attack.

    Returns:
        ``srop`` (mean over the channels' means of live maps), ``dead_share``; ``accuracy`` on test digits, ``noise``
        and ``pgd``, the accuracy under noise and under attack.
    """
    pixels, labels = digit_pixels(digits.test_images), digits.test_labels
    noisy = pixels + noise * torch.randn(pixels.shape, generator=torch.Generator().manual_seed(seed)).to(pixels)
    table = profile(model, [normalized(pixels)], [layer], origin="")
    attacked = accuracy_under_attack(model, pixels, labels.long(), eps=[0.0, eps], steps=steps, seed=seed)
    with torch.no_grad(), visiting(model):
        right = model(normalized(noisy.clamp(0, 1))).argmax(dim=1) == labels
    clean, pgd = attacked["accuracy"]
    row = {"srop": table["mean"].mean(), "dead_share": table["dead_share"].mean()}
    return row | {"accuracy": clean, "noise": right.float().mean().item(), "pgd": pgd}


def penalty_table(rows: list[dict[str, float]]) -> pd.DataFrame:
    """Gather rows of :func:`penalty_row` with ``weight`` and ``seed``."""
    return pd.DataFrame(rows)[["weight", "seed", "srop", "dead_share", "accuracy", "noise", "pgd"]]
