"""Digit networks as networks of pixels in [0, 1], and their accuracy under attack."""

from collections.abc import Iterable

import foolbox
import pandas as pd
import torch
from torch import Tensor, nn

from srop.data.digits import normalized
from srop.guest import visiting


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


def accuracy_under_attack(
    network: nn.Module, images: Tensor, labels: Tensor, *, eps: Iterable[float], steps: int, seed: int
) -> pd.DataFrame:
    """Test a digit network on digits under PGD from a random start, in steps of a quarter of the largest change.

    Args:
        network: A digit network. It runs in evaluation mode and is left as it was.
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
