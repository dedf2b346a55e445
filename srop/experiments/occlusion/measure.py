"""Measurements of one network: occluded frequencies in all readings, the heat map, and the SROPs of its layers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from srop.data.digits import Digits, normalized
from srop.experiments.occlusion.readings import READINGS
from srop.guest import random_states_kept, visiting
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_layers import DIGIT_LAYERS
from srop.occlusion import Normalize, fourier_heatmap, occluded_frequency, shells, transformed
from srop.profiles import layer_statistics, profile
from srop.rolloff import rolloff_points
from srop.statistics import DEAD_TREATMENTS

_BATCH = 50


class Sample(NamedTuple):
    """Images ``(m, c, n, n)`` in [0, 1] and their classes ``(m,)``."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Setup:
    """The images, normalization and layers with which networks of one kind are measured.

    Attributes:
        test: Images that the networks have not seen.
        training: Training images, for the reading ``"code"``.
        normalize: The function from images to the networks' inputs.
        layers: Names of layers, as :func:`srop.profile` takes them.
    """

    test: Sample
    training: Sample
    normalize: Normalize
    layers: Mapping[str, str]


def digit_setup(digits: Digits, count: int) -> Setup:
    """Take the first digits of the test and of the training set."""

    def first(images: Tensor, labels: Tensor) -> Sample:
        return Sample(images[:count, None].float() / 255, labels[:count].long())

    return Setup(
        test=first(digits.test_images, digits.test_labels),
        training=first(digits.train_images, digits.train_labels),
        normalize=normalized,
        layers={name: name for name in DIGIT_LAYERS},
    )


def digit_networks(
    trained: Sequence[tuple[dict[str, Any], Mapping[str, Tensor]]], device: torch.device, *, random: Sequence[int]
) -> Iterator[tuple[dict[str, Any], nn.Module]]:
    """Iterate over digit networks.

    Args:
        trained: For each trained network a name, ``weights`` and ``seed``, and its weights.
        device: The device of the networks.
        random: Seeds of random networks, which come first.

    Yields:
        The name of a network, ``weights`` and ``seed``, and the network; the next one may be the same object with other
        weights.
    """
    for seed in random:
        with random_states_kept():
            torch.manual_seed(seed)
            model = digit_cnn().to(device).eval()
        yield {"weights": "random", "seed": seed}, model
    with random_states_kept():
        model = digit_cnn().to(device).eval()
    for keys, weights in trained:
        model.load_state_dict(weights)
        yield keys, model


def measure_all(
    networks: Iterable[tuple[dict[str, Any], nn.Module]],
    setup: Setup,
    *,
    readings: Iterable[str],
    heat: Mapping[str, Any],
) -> dict[str, pd.DataFrame]:
    """Measure networks of one kind.

    Args:
        networks: The name of each network, as columns, and the network.
        setup: The setup of their kind.
        readings: Names of :data:`srop.experiments.occlusion.readings.READINGS`.
        heat: ``images`` and ``norm`` of :func:`heat_table`.

    Returns:
        ``occluded``, ``heat``, ``layers`` and ``networks``, the tables below with the names of the networks, and
        ``spectrum``, the table of the images.
    """
    tables, options = defaultdict(list), {name: READINGS[name] for name in readings}
    for keys, model in tqdm(networks, desc="networks", leave=False, disable=None):
        tables["occluded"].append(occluded_table(model, setup, readings=options).assign(**keys))
        tables["heat"].append(heat_table(model, setup, **heat).assign(**keys))
        tables["layers"].append(layers_table(model, setup).assign(**keys))
        tables["networks"].append(network_table(model, setup).assign(**keys))
    spectrum = spectrum_table(setup.test)
    return {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()} | {"spectrum": spectrum}


