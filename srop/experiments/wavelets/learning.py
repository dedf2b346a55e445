"""What classifiers make of images that are rebuilt from their first patterns, with true and with permuted labels."""

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
from srop.experiments.wavelets.rank1 import rebuilt
from srop.guest import random_states_kept, visiting
from srop.networks.digit_cnn import digit_cnn
from srop.networks.training import Task, evaluate, train

FITTED = 0.95
"""A training set counts as fitted from this accuracy on."""

_HIDDEN = 256


def classifier_of(name: str, shape: Sequence[int], classes: int) -> nn.Module:
    """Build a classifier, its weights drawn from the global random state.

    Args:
        name: ``"patterns"``, two linear layers, or ``"network"``, the digit network.
        shape: Of an input: colors, rows, columns.
        classes: How many; the digit network has ten.

    Raises:
        ValueError: If the digit network cannot take them.
    """
    if name == "patterns":
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, classes))
    if not is_for_the_digit_network(shape, classes):
        raise ValueError(f"the digit network takes 1 x 28 x 28 and ten classes, not {tuple(shape)} and {classes}")
    return digit_cnn()


def is_for_the_digit_network(shape: Sequence[int], classes: int) -> bool:
    """Say whether the digit network can learn such images."""
    return tuple(shape) == (1, 28, 28) and classes == 10


@random_states_kept()
def learned(
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
    """Train a classifier on images that are rebuilt from their first patterns, and test it on as many others.

    Args:
        data: Where the images are drawn from: at least twice as many.
        classifier: Of :func:`classifier_of`; ``"patterns"`` learns coefficients, ``"network"`` images.
        rank: How many patterns of each image, in training and test.
        permuted: Whether the labels of the training images are permuted; the test's stay.
        seed: Of the choice of images, the permutation, the weights and the order.
        images: How many to learn.
        training: Of :func:`srop.networks.training.train`.
        wavelet: Of one level, for ``classifier="patterns"``.

    Returns:
        ``train_accuracy`` and ``test_accuracy`` after the last epoch, ``epochs_to_fit``, the first epoch at whose end
        the training set is fitted (:data:`FITTED`; NaN if never), and ``chance``, the accuracy of labels drawn from the
        training set's.

    Raises:
        ValueError: If there are not so many images, or as :func:`classifier_of`.

    Reference:
        Yousefzadeh and Huang 2020 on memorization; classifiers and sizes are ours.
    """
    if len(data.labels) < 2 * images:
        raise ValueError(f"{images} images to learn and as many to test are more than {len(data.labels)}")
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(data.labels), generator=generator)[: 2 * images]
    inputs = rebuilt(data.images[chosen].float() / 255, rank)
    if classifier == "patterns":
        inputs = wavelet_coefficients(inputs, wavelet=wavelet, level=1)
    inputs = (inputs - inputs[:images].mean()) / inputs[:images].std()
    labels = data.labels[chosen]
    to_learn, own = labels[:images], labels[images:]
    if permuted:
        to_learn = to_learn[torch.randperm(images, generator=generator)]
    classes = int(data.labels.max()) + 1
    torch.manual_seed(seed)
    model = classifier_of(classifier, inputs.shape[1:], classes)
    task = Task(
        f"{classifier}, {rank} patterns, {'permuted' if permuted else 'true'} labels",
        images,
        lambda indices: (inputs[indices], to_learn[indices]),
        lambda: [(inputs[images:], own)],
        torch.device("cpu"),
    )

    def fit(model: nn.Module, row: dict[str, Any]) -> None:
        row["train_accuracy"] = evaluate(model, [(inputs[:images], to_learn)])[1]

    metrics = train(model, task, seed=seed, **training, after_epoch=fit).metrics
    fitted = metrics.loc[metrics["train_accuracy"] >= FITTED, "epoch"]
    last = metrics.iloc[-1]
    shares = [torch.bincount(of, minlength=classes) / images for of in (to_learn, own)]
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
        data: As for :func:`learned`.
        wavelet: Likewise.
        ranks: Numbers of patterns, to which the full number is added; the digit network learns whole images alone.
        seeds: Of the trainings.
        patterns: ``images`` and ``training`` of the classifier of patterns, as one.
        network: Likewise, of the digit network, which is left out where the images are no digits.

    Returns:
        A row per training: ``classifier``, ``rank``, ``labels`` (``"true"`` or ``"permuted"``), ``seed``, ``images``,
        and what :func:`learned` gives.
    """
    most = min(data.images.shape[-2:])
    ranks = sorted({most, *(min(rank, most) for rank in ranks)})
    arms = [("patterns", rank, patterns) for rank in ranks]
    if is_for_the_digit_network(data.images.shape[1:], int(data.labels.max()) + 1):
        arms.append(("network", ranks[-1], network))
    rows = []
    trainings = [(*arm, permuted, seed) for arm in arms for permuted in (False, True) for seed in seeds]
    for name, rank, options, permuted, seed in tqdm(trainings, desc="trainings", leave=False, disable=None):
        training = {key: value for key, value in options.items() if key != "images"}
        chosen = {"classifier": name, "rank": rank, "seed": seed, "images": options["images"]}
        found = learned(data, **chosen, permuted=permuted, training=training, wavelet=wavelet)
        rows.append({**chosen, "labels": "permuted" if permuted else "true", **found})
    return pd.DataFrame(rows)


def accuracy_of_rebuilt(model: nn.Module, digits: Digits, *, ranks: Iterable[int]) -> pd.DataFrame:
    """Test a digit network on the test digits, rebuilt from their first patterns.

    Args:
        model: A network that was trained on whole digits; it is evaluated, and left as it was.
        digits: The test set, on the network's device.
        ranks: Numbers of patterns.

    Returns:
        A row per rank, the full one among them: ``rank``, ``accuracy``.

    Reference:
        Yousefzadeh and Huang 2020, abstract: "structures and patterns essential for learning"; the test is ours.
    """
    pixels = digits.test_images.float() / 255
    most, rows = min(pixels.shape[1:]), []
    with visiting(model), torch.inference_mode():
        for rank in sorted({most, *(min(rank, most) for rank in ranks)}):
            inputs = normalized(rebuilt(pixels, rank))[:, None]
            batches = zip(inputs.split(250), digits.test_labels.split(250), strict=True)
            rows.append({"rank": rank, "accuracy": evaluate(model, batches)[1]})
    return pd.DataFrame(rows)
