"""Trainings of a ResNet-20 on CIFAR-10: natural, under attack, or on corrupted images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from srop.corruptions import corrupted
from srop.data.images import evenly_spaced
from srop.data.labeled import LabeledImages
from srop.guest import random_states_kept
from srop.networks.attack import accuracy_under, attacked
from srop.networks.checkpoint import Checkpoint
from srop.networks.cifar_resnet import resnet20
from srop.networks.normalized import Normalized, color_statistics
from srop.networks.training import Task, train

LEVELS = 255
"""Largest changes of a pixel and steps of attacks are given in these units."""

ONE_STEP = 1.25
"""The length of a single step, as a multiple of the largest change (Wong et al. 2020, "Fast is better than free")."""

_PADDING = 4
_BATCH = 250


@dataclass(frozen=True)
class Guard:
    """A watch for catastrophic overfitting, which attacks held-out images after each epoch.

    One step of attack can teach a network to withstand this step alone: its accuracy under more steps then falls to
    nearly 0 within an epoch.

    Attributes:
        data: Held-out images.
        eps: The largest change of a pixel, in [0, 1].
        steps: Steps of the attack, each a quarter of the largest change.
        least: The share of the best accuracy so far below which an epoch is not accepted.

    Reference:
        Wong et al. 2020, Sec. 5.4, stop a training there; going back is ours.
    """

    data: LabeledImages
    eps: float
    steps: int
    least: float

    def __call__(self, model: nn.Module, rows: list[dict[str, Any]]) -> bool:
        """Test the network, add ``attacked_accuracy`` and ``taken_back`` to the last row, and say if it is accepted."""
        attack = {"eps": self.eps, "step": self.eps / 4, "steps": self.steps, "seed": 0}
        accuracy = accuracy_under(model, self.data.images, self.data.labels, **attack)
        best = max((row["attacked_accuracy"] for row in rows[:-1] if not row["taken_back"]), default=0)
        accepted = accuracy >= self.least * best
        rows[-1] |= {"attacked_accuracy": accuracy, "taken_back": not accepted}
        return accepted


def split(data: LabeledImages, held_out: int) -> tuple[LabeledImages, LabeledImages]:
    """Split training images into those that are learned and those that are held out, evenly spaced."""
    places = torch.zeros(len(data.labels), dtype=torch.bool)
    places[list(evenly_spaced(range(len(places)), held_out))] = True
    places = places.to(data.labels.device)
    return tuple(LabeledImages(data.images[chosen], data.labels[chosen]) for chosen in (~places, places))


def varied(images: Tensor) -> Tensor:
    """Flip half of the images, and shift each by up to four pixels; what comes in is black.

    Args:
        images: ``(n, c, h, w)``.

    Returns:
        The same shape, channels last. What is drawn is of the global random state.

    Reference:
        He et al. 2016, Sec. 4.2.
    """
    count, _, height, width = images.shape
    device = images.device
    down, right = torch.randint(2 * _PADDING + 1, (2, count, 1), device=device)
    rows, columns = (start + torch.arange(size, device=device) for start, size in ((down, height), (right, width)))
    columns = torch.where(torch.rand(count, 1, device=device) < 0.5, columns, columns.flip(1))
    image = torch.arange(count, device=device)[:, None, None]
    shifted = pad(images, (_PADDING,) * 4)[image, :, rows[:, :, None], columns[:, None, :]]
    return shifted.permute(0, 3, 1, 2)


def network_of(images: Tensor, *, antialiased: bool = False) -> Normalized:
    """Build a ResNet-20 of pixels in [0, 1] that normalizes them by the statistics of training images."""
    network = Normalized(resnet20(antialiased=antialiased), *color_statistics(images.cpu()))
    return network.to(images.device, memory_format=torch.channels_last)


@random_states_kept()
def trained_network(
    data: LabeledImages,
    *,
    name: str,
    arm: Mapping[str, Any],
    seed: int,
    held_out: int,
    training: Mapping[str, Any],
    guard: Mapping[str, Any],
    checkpoint: Checkpoint | None = None,
) -> tuple[Normalized, pd.DataFrame]:
    """Train a network in one arm.

    Args:
        data: The training images, on the device to train on.
        name: The arm's name, for messages.
        arm: The arm, as :class:`srop.experiments.cifar.section.Arm`, in plain types.
        seed: The seed of the network, of the order and variation of the images, and of the attacks.
        held_out: How many of the images are not learned.
        training: As :class:`srop.experiments.cifar.section.Training`, in plain types.
        guard: As :class:`srop.experiments.cifar.section.Guard`, in plain types.
        checkpoint: As for :func:`srop.networks.training.train`.

    Returns:
        The network in evaluation mode, and the metrics of its epochs, on the held-out images: those of
        :func:`srop.networks.training.train`, and for an arm with an attack those of :class:`Guard`.

    Reference:
        Wong et al. 2020, Algorithm 3, for one step; Madry et al. 2018 for more.
    """
    torch.manual_seed(seed)
    learned, watched = split(data, held_out)
    model = network_of(learned.images, antialiased=arm["antialiased"])
    eps = arm["eps"] / LEVELS
    step = ONE_STEP * eps if arm["step"] is None else arm["step"] / LEVELS

    def batch(indices: Tensor) -> tuple[Tensor, Tensor]:
        pixels = varied(learned.images[indices]).float() / LEVELS
        if arm["corruption"]:
            drawn = int(torch.randint(2**31, ()))
            pixels = corrupted(pixels, arm["corruption"], arm["severity"], seed=drawn)
        return pixels.contiguous(memory_format=torch.channels_last), learned.labels[indices]

    def loss_of(model: nn.Module, pixels: Tensor, labels: Tensor) -> Tensor:
        if eps:
            pixels = attacked(model, pixels, labels, eps=eps, step=step, steps=arm["steps"])
        return cross_entropy(model(pixels), labels)

    def watch() -> list[tuple[Tensor, Tensor]]:
        pairs = zip(watched.images.split(_BATCH), watched.labels.split(_BATCH), strict=True)
        return [(images.float() / LEVELS, labels) for images, labels in pairs]

    first = LabeledImages(watched.images[: guard["images"]], watched.labels[: guard["images"]])
    options = {key: training[key] for key in ("momentum", "weight_decay")}
    metrics = train(
        model,
        Task(f"cifar, {name}", len(learned.labels), batch, watch, data.images.device),
        seed=seed,
        optimizer="sgd",
        epochs=arm["epochs"],
        options=options,
        **{key: training[key] for key in ("lr", "rise", "batch_size", "precision")},
        loss_of=loss_of,
        accept=Guard(first, eps, guard["steps"], guard["least"]) if eps else None,
        checkpoint=checkpoint,
    ).metrics
    return model.eval(), metrics
