"""Aliasing: the power that lies beyond the new Nyquist frequency where a network subsamples its maps."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from tqdm import tqdm

from srop.checks import layer_names, require_batches, require_hookable, require_images, require_size, require_tensor
from srop.guest import visiting
from srop.hooks import forward
from srop.outputs import output_name
from srop.passes import batch_images
from srop.rolloff import dead_maps
from srop.sizes import MapSize

_LARGEST = 2**24
"""How many values of maps are measured at a time."""


def aliased_share(maps: Tensor, stride: int | tuple[int, int], *, dc: bool = False) -> Tensor:
    r"""Compute the share of the power of maps that lies beyond the new Nyquist frequency of a stride.

    .. math:: a = \frac{\sum_{(u, v) \notin B} |F(u, v)|^2}{\sum_{(u, v)} |F(u, v)|^2}, \qquad
              B = \Big\{|u| < \frac{H}{2 s_1}, \; |v| < \frac{W}{2 s_2}\Big\}

    These components cannot be told apart from coarser ones once every s-th row and column is kept. An axis with a
    stride of 1 sets no limit. A component at the new Nyquist frequency itself counts as beyond it, because subsampling
    loses its phase. There is no window: where opposite edges of a map differ, the power along the axes is larger.

    Args:
        maps: Real maps ``(..., H, W)`` before they are subsampled. float32 and float64 keep their type, other types are
            computed in float32.
        stride: Stride s of both axes, or of rows and columns.
        dc: Whether zero frequency counts; it is never beyond, so it makes shares smaller.

    Returns:
        ``(...)`` in [0, 1]; NaN for a dead map. White noise has about :math:`1 - 1 / (s_1 s_2)`.

    Raises:
        TypeError: If the maps are not a tensor, or an argument has another type.
        ValueError: If the maps are complex, empty, or not finite, or the stride is not positive.

    Reference:
        Zhang 2019 (Making convolutional networks shift-invariant again) for where; the sampling theorem for the limit.

    Example:
        >>> columns = torch.arange(16.0)
        >>> waves = torch.stack([torch.cos(2 * torch.pi * k * columns / 16).expand(16, 16) for k in (3, 4, 5)])
        >>> aliased_share(waves, 2).round(decimals=4)  # up to 16 / (2 * 2) periods
        tensor([0., 1., 1.])
    """
    require_tensor("maps", maps)
    if maps.is_complex() or maps.ndim < 2 or not maps.numel():
        raise ValueError(
            f"maps of shape {tuple(maps.shape)} and {maps.dtype}; give real maps (..., H, W), at least one"
        )
    if not isinstance(dc, bool):
        raise TypeError(f"dc={dc!r}: give True or False")
    strides = tuple(stride) if isinstance(stride, Sequence) else (stride, stride)
    if len(strides) != 2:
        raise ValueError(f"stride={stride}: give a number, or one for rows and one for columns")
    strides = tuple(require_size("stride", each, "rows or columns") for each in strides)
    maps = maps if maps.dtype in (torch.float32, torch.float64) else maps.float()
    if not maps.isfinite().all():
        raise ValueError("maps have NaN or infinite values")
    counted, beyond = (each.to(maps) for each in _components(MapSize(*maps.shape[-2:]), strides))
    mean = maps.mean((-2, -1), keepdim=True)
    power = torch.fft.rfft2(maps - mean).abs().square()
    total = (power * counted).sum((-2, -1))
    if dc:
        total = total + (mean[..., 0, 0] * maps.shape[-2:].numel()).square()
    share = (power * beyond).sum((-2, -1)) / total
    return share.masked_fill(dead_maps(maps), torch.nan)


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def _components(size: MapSize, strides: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Give how often each component of a half plane counts without zero frequency, in total and beyond the limits."""
    rows = np.abs(np.rint(np.fft.fftfreq(size.rows) * size.rows).astype(int))
    columns = np.arange(size.columns // 2 + 1)
    outside = [
        (2 * stride * along >= side) & (stride > 1)
        for along, side, stride in zip((rows, columns), size, strides, strict=True)
    ]
    counted = np.full((len(rows), len(columns)), 2.0)
    # These columns are their own mirror images.
    counted[:, columns * 2 % size.columns == 0] = 1
    counted[0, 0] = 0
    beyond = counted * (outside[0][:, None] | outside[1])
    return torch.from_numpy(counted), torch.from_numpy(beyond)


@torch.no_grad()
def aliasing(
    model: nn.Module,
    batches: Iterable[Tensor | Sequence[Tensor]],
    layers: Sequence[str] | None = None,
    *,
    dc: bool = False,
) -> pd.DataFrame:
    r"""Measure the aliasing of each layer that subsamples: the power beyond its new Nyquist frequency.

    A layer with a stride s gives every s-th row and column of the map that it would give with a stride of 1. This map
    is measured by :func:`aliased_share`: of a strided convolution, the same convolution at stride 1; of a max or
    average pool, the same pool at stride 1; of a blur pool, such as ``antialiased_cnns.BlurPool``, its blurred input.
    Everything is measured in one pass, which runs each such layer at both strides.

    Args:
        model: The network; it is left as it was.
        batches: Inputs ``(b, c, H, W)`` of one size, as the network takes them, or tuples that begin with them; brought
            to the network's device one by one.
        layers: Names of modules to measure, as in ``model.named_modules()``. None means all that subsample. A module
            that subsamples by a function in its ``forward()`` has a row, too.
        dc: As for :func:`aliased_share`.

    Returns:
        A row per layer, in the order in which they run first; ``#2`` behind a name is its second call in a pass:

        - ``layer``; ``depth``: 0, 1, ...; ``kind``: ``convolution``, ``blur`` (a depthwise convolution with one filter
          that is not trained), ``max pool``, ``average pool`` or ``power pool``
        - ``stride``: of rows and columns, as a number or text such as ``2x1``
        - ``before``, ``after``: size of the map before and after subsampling
        - ``images``, ``channels``
        - ``mean``, ``lower_quartile``, ``median``, ``upper_quartile`` of the shares of all live maps (images x
          channels); NaN if all are dead
        - ``dead_share``: the share of maps of one value, which have no spectrum
        - ``white``: the share that white noise has on average, by the number of components
        - ``dc``: the argument

        Not measured: adaptive pools, interpolation, and slices of tensors, because these have no stride; layers within
        TorchScript. Maps at stride 1 are s x s times as large: a patch embedding of 16 x 16 takes 256 times its work.

    Raises:
        TypeError: If batches or layers have another type, or the model is not a network.
        ValueError: If no layer subsamples, or one of the given does not; if a name is unknown; if the images are not
            all of one size; if maps are not finite. The message names the layer.
        RuntimeError: If the network cannot take the inputs.

    Reference:
        Zhang 2019 (Making convolutional networks shift-invariant again): the layers, and blur pools. The share is this
        project's; the authors' code has no measure of aliasing.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        >>> table = aliasing(model, [torch.rand(4, 3, 32, 32)])
        >>> table[["layer", "kind", "stride", "before", "after"]].values.tolist()
        [['0', 'convolution', 2, 32, 16], ['2', 'max pool', 2, 15, 8]]
    """
    require_batches(batches)
    require_hookable(model)
    modules = dict(model.named_modules())
    if isinstance(layers, Mapping):
        raise TypeError("layers: a mapping was given; give a list of names of modules")
    wanted = None if layers is None else list(layer_names(layers))
    if wanted == []:
        raise ValueError("no layers were given; give at least one, or None for all that subsample")
    for name in wanted or []:
        output_name(name, modules)
    device = next((parameter.device for parameter in model.parameters()), None)
    total = 0
    with visiting(model), _running(model) as running:
        calls = _Calls(running, wanted, dc)
        for batch in tqdm(batches, desc="aliasing", unit="batch", leave=False, disable=None):
            images = batch_images(batch).to(device)
            require_images("a batch", images)
            calls.begin(MapSize(*images.shape[-2:]))
            with calls:
                forward(model, images)
            total += len(images)
    if not total:
        raise ValueError("batches holds no images; give at least one batch")
    measured = ", ".join(calls.found) or "no layer"
    if missing := [name for name in wanted or [] if name not in {each.partition("#")[0] for each in calls.found}]:
        raise ValueError(f"layer {missing[0]!r} does not subsample by a stride; these do: {measured}")
    if not calls.found:
        raise ValueError("no convolution or pool of this network has a stride above 1, so it subsamples nowhere")
    rows = [each.row(name, depth) for depth, (name, each) in enumerate(calls.layers.items())]
    return pd.DataFrame(rows).assign(dc=dc)


class _Layer:
    """The shares of one layer."""

    def __init__(self, kind: str, strides: tuple[int, int], before: MapSize, after: MapSize, channels: int) -> None:
        self.facts = kind, strides, before, after, channels
        self.shares: list[np.ndarray] = []
        self.images = 0

    def row(self, name: str, depth: int) -> dict[str, Any]:
        kind, strides, before, after, channels = self.facts
        shares = np.concatenate(self.shares)
        live = shares[~np.isnan(shares)].astype(float)
        lower, median, upper = np.quantile(live, [0.25, 0.5, 0.75]) if len(live) else [np.nan] * 3
        counted, beyond = _components(before, strides)
        return {
            "layer": name,
            "depth": depth,
            "kind": kind,
            "stride": MapSize(*strides).plain,
            "before": before.plain,
            "after": after.plain,
            "images": self.images,
            "channels": channels,
            "mean": live.mean() if len(live) else np.nan,
            "lower_quartile": lower,
            "median": median,
            "upper_quartile": upper,
            "dead_share": 1 - len(live) / len(shares),
            "white": float(beyond.sum() / counted.sum()) if counted.sum() else np.nan,
        }


class _Calls(TorchFunctionMode):
    """A mode of torch that measures each call of a convolution or pool with a stride above 1."""

    def __init__(self, running: list[str], wanted: list[str] | None, dc: bool) -> None:
        super().__init__()
        self._running, self._wanted, self._dc = running, wanted, dc
        self._size: MapSize | None = None
        self._counts: Counter[str] = Counter()
        self.found: list[str] = []
        self.layers: dict[str, _Layer] = {}

    def begin(self, size: MapSize) -> None:
        """Begin a pass over images of a size."""
        if self._size not in (None, size):
            raise ValueError("the images are not all of one size; give batches of images of one size")
        self._size = size
        self._counts.clear()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        if func in _OPERATIONS:
            self._take(func, dict(zip(_ARGUMENTS[func], args, strict=False)) | kwargs, output)
        return output

    def _take(self, func: Callable[..., Any], given: dict[str, Any], output: Any) -> None:
        maps = given["input"]
        strides = _strides(given)
        output = output[0] if isinstance(output, tuple) else output
        if max(strides) < 2 or maps.ndim != 4:
            return
        name = self._running[-1] if self._running else ""
        self._counts[name] += 1
        label = (name or "network") + (f"#{self._counts[name]}" if self._counts[name] > 1 else "")
        if label not in self.found:
            self.found.append(label)
        if self._wanted is not None and name not in self._wanted:
            return
        count = max(1, _LARGEST // (output.shape[1] * maps.shape[-2:].numel()))
        for part in maps.split(count):
            dense = func(**given | {"input": part, "stride": 1})
            dense = dense[0] if isinstance(dense, tuple) else dense
            try:
                shares = aliased_share(dense, strides, dc=self._dc)
            except ValueError as error:
                raise ValueError(f"layer {label!r}: {error}") from error
            if label not in self.layers:
                sizes = (MapSize(*each.shape[-2:]) for each in (dense, output))
                self.layers[label] = _Layer(_kind(func, given), strides, *sizes, output.shape[1])
            self.layers[label].shares.append(shares.flatten().float().cpu().numpy())
        self.layers[label].images += len(maps)


_OPERATIONS = {
    torch.conv2d: "convolution",
    functional.max_pool2d: "max pool",
    functional.max_pool2d_with_indices: "max pool",
    torch.max_pool2d: "max pool",
    functional.avg_pool2d: "average pool",
    functional.lp_pool2d: "power pool",
}
_POOL = ("input", "kernel_size", "stride", "padding")
_ARGUMENTS = {
    torch.conv2d: ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    functional.max_pool2d: (*_POOL, "dilation", "ceil_mode", "return_indices"),
    functional.max_pool2d_with_indices: (*_POOL, "dilation", "ceil_mode", "return_indices"),
    torch.max_pool2d: (*_POOL, "dilation", "ceil_mode"),
    functional.avg_pool2d: (*_POOL, "ceil_mode", "count_include_pad", "divisor_override"),
    functional.lp_pool2d: ("input", "norm_type", "kernel_size", "stride", "ceil_mode"),
}


def _strides(given: dict[str, Any]) -> tuple[int, int]:
    """Give the strides of rows and columns; those of a pool are by default its edge lengths."""
    stride = given.get("stride")
    if stride is None or stride == []:
        stride = given.get("kernel_size", 1)
    parts = tuple(stride) if isinstance(stride, Iterable) else (stride,)
    return parts * 2 if len(parts) == 1 else parts


def _kind(func: Callable[..., Any], given: dict[str, Any]) -> str:
    weight = given.get("weight")
    if weight is None or isinstance(weight, nn.Parameter) or weight.shape[1] > 1:
        return _OPERATIONS[func]
    return "blur" if bool((weight == weight[:1]).all()) else _OPERATIONS[func]


@contextmanager
def _running(model: nn.Module) -> Iterator[list[str]]:
    """Keep the names of the modules that run, the innermost last."""
    names: list[str] = []
    handles = []

    def leave(_module: nn.Module, _inputs: object, _output: object) -> None:
        names.pop()

    try:
        for name, module in model.named_modules():
            if isinstance(module, torch.jit.ScriptModule):
                continue
            handles.append(module.register_forward_pre_hook(lambda _module, _inputs, name=name: names.append(name)))
            handles.append(module.register_forward_hook(leave, always_call=True))
        yield names
    finally:
        for handle in handles:
            handle.remove()
