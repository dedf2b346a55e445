"""The SROP of every single map of a network's layers, by image and channel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from srop.convention import PUBLISHED, Convention, as_convention
from srop.maps import require_layout
from srop.memory import channels_first
from srop.passes import pass_over
from srop.rolloff import dead_maps, rolloff_points
from srop.sizes import MapSize
from srop.tokens import require_grids


@dataclass(frozen=True)
class LayerPoints:
    """The SROPs of one layer's maps.

    Attributes:
        size: Edge length of the maps, or text such as ``"7x10"``, rows x columns, of maps that are not square.
        reference: Size that the SROPs refer to, in the same way.
        srops: float32 ``(images, channels)``, in (0, 1]; NaN where a map is dead or out of band.
        dead: bool ``(images, channels)``: which maps are dead.
    """

    size: int | str
    reference: int | str
    srops: np.ndarray
    dead: np.ndarray

    @property
    def dead_share(self) -> float:
        """Share of dead maps among all maps."""
        return float(self.dead.mean())


def map_points(
    model: nn.Module,
    batches: Iterable[Tensor | Sequence[Tensor]],
    layers: Mapping[str, str],
    *,
    convention: Convention | str = PUBLISHED,
    reference: int | tuple[int, int] | None = None,
    layout: str | Mapping[str, str] | None = None,
    grid: Any = None,
    task: str = "profile",
) -> dict[str, LayerPoints]:
    """Measure the SROP of each map: :func:`srop.profile` without its statistics. Memory grows with the images.

    Args:
        model: The network; it is left as it was.
        batches: As for :func:`srop.profile`.
        layers: A mapping from names of your own to names in ``model.named_modules()``.
        convention: The definition of the SROP, or its name.
        reference: Size that the SROPs refer to, or its rows and columns; None means the inputs' own.
        layout: As for :func:`srop.profile`.
        grid: As for :func:`srop.profile`.
        task: What the progress bar says.

    Returns:
        For each layer its :class:`LayerPoints`, in the order of the forward pass.

    Raises:
        TypeError: As for :func:`srop.profile`.
        ValueError: As for :func:`srop.profile`.
        RuntimeError: As for :func:`srop.profile`.

    Example:
        >>> points = map_points(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), [torch.randn(5, 3, 8, 8)], {"relu": "1"})
        >>> points["relu"].srops.shape, points["relu"].reference
        ((5, 4), 8)
    """
    if len(set(layers.values())) < len(layers):
        raise ValueError(f"layers={dict(layers)} give two names to one layer; give each layer one name")
    definition = as_convention(convention)
    parts: dict[str, list[tuple[Tensor, Tensor]]] = {}
    sizes: dict[str, tuple[int, int | str, int | str]] = {}

    def take(label: str, maps: Tensor, size: MapSize) -> None:
        shape = (maps.shape[1], MapSize(*maps.shape[-2:]).plain, size.plain)
        if sizes.setdefault(label, shape) != shape:
            raise ValueError("the images are not all of one size; give batches of images of one size")
        maps = channels_first(maps)
        points = rolloff_points(maps, convention=definition, reference=size)
        parts.setdefault(label, []).append((points.float().cpu(), dead_maps(maps).cpu()))

    def reset() -> None:
        parts.clear()
        sizes.clear()

    places = {"layouts": require_layout(layout, layers), "grids": require_grids(grid, list(layers))}
    places["is_for_all"] = isinstance(layout, str)
    labels = {module: [(label, nn.Identity())] for label, module in layers.items()}
    pass_over(model, batches, labels, take, **places, reference=reference, task=task, reset=reset)
    return {
        label: LayerPoints(*sizes[label][1:], *(torch.cat(part).numpy() for part in zip(*batch_parts, strict=True)))
        for label, batch_parts in parts.items()
    }
