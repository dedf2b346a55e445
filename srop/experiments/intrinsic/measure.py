"""Intrinsic dimensions (TwoNN) and SROPs of a network's layers."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.convention import CONVENTIONS
from srop.experiments.intrinsic.limits import TWONN_POINTS
from srop.guest import visiting
from srop.hooks import once_reduced, reduced_layers
from srop.maps import require_layout
from srop.profiles import layer_statistics, profile
from srop.statistics import DEAD_TREATMENTS

_CHUNK = 2**23
"""How many values are converted to float64 at a time."""
_CENTER_POINTS = 64
"""About so many points give the median that is the center."""
_ROUNDING = 1e-12
"""A squared distance below this share of the sum of both points' squared norms is rounding."""


@torch.no_grad()
def neighbor_distances(points: Tensor) -> Tensor:
    """Compute the Euclidean distances from each point to its nearest and to its second nearest neighbor.

    Features are centered and converted to float64 in parts, which needs no second copy of the points and loses no
    precision far from the origin. Points that are equal up to rounding count once. The rounding of a distance is
    relative to the norms of its two points, not to the largest norm.

    Args:
        points: ``(n, features)``.

    Returns:
        float64 ``(different points, 2)``, on the points' device; empty if fewer than three points differ.

    Example:
        >>> neighbor_distances(torch.tensor([[0.0], [1.0], [3.0], [1.0]]))
        tensor([[1., 3.],
                [1., 2.],
                [2., 3.]], dtype=torch.float64)
    """
    products = points.new_zeros(len(points), len(points), dtype=torch.float64)
    for part in points.split(max(1, _CHUNK // len(points)), dim=1):
        part = part.double()
        # Any center amid the points works; a mean would follow a single distant point.
        part = part - part[:: max(1, len(part) // _CENTER_POINTS)].median(0).values
        products.addmm_(part, part.T)
    norms = products.diag()
    sums = norms[:, None] + norms
    squares = sums - 2 * products
    equal = squares <= _ROUNDING * sums
    first = ~equal.tril(-1).any(1)
    if first.sum() < 3:
        return products.new_empty(0, 2)
    squares = squares[first][:, first].fill_diagonal_(torch.inf)
    return squares.topk(2, largest=False).values.sqrt()


@torch.no_grad()
def intrinsic_dimension(points: Tensor) -> float:
    r"""Estimate the intrinsic dimension of a set of points by TwoNN.

    The ratio :math:`\mu` of the distances to the second and to the first neighbor follows
    :math:`P(\mu) = 1 - \mu^{-d}`; the line through :math:`-\log(1 - P)` over :math:`\log \mu`, the largest tenth of
    the ratios left out, has the slope d.

    Args:
        points: ``(n, features)``, n at least :data:`srop.experiments.intrinsic.limits.TWONN_POINTS`.

    Returns:
        The dimension d. Equal points count once; NaN if fewer than nine tenths of
        :data:`srop.experiments.intrinsic.limits.TWONN_POINTS` remain.

    Raises:
        ValueError: If there are too few points, or a value is not finite.

    Reference:
        Facco et al. 2017, Scientific Reports 7; Yu et al. 2021, Sec. 5.3.

    Example:
        >>> plane = torch.rand(2000, 2, generator=torch.Generator().manual_seed(0)) @ torch.ones(2, 50).triu()
        >>> round(intrinsic_dimension(plane))
        2
    """
    from skdim.id import TwoNN

    if len(points) < TWONN_POINTS:
        raise ValueError(
            f"an intrinsic dimension by TwoNN needs at least {TWONN_POINTS} points, not {len(points)}; use more images"
        )
    if not points.isfinite().all():
        raise ValueError("the points have a value that is not finite, so there are no distances; give finite values")
    distances = neighbor_distances(points).cpu().numpy()
    enough = len(distances) >= 0.9 * TWONN_POINTS
    return float(TwoNN(dist=True).fit(distances).dimension_) if enough else np.nan


@torch.no_grad()
def dimension_profile(
    network: nn.Module,
    inputs: Tensor,
    layers: Mapping[str, str],
    *,
    conventions: Sequence[str],
    batch: int,
    layout: str | Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Profile a network's intrinsic dimension and SROP over depth, from its input to its output.

    The network runs once for each layer, and only the activations of that layer are in memory, on the network's device:
    ``images x features x 4`` bytes.

    Args:
        network: The network. It runs in evaluation mode, and is left as it was.
        inputs: float32 ``(images, c, n, n)``, at least
            :data:`srop.experiments.intrinsic.limits.TWONN_POINTS` images; n is the reference of the SROPs.
        layers: Names of modules by names of your own, in the order in which they run. Each must run once, and none may
            be called ``input`` or ``output``. Layers that give no maps have an intrinsic dimension, but no SROP.
        conventions: Names in :data:`srop.convention.CONVENTIONS`.
        batch: Images at a time.
        layout: As for :func:`srop.profile`.

    Returns:
        A row per layer (``input`` and ``output`` are the network's), convention and treatment of dead maps:

        - ``layer``, ``depth`` (0, 1, ...), ``relative_depth`` (0 is the input, 1 the output)
        - ``features`` (how many values a layer has for an image), ``images``
        - ``intrinsic_dimension``, see :func:`intrinsic_dimension`
        - ``convention``, ``dead``, ``size`` (of the maps), ``srop`` (mean over channels and images), ``dead_share``;
          the last three are NaN for layers that give no maps

    Raises:
        ValueError: If there are too few images, the network lacks a layer, or a layer does not run exactly once or is
            called ``input`` or ``output``; the message names the layer.

    Reference:
        Ansuini et al. 2019; Yu et al. 2021, Sec. 5.3.
    """
    if len(inputs) < TWONN_POINTS:
        raise ValueError(
            f"an intrinsic dimension by TwoNN needs at least {TWONN_POINTS} images, not {len(inputs)}; use more images"
        )
    layouts = require_layout(layout, layers)
    if reserved := layers.keys() & {"input", "output"}:
        raise ValueError(
            f"layer {min(reserved)!r}: the rows input and output are the network's own; give the layer another name, "
            f"such as '{min(reserved)}_layer'"
        )
    with reduced_layers(network, layers.values(), lambda _, maps: None):
        pass  # A missing layer raises its error before anything runs.
    names = {"input": "input", **{name: f"network.{module}" for name, module in layers.items()}, "output": "network"}
    rows = []
    for depth, name in enumerate(tqdm(names, desc="layers", leave=False, disable=None)):
        try:
            if name == "input":
                shape, points = inputs.shape, inputs.flatten(1)
            else:
                shape, points = _activations(network, layers.get(name, ""), inputs.split(batch))
            dimension = intrinsic_dimension(points)
        except ValueError as error:
            raise ValueError(f"layer {name!r}: {error}") from error
        relative, features = depth / (len(names) - 1), points.shape[1]
        rows.append((name, depth, relative, features, len(points), dimension, len(shape) == 4 and max(shape[2:]) > 1))
        del points
    columns = ["layer", "depth", "relative_depth", "features", "images", "intrinsic_dimension", "maps"]
    table = pd.DataFrame(rows, columns=columns)
    definitions = {name: CONVENTIONS[name] for name in conventions}
    with_maps = {name: names[name] for name in table["layer"][table.pop("maps")]}
    map_layouts = {name: how for name, how in layouts.items() if name in with_maps}
    srops = layer_statistics(
        profile(
            nn.Sequential(OrderedDict(input=nn.Identity(), network=network)),
            inputs.split(batch),
            with_maps,
            convention=definitions,
            layout=map_layouts or None,
            dead=DEAD_TREATMENTS,
            origin="",
        )
    )
    measures = srops[["convention", "dead"]].drop_duplicates()
    srops = srops.rename(columns={"mean": "srop"})[["layer", "convention", "dead", "size", "srop", "dead_share"]]
    return table.merge(measures, how="cross").merge(srops, how="left", on=["layer", "convention", "dead"])


def _activations(model: nn.Module, module: str, batches: Sequence[Tensor]) -> tuple[torch.Size, Tensor]:
    """Collect a module's activations ``(images, features)`` without a second copy; give also its output's shape."""
    kept: dict[str, Tensor] = {}
    images = sum(map(len, batches))

    def keep(_module: str, output: Tensor) -> torch.Size:
        if not kept:
            kept["points"] = output.new_empty(images, output[0].numel())
        kept["points"][start : start + len(output)] = output.flatten(1)
        return output.shape

    start = 0
    with visiting(model):
        for part in batches:
            shape = once_reduced(model, part, [module], keep)[module]
            start += len(part)
    return shape, kept["points"]
