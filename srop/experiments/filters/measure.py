"""Training of classifiers with held or modulated first-layer filters, and their robustness."""

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
from srop.networks.normalized import Normalized, color_statistics
from srop.networks.training import Task, evaluate, train
from srop.profiles import layer_statistics, profile

NETWORKS: dict[str, Callable[[], nn.Module]] = {"digit_cnn": digit_cnn, "resnet20": resnet20, "resnet18": resnet18}

# So few images that a batch stays in the processor's cache.
_BATCH = 50


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
        arm: The arm.
        data: The training images, on the device to train on.
        test: The images on which each epoch is tested.
        network: One of :data:`NETWORKS`.
        seed: The seed of the network, of the order of the images, and of the perturbation.
        cutoff: The cut-off, as for :func:`srop.filters.bands`.
        size: The size, as for :func:`srop.filters.bands`.
        training: Arguments of :func:`srop.networks.training.train`.
        checkpoint: As for :func:`srop.networks.training.train`.

    Reference:
        Ours, after the abstract of Jia et al. 2019.
    """
    device = data.images.device
    torch.manual_seed(seed)
    model = Normalized(NETWORKS[network](), *color_statistics(data.images)).to(device)
    convolution = first_convolution(model)

    def hold(model: nn.Module) -> None:
        if arm.proportion is not None:
            hold_proportion(convolution.weight.data, arm.proportion, cutoff, size=size)

    def loss_of(model: nn.Module, pixels: Tensor, labels: Tensor) -> Tensor:
        inputs = perturbed(pixels, arm.noise) if arm.noise else pixels
        return cross_entropy(model(inputs), labels.long())

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
    """Test a network on clean and on corrupted images.

    Args:
        model: A network of images in [0, 1]. It runs in evaluation mode and is left as it was.
        test: The clean images.
        corrupted: The same images by corruption and severity; see :mod:`srop.experiments.filters.corrupted_images`.

    Returns:
        ``corruption``, ``severity`` and ``accuracy``; the first row is of clean images, ``"none"`` with severity 0.
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
    """Give the quantities that are one number per network.

    Returns:
        ``low_<cutoff>``, the proportion of low filters below each cut-off; ``srop_first`` and ``srop_last``, mean SROPs
        of live maps in the first and in the last layer that :func:`srop.find_layers` finds, for the first test images.
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
