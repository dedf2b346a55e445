"""Classifiers whose first-layer filters are held to a proportion, or modulated, and how robust they are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrize

from srop.data.labeled import LabeledImages
from srop.experiments.filters.arms import Arm
from srop.experiments.filters.modulation import Gates, perturbed
from srop.filters import hold_proportion, low_proportion
from srop.guest import random_states_kept, visiting
from srop.layers import find_layers
from srop.networks.checkpoint import Checkpoint
from srop.networks.cifar_resnet import resnet18, resnet20
from srop.networks.digit_cnn import digit_cnn
from srop.networks.first_convolution import first_convolution
from srop.networks.training import Task, evaluate, train
from srop.profiles import layer_statistics, profile

NETWORKS: dict[str, Callable[[], nn.Module]] = {"digit_cnn": digit_cnn, "resnet20": resnet20, "resnet18": resnet18}

# What stays in a cache.
_BATCH = 50


class Normalized(nn.Module):
    """A network that takes images in [0, 1], and brings them to a mean of 0 and a deviation of 1 by color.

    A color that is the same all over all images has no deviation; it is brought to 0.
    """

    def __init__(self, network: nn.Module, images: Tensor) -> None:
        super().__init__()
        self.network = network
        pixels = images.float() / 255
        self.register_buffer("mean", pixels.mean(dim=(0, 2, 3), keepdim=True)[0])
        # Of a color that does not vary, rounding leaves a deviation that it does not have.
        varies = (images != images[:1, :, :1, :1]).any(dim=(0, 2, 3))[:, None, None]
        self.register_buffer("std", torch.where(varies, pixels.std(dim=(0, 2, 3), keepdim=True)[0], 1.0))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network((pixels - self.mean) / self.std)


@random_states_kept()
def trained_arm(
    arm: Arm,
    data: LabeledImages,
    test: LabeledImages,
    *,
    network: str,
    seed: int,
    cutoff: float,
    size: int,
    training: Mapping[str, Any],
    checkpoint: Checkpoint | None = None,
) -> Normalized:
    """Train a classifier in one arm.

    Args:
        arm: How.
        data: What it learns, on the device to train on.
        test: What its epochs are tested on.
        network: One of :data:`NETWORKS`.
        seed: Of the network, the order and the perturbation.
        cutoff: Of :func:`srop.filters.bands`.
        size: Likewise.
        training: Of :func:`srop.networks.training.train`.
        checkpoint: See there.

    Reference:
        Ours, after the abstract of Jia et al. 2019.
    """
    device = data.images.device
    torch.manual_seed(seed)
    model = Normalized(NETWORKS[network](), data.images).to(device)
    convolution = first_convolution(model)

    def hold(model: nn.Module) -> None:
        if arm.proportion is not None:
            hold_proportion(convolution.weight.data, arm.proportion, cutoff, size=size)

    def loss_of(model: nn.Module, pixels: Tensor, labels: Tensor) -> Tensor:
        given = perturbed(pixels, arm.noise) if arm.noise else pixels
        return cross_entropy(model(given), labels.long())

    if arm.gates:
        gates = Gates(len(convolution.weight), convolution.kernel_size[0], cutoff, size=size)
        parametrize.register_parametrization(convolution, "weight", gates.to(device))
    hold(model)
    task = Task(
        f"filters, {arm.name}",
        len(data.labels),
        lambda indices: (data.images[indices].float() / 255, data.labels[indices]),
        lambda: _batches(test),
        device,
    )
    train(model, task, seed=seed, **training, loss_of=loss_of, after_step=hold, checkpoint=checkpoint)
    return model.eval()


def robustness_table(
    model: nn.Module, test: LabeledImages, corrupted: Mapping[tuple[str, int], Tensor]
) -> pd.DataFrame:
    """Test a network on images as they are, and corrupted.

    Args:
        model: Takes images in [0, 1]; it is evaluated, and left as it was.
        test: The images as they are.
        corrupted: The same images by corruption and severity; see :mod:`srop.experiments.filters.corrupted_images`.

    Returns:
        ``corruption``, ``severity`` and ``accuracy``; the first row is of images as they are, ``"none"`` of severity 0.
    """
    rows = []
    for (name, severity), images in {("none", 0): test.images, **corrupted}.items():
        with visiting(model):
            accuracy = evaluate(model, _batches(LabeledImages(images, test.labels)))[1]
        rows.append({"corruption": name, "severity": severity, "accuracy": accuracy})
    return pd.DataFrame(rows)


def network_row(
    model: Normalized, test: LabeledImages, *, cutoffs: Sequence[float], size: int, images: int
) -> dict[str, float]:
    """Say what is one number of a network.

    Returns:
        ``low_<cutoff>``, the proportion of low filters below each cut-off; ``srop_first`` and ``srop_last``, mean SROPs
        of live maps, of the first and of the last layer that :func:`srop.find_layers` finds, for the first test images.
    """
    weight = first_convolution(model).weight
    row = {f"low_{cutoff:g}": low_proportion(weight, cutoff, size=size) for cutoff in cutoffs}
    pixels = test.images[:images].float() / 255
    inputs = (pixels - model.mean) / model.std
    layers = find_layers(model.network, inputs[:1])
    table = layer_statistics(profile(model.network, [inputs], [layers[0], layers[-1]]))
    means = table.sort_values("depth")["mean"].to_numpy()
    return row | {"srop_first": means[0], "srop_last": means[-1]}


def _batches(data: LabeledImages) -> list[tuple[Tensor, Tensor]]:
    pairs = zip(data.images.split(_BATCH), data.labels.split(_BATCH), strict=True)
    return [(images.float() / 255, labels) for images, labels in pairs]
