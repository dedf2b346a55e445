"""The SROPs of a digit network, as tidy tables."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.convention import CONVENTIONS, Convention
from srop.data.digits import Digits, evaluation_batches, frog_input, has_frog
from srop.guest import visiting
from srop.hooks import once_reduced
from srop.rolloff import dead_maps, rolloff_points
from srop.statistics import DEAD_TREATMENTS, mean_over


def measure_digits(
    model: nn.Module, digits: Digits, *, case: str, w: float, layers: Sequence[str], conventions: Sequence[str]
) -> pd.DataFrame:
    """Measure the SROPs of a network's layers over every test image of a case, and over the frog alone.

    Each map's SROP refers to the map's own size, as in Figures 2 and 3. Maps are reduced during the forward pass, so no
    activation is kept.

    Args:
        model: A digit network, on the device of the digits. It runs in evaluation mode, and is left as it was.
        digits: The test set and the frog.
        case: One of :data:`srop.data.digits.CASES`.
        w: Weight of the frog in [0, 1].
        layers: Names of layers that give maps.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.

    Returns:
        A row per image, layer, convention and treatment of dead maps. Columns: ``image`` (index in the test set, -1
        for the frog alone), ``label`` (-1 for the frog alone), ``with_frog``, ``layer``, ``convention``, ``dead``
        (``"one"`` or ``"omit"``), ``srop`` (mean over the channels that count; NaN if no channel does), ``dead_share``
        and ``out_of_band_share`` (of the channels), ``size`` (edge length of the maps).

    Raises:
        ValueError: If the network lacks a layer, or a layer does not run exactly once.

    Reference:
        Yu et al. 2021, Sec. 4.1 and 5.1.
    """
    definitions = [CONVENTIONS[name] for name in conventions]
    sizes = {}

    def reduce(layer: str, maps: Tensor) -> Tensor:
        sizes[layer] = maps.shape[-1]
        return _statistics(maps, definitions)

    with visiting(model), torch.inference_mode():
        batches = [images for images, _ in evaluation_batches(digits, case=case, w=w)]
        batches.append(frog_input(digits.frog))
        progress = tqdm(batches, desc="test images", unit="batch", leave=False, disable=None)
        reduced = [once_reduced(model, images, layers, reduce) for images in progress]
        # (image, layer, convention and dead treatment, statistic)
        statistics = torch.stack([torch.cat([batch[layer] for batch in reduced]) for layer in layers], dim=1)
    labels = digits.test_labels.cpu()
    images = pd.DataFrame(
        {
            "image": [*range(len(labels)), -1],
            "label": [*labels.tolist(), -1],
            "with_frog": [*has_frog(labels, case).tolist(), True],
        }
    )
    index = pd.MultiIndex.from_product(
        [images["image"], layers, conventions, DEAD_TREATMENTS], names=["image", "layer", "convention", "dead"]
    )
    columns = ["srop", "dead_share", "out_of_band_share"]
    table = pd.DataFrame(statistics.reshape(-1, len(columns)).numpy(), index=index, columns=columns).reset_index()
    return images.merge(table, on="image").assign(size=lambda rows: rows["layer"].map(sizes))


def measure_frog(
    model: nn.Module, digits: Digits, *, layers: Sequence[str], conventions: Sequence[str], kappas: Sequence[float]
) -> pd.DataFrame:
    """Measure the SROPs of the frog alone over a range of kappa, the share at which the SROP is read.

    Args:
        model: A digit network, on the device of the digits. It runs in evaluation mode, and is left as it was.
        digits: The digits, of which only the frog is used.
        layers: Names of layers that give maps.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        kappas: Shares in (0, 1).

    Returns:
        A row per layer, convention, kappa and treatment of dead maps, with ``frog_srop``, ``frog_dead_share`` and
        ``frog_out_of_band_share``.
    """
    definitions = [replace(CONVENTIONS[name], kappa=kappa) for name in conventions for kappa in kappas]
    with visiting(model), torch.inference_mode():
        reduced = once_reduced(model, frog_input(digits.frog), layers, lambda _, maps: _statistics(maps, definitions))
    index = pd.MultiIndex.from_product(
        [layers, conventions, kappas, DEAD_TREATMENTS], names=["layer", "convention", "kappa", "dead"]
    )
    statistics = torch.cat([reduced[layer][0] for layer in layers])
    columns = ["frog_srop", "frog_dead_share", "frog_out_of_band_share"]
    return pd.DataFrame(statistics.numpy(), index=index, columns=columns).reset_index()


def _statistics(maps: Tensor, conventions: Sequence[Convention]) -> Tensor:
    """Reduce maps to ``(images, conventions x treatments, 3)``: mean SROP, and shares of dead and out-of-band maps."""
    by_convention = rolloff_points(maps, convention=conventions)
    dead = dead_maps(maps, among=by_convention[0].isnan())
    cells = []
    for points in by_convention:
        dead_share = dead.to(points.dtype).mean(1)
        out_of_band_share = (points.isnan() & ~dead).to(points.dtype).mean(1)
        for treatment in DEAD_TREATMENTS:
            cells.append(torch.stack([mean_over(points, dead, dead=treatment), dead_share, out_of_band_share], dim=1))
    return torch.stack(cells, dim=1).cpu()