def occluded_table(model: nn.Module, setup: Setup, *, readings: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Occlude every frequency of every image.

    Args:
        model: A classifier.
        setup: The setup of its kind.
        readings: Some of :data:`srop.experiments.occlusion.readings.READINGS`.

    Returns:
        A row per reading, image and frequency: ``reading``, ``image`` (its place), ``label``, ``frequency``,
        ``occluded``, as :func:`srop.occluded_frequency` gives it.
    """
    tables = []
    for reading, options in readings.items():
        images, labels = setup.training if reading == "code" else setup.test
        normalize = None if reading == "code" else setup.normalize
        scores = occluded_frequency(model, images, labels, normalize=normalize, **options)
        if reading == "code":
            scores = scores[:, :-1]
        wide = pd.DataFrame(scores.numpy()).assign(label=labels.tolist()).rename_axis("image").reset_index()
        table = wide.melt(["image", "label"], var_name="frequency", value_name="occluded")
        tables.append(table.assign(reading=reading))
    return pd.concat(tables, ignore_index=True)


def heat_table(model: nn.Module, setup: Setup, *, images: int, norm: float) -> pd.DataFrame:
    """Measure :func:`srop.fourier_heatmap` of the first images.

    Returns:
        A row per wave: ``v``, ``u``, ``error``, ``change``.
    """
    first = [values[:images] for values in setup.test]
    maps = fourier_heatmap(model, *first, norm=norm, normalize=setup.normalize)
    size = len(maps.error)
    rows = ((v - size // 2, u - size // 2) for v in range(size) for u in range(size))
    return pd.DataFrame(rows, columns=["v", "u"]).assign(
        error=maps.error.flatten().numpy(), change=maps.change.flatten().numpy()
    )


def layers_table(model: nn.Module, setup: Setup) -> pd.DataFrame:
    """Give :func:`srop.profiles.layer_statistics` of the layers for the test images."""
    table = profile(model, list(_inputs(setup)), setup.layers, dead=DEAD_TREATMENTS)
    return layer_statistics(table.drop(columns=["convention", "reference", "origin", "coarse"]))


def input_gradients(model: nn.Module, setup: Setup) -> tuple[Tensor, Tensor]:
    """Give the gradients of the loss by the test images, and which images the network recognizes.

    Args:
        model: A classifier. It runs in evaluation mode and is left as it was.
        setup: The setup of its kind.

    Returns:
        The gradient of the loss with respect to each normalized input, in the shape of the images; and booleans
        ``(m,)``, true where the network recognizes the image.
    """
    gradients, right = [], []
    labels = iter(setup.test.labels.split(_BATCH))
    with visiting(model):
        for batch, classes in zip(_inputs(setup), labels, strict=True):
            inputs = batch.detach().requires_grad_()
            logits = model(inputs.clone())
            loss = cross_entropy(logits, classes, reduction="sum")
            gradients.append(torch.autograd.grad(loss, inputs)[0])
            right.append(logits.argmax(dim=1) == classes)
    return torch.cat(gradients), torch.cat(right)


def network_table(model: nn.Module, setup: Setup) -> pd.DataFrame:
    """Give a row of the quantities that are one number per network.

    Returns:
        ``accuracy`` on the test images; ``gradient_srop``, the mean SROP of the gradients that are not zero.
    """
    gradients, right = input_gradients(model, setup)
    points = rolloff_points(gradients)
    return pd.DataFrame({"accuracy": [right.float().mean().item()], "gradient_srop": [points.nanmean().item()]})


def _inputs(setup: Setup) -> Iterator[Tensor]:
    for part in setup.test.images.split(_BATCH):
        part = part.clone()
        yield part if setup.normalize is None else setup.normalize(part)


def spectrum_table(sample: Sample) -> pd.DataFrame:
    r"""Give the distribution of the images' energy over frequencies, by class and over all images.

    Args:
        sample: The images.

    Returns:
        A row per ``transform``, ``label`` (-1 for all) and ``frequency``: ``energy``, the share
        :math:`\sum_i |(T x)_i|^2 / \|x\|^2` of the components of that frequency, averaged over all images that are not
        black; ``images``, the number of these images. The energy is NaN if all images are black.
    """
    tables = []
    for transform in ("dct", "dft"):
        frequency = shells(sample.images.shape[-1], transform).to(sample.images.device).flatten()
        power = transformed(sample.images.double(), transform).abs().square().sum(dim=1).flatten(1)
        totals = torch.zeros(len(power), int(frequency.max()) + 1, dtype=power.dtype, device=power.device)
        energy = power.sum(dim=1, keepdim=True)
        shares = totals.index_add_(1, frequency, power) / energy
        # Not `energy > 0`: images with NaN are not black.
        counted = (energy != 0).flatten()
        for label in (-1, *sorted(set(sample.labels.tolist()))):
            rows = shares[counted] if label < 0 else shares[counted & (sample.labels == label)]
            columns = {"frequency": range(rows.shape[1]), "energy": rows.mean(dim=0).cpu().numpy()}
            tables.append(pd.DataFrame(columns).assign(transform=transform, label=label, images=len(rows)))
    return pd.concat(tables, ignore_index=True)
