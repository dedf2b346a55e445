"""Classifiers that learn or recognize low-rank images, with true and with permuted labels."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from tqdm import tqdm

from srop.data.digits import Digits, normalized
from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.coefficients import wavelet_coefficients
from srop.experiments.wavelets.rank1 import low_rank_images
from srop.guest import random_states_kept, visiting
from srop.networks.digit_cnn import digit_cnn
from srop.networks.training import Task, evaluate, train

FITTED = 0.95
"""A training set counts as fitted at this accuracy or above."""

_HIDDEN = 256


def build_classifier(name: str, shape: Sequence[int], classes: int) -> nn.Module:
    """Build a classifier, with weights drawn from the global random state.

    Args:
        name: ``"patterns"``, two linear layers, or ``"network"``, the digit network.
        shape: Shape of an input: colors, rows, columns.
        classes: Number of classes; the digit network has ten.

    Raises:
        ValueError: If the digit network does not fit the shape or the classes.
    """
    if name == "patterns":
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, classes))
    if not fits_digit_network(shape, classes):
        raise ValueError(
            f"the digit network takes 1 x 28 x 28 and ten classes, not {tuple(shape)} and {classes}; take the "
            "classifier 'patterns'"
        )
    return digit_cnn()


def fits_digit_network(shape: Sequence[int], classes: int) -> bool:
    """Say whether the digit network takes images of this shape and so many classes."""
    return tuple(shape) == (1, 28, 28) and classes == 10


@random_states_kept()
def train_and_test(
    data: LabeledImages,
    *,
    classifier: str,
    rank: int,
    permuted: bool,
    seed: int,
    images: int,
    training: Mapping[str, Any],
    wavelet: str,
) -> dict[str, Any]:
    """Train a classifier on low-rank images, and test it on as many other images of that rank.

    Args:
        data: The images to draw from, at least ``2 * images`` of them.
        classifier: As for :func:`build_classifier`; ``"patterns"`` learns coefficients, ``"network"`` images.
        rank: How many patterns each image keeps, in training and test.
        permuted: Whether the labels of the training images are permuted; the test images keep theirs.
        seed: Seed of the choice of images, the permutation, the weights and the order.
        images: How many images to learn.
        training: Arguments of :func:`srop.networks.training.train`.
        wavelet: Wavelet of one level, for ``classifier="patterns"``.

    Returns:
        ``train_accuracy`` and ``test_accuracy`` after the last epoch; ``epochs_to_fit``, the first epoch at whose end
        the training set is fitted (:data:`FITTED`; NaN if never); and ``chance``, the test accuracy of labels drawn
        from the labels of the training set.

    Raises:
        ValueError: If there are too few images, if all training images hold one and the same value, or for the reasons
            that :func:`build_classifier` gives.

    Reference:
        Yousefzadeh and Huang 2020 on memorization; classifiers and sizes are ours.
    """
    if len(data.labels) < 2 * images:
        raise ValueError(
            f"{images} images to learn and as many to test are more than {len(data.labels)}; learn fewer, or give more"
        )
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randperm(len(data.labels), generator=generator)[: 2 * images]
    inputs = low_rank_images(data.images[drawn].float() / 255, rank)
    if classifier == "patterns":
        inputs = wavelet_coefficients(inputs, wavelet=wavelet, level=1)
    deviation, largest = inputs[:images].std(), inputs[:images].abs().max()
    if not deviation > 8 * torch.finfo(inputs.dtype).eps * largest:
        raise ValueError(f"the {images} images to learn hold a single value; give images that differ")
    inputs = (inputs - inputs[:images].mean()) / deviation
    labels = data.labels[drawn]
    train_labels, test_labels = labels[:images], labels[images:]
    if permuted:
        train_labels = train_labels[torch.randperm(images, generator=generator)]
    classes = int(data.labels.max()) + 1
    torch.manual_seed(seed)
    model = build_classifier(classifier, inputs.shape[1:], classes)
    task = Task(
        f"{classifier}, {rank} patterns, {'permuted' if permuted else 'true'} labels",
        images,
        lambda indices: (inputs[indices], train_labels[indices]),
        lambda: [(inputs[images:], test_labels)],
        torch.device("cpu"),
    )

    def add_train_accuracy(model: nn.Module, row: dict[str, Any]) -> None:
        row["train_accuracy"] = evaluate(model, [(inputs[:images], train_labels)])[1]

    metrics = train(model, task, seed=seed, **training, after_epoch=add_train_accuracy).metrics
    fitted = metrics.loc[metrics["train_accuracy"] >= FITTED, "epoch"]
    last = metrics.iloc[-1]
    shares = [torch.bincount(labels, minlength=classes) / images for labels in (train_labels, test_labels)]
    return {
        "train_accuracy": last["train_accuracy"],
        "test_accuracy": last["test_accuracy"],
        "epochs_to_fit": fitted.iloc[0] if len(fitted) else np.nan,
        "chance": (shares[0] * shares[1]).sum().item(),
    }


def learning_table(
    data: LabeledImages,
    *,
    wavelet: str,
    ranks: Sequence[int],
    seeds: Sequence[int],
    patterns: Mapping[str, Any],
    network: Mapping[str, Any],
) -> pd.DataFrame:
    """Train all classifiers, with true and with permuted labels.

    Args:
        data: As for :func:`train_and_test`.
        wavelet: As for :func:`train_and_test`.
        ranks: Numbers of patterns; the full number is added. The digit network learns whole images only.
        seeds: Seeds of the trainings.
        patterns: ``images`` of the classifier ``"patterns"``, together with the items of its ``training``.
        network: The same for the digit network, which is left out if it does not fit the images.

    Returns:
        A row per training: ``classifier``, ``rank``, ``labels`` (``"true"`` or ``"permuted"``), ``seed``, ``images``,
        and the results of :func:`train_and_test`.
    """
    most = min(data.images.shape[-2:])
    ranks = sorted({most, *(min(rank, most) for rank in ranks)})
    arms = [("patterns", rank, patterns) for rank in ranks]
    if fits_digit_network(data.images.shape[1:], int(data.labels.max()) + 1):
        arms.append(("network", ranks[-1], network))
    rows = []
    trainings = [(*arm, permuted, seed) for arm in arms for permuted in (False, True) for seed in seeds]
    for name, rank, options, permuted, seed in tqdm(trainings, desc="trainings", leave=False, disable=None):
        training = {key: value for key, value in options.items() if key != "images"}
        keys = {"classifier": name, "rank": rank, "seed": seed, "images": options["images"]}
        accuracies = train_and_test(data, **keys, permuted=permuted, training=training, wavelet=wavelet)
        rows.append({**keys, "labels": "permuted" if permuted else "true", **accuracies})
    return pd.DataFrame(rows)


def accuracy_of_rebuilt(model: nn.Module, digits: Digits, *, ranks: Iterable[int]) -> pd.DataFrame:
    """Test a digit network on low-rank versions of the test digits.

    Args:
        model: A network that was trained on whole digits. It runs in evaluation mode, and is left as it was.
        digits: The test set, on the network's device.
        ranks: Numbers of patterns; the full number is added.

    Returns:
        A row per rank: ``rank``, ``accuracy``.

    Reference:
        Yousefzadeh and Huang 2020, abstract: "structures and patterns essential for learning"; the test is ours.
    """
    pixels = digits.test_images.float() / 255
    most, rows = min(pixels.shape[1:]), []
    with visiting(model), torch.inference_mode():
        for rank in sorted({most, *(min(rank, most) for rank in ranks)}):
            inputs = normalized(low_rank_images(pixels, rank))[:, None]
            batches = zip(inputs.split(250), digits.test_labels.split(250), strict=True)
            rows.append({"rank": rank, "accuracy": evaluate(model, batches)[1]})
    return pd.DataFrame(rows)
