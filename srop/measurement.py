"""From a trained network to a tidy table of its SROPs."""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor, nn

from srop.convention import CONVENTIONS, Convention
from srop.data import Digits, evaluation_batches, frog_input, has_frog
from srop.hooks import reduced_layers
from srop.rolloff import dead_maps, rolloff_points
from srop.statistics import DEAD_TREATMENTS, summarise


@torch.inference_mode()
def measure_digits(
    model: nn.Module, digits: Digits, *, case: str, w: float, layers: Sequence[str], conventions: Sequence[str]
) -> pd.DataFrame:
    """Measure the SROPs of chosen layers for every test image of a case, and for the frog alone.

    Each map's SROP refers to the map's own size, as in Figures 2 and 3. Maps are reduced while the forward pass runs;
    no activation is kept.

    Args:
        model: A digit network, on the device of the digits.
        digits: The test set and the frog.
        case: One of :data:`srop.data.CASES`.
        w: Weight of the frog in [0, 1].
        layers: Names of layers that give maps.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.

    Returns:
        A row per image, layer, convention and treatment of dead maps. Columns: ``image`` (index in the test set, -1
        for the frog alone), ``label`` (-1 for the frog alone), ``with_frog``, ``layer``, ``convention``, ``dead``
        (``"one"`` or ``"omit"``), ``srop`` (mean over the channels that count; NaN where none does), ``dead_share``
        and ``out_of_band_share`` (of the channels), ``size`` (edge length of the maps).

    Reference:
        Yu et al. 2021, Sec. 4.1 and 5.1.
    """
    sizes = {}

    def reduce(layer: str, maps: Tensor) -> Tensor:
        dead = dead_maps(maps)
        sizes[layer] = maps.shape[-1]
        cells = []
        for name in conventions:
            points = rolloff_points(maps, convention=CONVENTIONS[name])
            for treatment in DEAD_TREATMENTS:
                summary = summarise(points, dead, dead=treatment)
                cells.append(torch.stack([summary.mean, summary.dead_share, summary.out_of_band_share], dim=1))
        return torch.stack(cells, dim=1).cpu()

    model.eval()
    with reduced_layers(model, layers, reduce) as reduced:
        for images, _ in evaluation_batches(digits, case=case, w=w):
            model(images)
        model(frog_input(digits.frog))

    # (image, layer, convention and dead treatment, statistic)
    statistics = torch.stack([torch.cat(reduced[layer]) for layer in layers], dim=1)
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


def white_noise_srop(size: int, convention: Convention, *, maps: int = 2000) -> float:
    """Give the mean SROP of Gaussian white noise at its own size: what maps without any structure would have.

    Args:
        size: Edge length of the maps.
        convention: Which definition.
        maps: How many maps are drawn, always the same ones.

    Returns:
        The mean; 0.88 at 24 x 24 as published.
    """
    noise = torch.randn(maps, size, size, generator=torch.Generator().manual_seed(0))
    return rolloff_points(noise, convention=convention).mean().item()
