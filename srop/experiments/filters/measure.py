"""Classifiers whose first-layer filters are held to a proportion, or modulated, and how robust they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrize
from tqdm import tqdm

from srop.corruptions import corrupted
from srop.data.cifar10c import cifar10c
from srop.data.labeled import LabeledImages
from srop.experiments.filters.modulation import Gates, perturbed
from srop.filters import hold_proportion, low_proportion
from srop.finding import find_layers
from srop.layerwise import layer_statistics, profile
from srop.networks.checkpoint import Checkpoint
from srop.networks.cifar_resnet import resnet18, resnet20
from srop.networks.digit_cnn import digit_cnn
from srop.networks.training import Task, evaluate, train

NETWORKS: dict[str, Callable[[], nn.Module]] = {"digit_cnn": digit_cnn, "resnet20": resnet20, "resnet18": resnet18}

# What stays in a cache.
_BATCH = 50


@dataclass(frozen=True)
class Arm:
    """How a network is trained.

    Attributes:
        name: Short.
        proportion: Of low filters, held after each step; None leaves them free.
        gates: Whether the filters' bands are modulated by gates that are learned.
        noise: By which the power of training images is perturbed; 0 for none.
    """

    name: str
    proportion: float | None = None
    gates: bool = False
    noise: float = 0.0


def arms(proportions: Sequence[float], noise: float) -> dict[str, list[Arm]]:
    """List all arms by group.

    Returns:
        ``"held"``: one for each proportion; ``"modulated"``: four in which gates and perturbation are told apart.
    """
    held = [Arm(f"p{proportion:g}", proportion=proportion) for proportion in proportions]
    free = [("plain", False, 0.0), ("gates", True, 0.0), ("perturbed", False, noise), ("both", True, noise)]
    return {"held": held, "modulated": [Arm(name, gates=gates, noise=of) for name, gates, of in free]}


def first_convolution(network: nn.Module) -> nn.Conv2d:
    """Find the first convolution of a network.

    Raises:
        ValueError: If there is none.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise ValueError(f"a {type(network).__name__} has no convolution")


class Normalized(nn.Module):
    """A network that takes images in [0, 1], and brings them to a mean of 0 and a deviation of 1 by color."""

    def __init__(self, network: nn.Module, images: Tensor) -> None:
        super().__init__()
        self.network = network
        pixels = images.float() / 255
        self.register_buffer("mean", pixels.mean(dim=(0, 2, 3), keepdim=True)[0])
        self.register_buffer("std", pixels.std(dim=(0, 2, 3), keepdim=True)[0])

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network((pixels - self.mean) / self.std)


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


def corrupted_tests(
    test: LabeledImages, corruptions: Sequence[str], severities: Sequence[int]
) -> Iterator[tuple[dict[str, Any], LabeledImages]]:
    """Go through the test set as it is (``corruption`` is ``"none"``, of severity 0), and corrupted."""
    yield {"corruption": "none", "severity": 0}, test
    pixels = test.images.float() / 255
    pairs = [(name, severity) for name in corruptions for severity in severities]
    for name, severity in tqdm(pairs, desc="corruptions", leave=False, disable=None):
        images = (255 * corrupted(pixels, name, severity)).round().to(torch.uint8)
        yield {"corruption": name, "severity": severity}, LabeledImages(images, test.labels)


def archived_tests(
    test: LabeledImages, corruptions: Sequence[str], severities: Sequence[int], *, archive: str
) -> Iterator[tuple[dict[str, Any], LabeledImages]]:
    """Go through the test set as it is, and through as many images of each part of CIFAR-10-C's archive."""
    yield {"corruption": "none", "severity": 0}, test
    pairs = [(name, severity) for name in corruptions for severity in severities]
    device = test.images.device
    for name, severity in tqdm(pairs, desc="corruptions", leave=False, disable=None):
        found = cifar10c(archive, name, severity, len(test.labels))
        yield (
            {"corruption": name, "severity": severity},
            LabeledImages(found.images.to(device), found.labels.to(device)),
        )


def robustness_table(model: nn.Module, tests: Sequence[tuple[dict[str, Any], LabeledImages]]) -> pd.DataFrame:
    """Test a network: a row per ``corruption`` and ``severity`` with its ``accuracy``."""
    return pd.DataFrame([{**keys, "accuracy": evaluate(model, _batches(test))[1]} for keys, test in tests])


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
    means = table[table["dead"] == "omit"].sort_values("depth")["mean"].to_numpy()
    return row | {"srop_first": means[0], "srop_last": means[-1]}


def _batches(data: LabeledImages) -> list[tuple[Tensor, Tensor]]:
    pairs = zip(data.images.split(_BATCH), data.labels.split(_BATCH), strict=True)
    return [(images.float() / 255, labels) for images, labels in pairs]
