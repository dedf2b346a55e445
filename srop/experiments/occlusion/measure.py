"""What is measured of one network: occluded frequencies in all readings, the heat map, and the SROPs of its layers."""

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
class Subject:
    """What networks of one kind are measured with.

    Attributes:
        tested: Images that the networks have not seen.
        learned: Images for the reading ``"code"``.
        normalize: What brings images to what the networks take.
        layers: Names of layers, as :func:`srop.profile` takes them.
    """

    tested: Sample
    learned: Sample
    normalize: Normalize
    layers: Mapping[str, str]


def digit_subject(digits: Digits, count: int) -> Subject:
    """Take the first digits of the test and of the training set."""

    def first(images: Tensor, labels: Tensor) -> Sample:
        return Sample(images[:count, None].float() / 255, labels[:count].long())

    return Subject(
        tested=first(digits.test_images, digits.test_labels),
        learned=first(digits.train_images, digits.train_labels),
        normalize=normalized,
        layers={name: name for name in DIGIT_LAYERS},
    )


def digit_networks(
    trained: Sequence[tuple[dict[str, Any], Mapping[str, Tensor]]], device: torch.device, *, random: Sequence[int]
) -> Iterator[tuple[dict[str, Any], nn.Module]]:
    """Go through digit networks.

    Args:
        trained: ``weights`` (what they are called) and ``seed``, and the weights themselves.
        device: Where they are to run.
        random: Seeds of random networks, which come first.

    Yields:
        ``weights`` and ``seed``, and the network, which may come again, changed.
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
    found: Iterable[tuple[dict[str, Any], nn.Module]],
    subject: Subject,
    *,
    readings: Iterable[str],
    heat: Mapping[str, Any],
) -> dict[str, pd.DataFrame]:
    """Measure networks of one kind.

    Args:
        found: What names each network, and the network.
        subject: Their images.
        readings: Names of :data:`srop.experiments.occlusion.readings.READINGS`.
        heat: ``images`` and ``norm`` of :func:`heat_table`.

    Returns:
        ``occluded``, ``heat``, ``layers`` and ``networks``, the tables below with what names each network, and
        ``spectrum``, that of the images.
    """
    tables, chosen = defaultdict(list), {name: READINGS[name] for name in readings}
    for keys, model in tqdm(found, desc="networks", leave=False, disable=None):
        tables["occluded"].append(occluded_table(model, subject, readings=chosen).assign(**keys))
        tables["heat"].append(heat_table(model, subject, **heat).assign(**keys))
        tables["layers"].append(layers_table(model, subject).assign(**keys))
        tables["networks"].append(network_table(model, subject).assign(**keys))
    spectrum = spectrum_table(subject.tested)
    return {name: pd.concat(of, ignore_index=True) for name, of in tables.items()} | {"spectrum": spectrum}


def occluded_table(model: nn.Module, subject: Subject, *, readings: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Occlude every frequency of every image.

    Args:
        model: A classifier.
        subject: Its images.
        readings: Some of :data:`srop.experiments.occlusion.readings.READINGS`.

    Returns:
        A row per reading, image and frequency: ``reading``, ``image`` (its place), ``label``, ``frequency``,
        ``occluded``, as :func:`srop.occluded_frequency` gives it.
    """
    tables = []
    for reading, options in readings.items():
        images, labels = subject.learned if reading == "code" else subject.tested
        normalize = None if reading == "code" else subject.normalize
        scores = occluded_frequency(model, images, labels, normalize=normalize, **options)
        if reading == "code":
            scores = scores[:, :-1]
        wide = pd.DataFrame(scores.numpy()).assign(label=labels.tolist()).rename_axis("image").reset_index()
        table = wide.melt(["image", "label"], var_name="frequency", value_name="occluded")
        tables.append(table.assign(reading=reading))
    return pd.concat(tables, ignore_index=True)


