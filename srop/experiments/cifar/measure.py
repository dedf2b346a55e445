"""Accuracy of CIFAR networks under attack, whole and behind a low-pass filter."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from srop.data.labeled import LabeledImages
from srop.experiments.cifar.training import LEVELS
from srop.networks.attack import accuracy_under
from srop.networks.cifar_resnet import resnet20
from srop.networks.normalized import Normalized
from srop.occlusion import images_of, shells, transformed


def low_passed(images: Tensor, cutoff: int) -> Tensor:
    r"""Remove the frequencies of images above a ring.

    .. math:: T^{-1}(m \cdot T x), \quad m = 1 \text{ in rings } 0, \dots, \text{cutoff}, \text{ else } 0

    The filter is a projection: a second pass changes nothing. Gradients pass the same filter, so an attack sees it.

    Args:
        images: ``(..., n, n)``.
        cutoff: The last ring that stays, in periods per image, as :func:`srop.occlusion.shells` of the DFT counts them.
            0 keeps the mean; the ring of the corner, 22 of 32 x 32, keeps all.

    Returns:
        The shape of the images. Values may lie outside the images' range.
    """
    kept = shells(images.shape[-1], "dft").to(images.device) <= cutoff
    return images_of(transformed(images, "dft") * kept, "dft")


class LowPassed(nn.Module):
    """A network that sees low-passed images.

    Args:
        network: A classifier of pixels in [0, 1].
        cutoff: As for :func:`low_passed`.
    """

    def __init__(self, network: nn.Module, cutoff: int) -> None:
        super().__init__()
        self.network, self.cutoff = network, cutoff

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(low_passed(pixels, self.cutoff).contiguous(memory_format=torch.channels_last))


def network_from(tensors: Mapping[str, Tensor], device: torch.device) -> Normalized:
    """Build a trained network from its state, whose names tell if blur pools subsample, in evaluation mode."""
    antialiased = any(".blur." in name for name in tensors)
    network = Normalized(resnet20(antialiased=antialiased), torch.zeros(3, 1, 1), torch.ones(3, 1, 1))
    network.load_state_dict(tensors)
    return network.to(device, memory_format=torch.channels_last).eval()


def accuracy_table(model: nn.Module, test: LabeledImages, *, attack: Mapping[str, Any], seed: int) -> pd.DataFrame:
    """Test a network on all test images, and on the first of them under attack.

    Args:
        model: A classifier of pixels in [0, 1].
        test: The test images.
        attack: As :class:`srop.experiments.cifar.section.Attack`, in plain types.
        seed: The seed of the random starts.

    Returns:
        A row without attack and one with it: ``under``, the largest change of 255; ``accuracy``; ``images``, how many.
    """
    rows = []
    for eps, count in ((0, len(test.labels)), (attack["eps"], attack["images"])):
        accuracy = _accuracy(model, test, count, attack, eps, seed)
        rows.append({"under": eps, "accuracy": accuracy, "images": count})
    return pd.DataFrame(rows)


def cutoffs_table(
    model: nn.Module, test: LabeledImages, *, cutoffs: Sequence[int], images: int, attack: Mapping[str, Any], seed: int
) -> pd.DataFrame:
    """Low-pass the input of a network by one cutoff after another, and attack the network with its filter.

    Args:
        model: A classifier of pixels in [0, 1].
        test: The test images.
        cutoffs: As for :func:`low_passed`.
        images: How many of the test images, the first.
        attack: As for :func:`accuracy_table`, whose ``images`` are not looked at.
        seed: As there.

    Returns:
        A row per cutoff and attack: ``cutoff``, ``under``, ``accuracy``, ``images``.

    Reference:
        Ours, for Wang et al. 2020, who say that a network is vulnerable since it relies on high frequencies.
    """
    rows = []
    for cutoff in cutoffs:
        filtered = LowPassed(model, cutoff)
        for eps in (0, attack["eps"]):
            accuracy = _accuracy(filtered, test, images, attack, eps, seed)
            rows.append({"cutoff": cutoff, "under": eps, "accuracy": accuracy, "images": images})
    return pd.DataFrame(rows)


def _accuracy(
    model: nn.Module, test: LabeledImages, count: int, attack: Mapping[str, Any], eps: float, seed: int
) -> float:
    options = {"eps": eps / LEVELS, "step": attack["step"] / LEVELS, "steps": attack["steps"], "seed": seed}
    return accuracy_under(model, test.images[:count], test.labels[:count], **options)
