"""Relative log amplitudes of a network's layers, from one pass over its inputs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from srop.amplitudes import AmplitudeChoices, computable
from srop.checks import layer_names, require_batches, require_hookable
from srop.maps import require_layout
from srop.passes import pass_over
from srop.sizes import MapSize
from srop.tokens import require_grids

_ANY_SIZE = (2**31, 2**31)
"""Amplitudes refer to no size, so maps may be larger than the inputs."""


@torch.no_grad()
def layer_amplitudes(
    model: nn.Module,
    batches: Iterable[Tensor | Sequence[Tensor]],
    layers: Sequence[str] | Mapping[str, str],
    *,
    mean_of: str = "log",
    along: str = "diagonal",
    relative: bool = True,
    axis: str = "stretched",
    offset: float = 1e-6,
    layout: str | Mapping[str, str] | None = None,
    grid: Any = None,
) -> pd.DataFrame:
    r"""Compute the relative log amplitudes of the maps of a network's layers.

    The network runs once over the batches, in evaluation mode and on its own device. The sums over images and channels
    are kept for each layer, so memory does not grow with the number of images. Tokens are folded to their grid, and the
    tokens before the grid, such as a class token, are left out.

    Args:
        model: The network; it is left as it was.
        batches: As for :func:`srop.profile`, without clips of frames.
        layers: As for :func:`srop.profile`.
        mean_of: As for :func:`srop.relative_log_amplitude`; the mean is that over all images.
        along: As for :func:`srop.relative_log_amplitude`; maps that are not square need ``"rings"``.
        relative: As for :func:`srop.relative_log_amplitude`.
        axis: As for :func:`srop.relative_log_amplitude`.
        offset: As for :func:`srop.relative_log_amplitude`.
        layout: As for :func:`srop.profile`.
        grid: As for :func:`srop.profile`.

    Returns:
        A row per layer and frequency, in the order in which the layers run:

        - ``layer``, ``depth`` (0, 1, ... in the order of the forward pass), ``size`` of the maps, ``images``
        - ``frequency``, from 0 to 1, in units of pi radians per pixel of the layer's own maps
        - ``amplitude``: natural logarithm, relative to frequency 0 if asked for
        - ``mean_of``, ``along``, ``relative``, ``axis``, ``offset``: the arguments

        The last row of a layer is its high-frequency amplitude, which the paper draws over the depth. At 7 x 7 the
        finest frequency is 6 / 7, so layers of small maps compare with care; maps of 2 x 2 have zero frequency alone.

    Raises:
        TypeError: As for :func:`srop.profile`.
        ValueError: As for :func:`srop.profile` and :func:`srop.relative_log_amplitude`.
        RuntimeError: If the network cannot take the inputs.

    Reference:
        Park and Kim 2022, Fig. 2a and 8.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        >>> table = layer_amplitudes(model, [torch.randn(4, 3, 16, 16)], {"conv": "1", "pool": "2"})
        >>> table.groupby(["layer", "depth", "size"], sort=False).size()
        layer  depth  size
        conv   0      16      8
        pool   1      8       4
        dtype: int64
    """
    require_batches(batches)
    choices = AmplitudeChoices(mean_of, along, relative, axis, offset)
    layers = layer_names(layers)
    names = dict(layers) if isinstance(layers, Mapping) else {name: name for name in layers}
    if not names:
        raise ValueError("no layers were given; give at least one")
    if len(set(names.values())) < len(names):
        raise ValueError(f"layers={names} give two names to one layer; give each layer one name")
    require_hookable(model)
    sums: dict[str, _Sum] = {}

    def take(label: str, maps: Tensor, _: MapSize) -> None:
        maps = computable(maps)
        if label not in sums:
            choices.require_size(MapSize(*maps.shape[-2:]))
            sums[label] = _Sum(choices, maps)
        sums[label].add(maps)

    labels = {module: [(label, nn.Identity())] for label, module in names.items()}
    layouts, grids = require_layout(layout, names), require_grids(grid, list(names))
    pass_over(
        model,
        batches,
        labels,
        take,
        layouts=layouts,
        grids=grids,
        reference=_ANY_SIZE,
        task="amplitudes",
        reset=sums.clear,
        is_for_all=isinstance(layout, str),
    )
    rows = [each.rows(label, depth) for depth, (label, each) in enumerate(sums.items())]
    return pd.concat(rows, ignore_index=True).assign(**vars(choices))


class _Sum:
    """The sum of the amplitudes of one layer, or of their logarithms, over images and channels."""

    def __init__(self, choices: AmplitudeChoices, maps: Tensor) -> None:
        self.choices, self.channels, self.size = choices, maps.shape[1], maps.shape[-2:]
        self.images = 0
        self.total = torch.zeros(self.size, dtype=torch.float64, device=maps.device)

    def add(self, maps: Tensor) -> None:
        if (maps.shape[1], maps.shape[-2:]) != (self.channels, self.size):
            raise ValueError("the images are not all of one size; give batches of images of one size")
        self.total += self.choices.summed(maps)
        self.images += len(maps)

    def rows(self, label: str, depth: int) -> pd.DataFrame:
        curve = self.choices.curve(self.total / (self.images * self.channels))
        frequency, amplitude = (values.cpu().numpy() for values in curve)
        size = MapSize(*self.size).plain
        return pd.DataFrame(
            {
                "layer": label,
                "depth": depth,
                "size": size,
                "images": self.images,
                "frequency": frequency,
                "amplitude": amplitude,
            }
        )