def heat_table(model: nn.Module, subject: Subject, *, images: int, norm: float) -> pd.DataFrame:
    """Give :func:`srop.fourier_heatmap` of the first images: a row per wave, ``v``, ``u``, ``error``, ``change``."""
    first = [of[:images] for of in subject.tested]
    found = fourier_heatmap(model, *first, norm=norm, normalize=subject.normalize)
    size = len(found.error)
    rows = ((v - size // 2, u - size // 2) for v in range(size) for u in range(size))
    return pd.DataFrame(rows, columns=["v", "u"]).assign(
        error=found.error.flatten().numpy(), change=found.change.flatten().numpy()
    )


def layers_table(model: nn.Module, subject: Subject) -> pd.DataFrame:
    """Give the SROPs of the layers for the tested images, as :func:`srop.profiles.layer_statistics` has them."""
    table = profile(model, list(_inputs(subject)), subject.layers, dead=DEAD_TREATMENTS)
    return layer_statistics(table.drop(columns=["convention", "reference", "origin", "coarse"]))


def input_gradients(model: nn.Module, subject: Subject) -> tuple[Tensor, Tensor]:
    """Give the gradients of the loss by the tested images, and which images are recognized.

    Args:
        model: A classifier; it is evaluated, and left as it was.
        subject: Its images.

    Returns:
        In the shape of the images, in units of the inputs; and booleans ``(m,)``.
    """
    gradients, right = [], []
    labels = iter(subject.tested.labels.split(_BATCH))
    with visiting(model):
        for inputs, of in zip(_inputs(subject), labels, strict=True):
            given = inputs.detach().requires_grad_()
            logits = model(given.clone())
            loss = cross_entropy(logits, of, reduction="sum")
            gradients.append(torch.autograd.grad(loss, given)[0])
            right.append(logits.argmax(dim=1) == of)
    return torch.cat(gradients), torch.cat(right)


def network_table(model: nn.Module, subject: Subject) -> pd.DataFrame:
    """Give a row of what is one number a network.

    Returns:
        ``accuracy`` on the tested images; ``gradient_srop``, the mean SROP of the gradients that are not zero.
    """
    gradients, right = input_gradients(model, subject)
    points = rolloff_points(gradients)
    return pd.DataFrame({"accuracy": [right.float().mean().item()], "gradient_srop": [points.nanmean().item()]})


def _inputs(subject: Subject) -> Iterator[Tensor]:
    for part in subject.tested.images.split(_BATCH):
        part = part.clone()
        yield part if subject.normalize is None else subject.normalize(part)


def spectrum_table(sample: Sample) -> pd.DataFrame:
    r"""Give the data set's own distribution of frequencies, by class and over all.

    Args:
        sample: The images.

    Returns:
        A row per ``transform``, ``label`` (-1 for all) and ``frequency``: ``energy``, the share
        :math:`\sum_i |(T x)_i|^2 / \|x\|^2` of the components of that frequency, averaged over the images that have
        energy; ``images``, how many these are. Black images are left out; where all are, the energy is NaN.
    """
    tables = []
    for transform in ("dct", "dft"):
        frequency = shells(sample.images.shape[-1], transform).to(sample.images.device).flatten()
        power = transformed(sample.images.double(), transform).abs().square().sum(dim=1).flatten(1)
        shells_of = torch.zeros(len(power), int(frequency.max()) + 1, dtype=power.dtype, device=power.device)
        energy = power.sum(dim=1, keepdim=True)
        shares = shells_of.index_add_(1, frequency, power) / energy
        # Not `energy > 0`: images with NaN are not black.
        counted = (energy != 0).flatten()
        for label in (-1, *sorted(set(sample.labels.tolist()))):
            of = shares[counted] if label < 0 else shares[counted & (sample.labels == label)]
            rows = {"frequency": range(of.shape[1]), "energy": of.mean(dim=0).cpu().numpy()}
            tables.append(pd.DataFrame(rows).assign(transform=transform, label=label, images=len(of)))
    return pd.concat(tables, ignore_index=True)
