"""Finding the layers of a network that can be profiled, by one forward pass, and explaining why others cannot."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from itertools import zip_longest
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from srop.checks import require_hookable, require_images
from srop.growth import layouts_by_growth
from srop.guest import visiting
from srop.hooks import forward
from srop.maps import UnknownLayoutError, require_layout
from srop.names import known
from srop.outputs import described, parts_of
from srop.reader import MapReader, UnusedOptionError
from srop.sizes import MapSize
from srop.tokens import require_grids

_FOLLOWERS = ("norm", "relu", "elu", "gelu", "swish", "tanh", "sigmoid", "activation", "dropout", "identity", "mish")
_FOLLOWERS += ("dropblock", "droppath", "softplus", "threshold", "blurpool")
"""Words in the class names of norms, activations and the like, which follow a layer and complete it."""


@dataclass
class _Run:
    """The facts about one run of a module."""

    output: Any
    place: int
    parts: list[tuple[str, Tensor]]
    passes_on: list[bool]


@dataclass
class _Seen:
    """The facts about a module that one forward pass shows."""

    runs: list[_Run] = field(default_factory=list)
    inputs: list[list[tuple[Tensor, int]]] = field(default_factory=list)
    why: str = "never runs in a forward pass"

    @property
    def single(self) -> Tensor | None:
        """The tensor that the module gives, if it runs once and gives a single tensor, perhaps in a list or dict."""
        return self.runs[0].parts[0][1] if len(self.runs) == 1 and len(self.runs[0].parts) == 1 else None


@dataclass
class _Layer:
    """What a name can name: a module's output, or a part of it, in one run."""

    name: str
    module: str
    place: float = math.inf
    output: Tensor | None = None
    maps: Tensor | None = None
    tokens: str = ""
    passes_on: bool = False
    why: str = ""
    on_request: str = ""
    is_unknown: bool = False


@torch.no_grad()
def explain_layers(
    model: nn.Module,
    images: Tensor,
    *,
    pattern: str | Sequence[str] | None = None,
    layout: str | Mapping[str, str] | None = None,
    grid: Any = None,
) -> pd.DataFrame:
    """List every module of a network: whether it is a layer to profile, and if not, why.

    The blocks of a network are chosen (in a stage of several blocks of one kind, each block). Between the blocks the
    convolutions and pools are chosen, or the norm or activation that follows them. Each chosen module runs once and
    gives maps, or tokens on a grid, by themselves or as the only such part of a list, tuple or dict.
    Modules that run several times or give several outputs have a row for each; only a pattern chooses these.

    Args:
        model: The network; it is run once, in evaluation mode, and left as it was. If a layout is unknown, it is run
            twice more, on one image and on one of twice the size.
        images: ``(b, c, H, W)``, or clips ``(b, c, t, H, W)``; one is enough.
        pattern: A shell pattern of names, such as ``"layer?"`` or ``"features.*"``, or several of them, which choose
            the modules instead. A run or a part is chosen by its whole name, or by a pattern with its end:
            ``"*.relu#2"``.
        layout: As for :func:`srop.profile`, by the module's name.
        grid: As for :func:`srop.profile`, by the module's name.

    Returns:
        A row per module, in the order in which the modules give their outputs (modules that never run come last):

        - ``module``: its name in ``named_modules()``, with the run or the part as :func:`srop.profile` takes it
        - ``kind``: its class
        - ``channels``, and ``size``, the edge length of the maps; ``"7x10"``, rows x columns, for maps that are not
          square
        - ``runs``: how often it runs in a forward pass
        - ``chosen``, and ``reason``: why it is not chosen; empty if it is
        - ``tokens``: their grid, after the number of tokens that are left out: ``1+14x14``; empty for maps

    Raises:
        TypeError: If the images are not a tensor, the network takes no hooks, or ``grid`` has another type than a grid.
        ValueError: If the images have another shape, no module fits a pattern, or a layout or grid names no module.
        RuntimeError: If the network cannot take the images; the message gives their shape.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5))
        >>> explain_layers(model, torch.zeros(1, 3, 8, 8))[["module", "kind", "size", "chosen"]]
          module         kind  size  chosen
        0      0       Conv2d     6   False
        1      1  BatchNorm2d     6   False
        2      2         ReLU     6    True
        3      3      Flatten  <NA>   False
        4      4       Linear  <NA>   False
    """
    require_images("images", images, clips=True)
    modules = {name: module for name, module in model.named_modules() if name}
    seen = _look(model, images)
    layers = [layer for name, facts in seen.items() for layer in _layers_of(name, facts)]
    names = [layer.name for layer in layers]
    layouts, grids = require_layout(layout, dict.fromkeys(names)), require_grids(grid, names)
    reader = MapReader(model, layouts, grids, is_for_all=isinstance(layout, str))
    for layer in layers:
        layer.why = layer.why or _refused(layer, modules[layer.module], reader, images)
    if unknown := {layer.name: layer for layer in layers if layer.is_unknown}:
        reader.grow({name: name for name in unknown}, layouts_by_growth(model, images, list(unknown)))
        for layer in unknown.values():
            layer.why = _refused(layer, modules[layer.module], reader, images)
    _leave_to_request(layers)
    layers.sort(key=lambda layer: layer.place)
    good = [layer for layer in layers if not layer.why]
    if pattern is not None:
        patterns = [pattern] if isinstance(pattern, str) else list(pattern)
        for each in patterns:
            require_fit(each, [*modules, *(name for name in names if name not in modules)])
        unfit = f"does not fit {patterns[0]}" if len(patterns) == 1 else "fits none of the patterns"
        for layer in good:
            if not any(_chooses(each, layer) for each in patterns):
                layer.why = layer.on_request or unfit
    else:
        by_module = {layer.module: layer for layer in good if not layer.on_request}
        units = _units(model, seen, by_module)
        for layer in good:
            if layer.on_request or layer.module not in units:
                layer.why = layer.on_request or _passed_over(layer.module, units, by_module)
    rows = [
        {
            "module": layer.name,
            "kind": type(modules[layer.module]).__name__,
            "channels": pd.NA if layer.maps is None else layer.maps.shape[1],
            "size": pd.NA if layer.maps is None else MapSize(*layer.maps.shape[-2:]).plain,
            "runs": len(seen[layer.module].runs),
            "chosen": not layer.why,
            "reason": layer.why,
            "tokens": layer.tokens,
        }
        for layer in layers
    ]
    columns = ["module", "kind", "channels", "size", "runs", "chosen", "reason", "tokens"]
    table = pd.DataFrame(rows, columns=columns).astype({"chosen": bool, "channels": "Int64", "size": object})
    return table if any(isinstance(size, str) for size in table["size"]) else table.astype({"size": "Int64"})


def find_layers(
    model: nn.Module,
    images: Tensor,
    *,
    pattern: str | Sequence[str] | None = None,
    layout: str | Mapping[str, str] | None = None,
    grid: Any = None,
) -> list[str]:
    """Give the names of the layers to profile, in the order in which they run.

    Args:
        model: As for :func:`explain_layers`.
        images: As for :func:`explain_layers`.
        pattern: As for :func:`explain_layers`.
        layout: As for :func:`explain_layers`.
        grid: As for :func:`explain_layers`.

    Returns:
        Names for :func:`srop.profile`.

    Raises:
        TypeError: As :func:`explain_layers`.
        ValueError: As :func:`explain_layers`, or as :func:`chosen_layers`.
        RuntimeError: As :func:`explain_layers`.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 5))
        >>> find_layers(model, torch.zeros(1, 3, 8, 8))
        ['1', '2']
    """
    table = explain_layers(model, images, pattern=pattern, layout=layout, grid=grid)
    if table.empty:
        raise ValueError(
            f"the network is a single module, {type(model).__name__}, and has no layers to choose from; profile it as "
            "{'output': ''}, where '' is the name of the whole network"
        )
    return chosen_layers(table, pattern=pattern, grid=grid)


def chosen_layers(table: pd.DataFrame, *, pattern: str | Sequence[str] | None = None, grid: Any = None) -> list[str]:
    """Give the modules that a table chooses, and require what was asked for.

    Args:
        table: From :func:`explain_layers`.
        pattern: As it was given to :func:`explain_layers`.
        grid: As it was given to :func:`explain_layers`.

    Raises:
        ValueError: If no module is chosen, a pattern chooses no module, or no chosen module has its tokens on the given
            grid; the message gives the reasons.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())
        >>> chosen_layers(explain_layers(model, torch.zeros(1, 3, 8, 8), pattern="0"), pattern="0")
        ['0']
    """
    chosen = table[table["chosen"]]
    for each in [pattern] if isinstance(pattern, str) else pattern or []:
        fits = table["module"].map(partial(_fits, each))
        if not table.loc[fits, "chosen"].any():
            raise ValueError(f"{each!r} chooses no layer: {_reasons(table[fits])}")
    if chosen.empty:
        raise ValueError(f"no module gives maps that can be profiled: {_reasons(table)}")
    if grid is not None and not chosen["tokens"].any():
        message = f"no layer that is taken has tokens on the grid {grid}"
        refused = table[table["reason"].str.contains("do not fill the grid")]
        if refused.empty:
            raise UnusedOptionError("grid", f"{message}: no layer gives tokens; leave the grid out")
        raise ValueError(f"{message}: {_reasons(refused)}")
    return chosen["module"].tolist()


def _reasons(table: pd.DataFrame) -> str:
    """Give the reasons why modules are not chosen, each with its first module; those that differ by numbers are one."""
    groups = table.groupby(table["reason"].str.replace(r"'[^']*'|[\d.]+", "", regex=True), sort=False)
    kinds = sorted((group for _, group in groups), key=len, reverse=True)
    texts = []
    for group in kinds[:_REASONS]:
        first = group.iloc[0]
        others = f" (and {len(group) - 1} more alike)" if len(group) > 1 else ""
        texts.append(f"{first['module']}{others}: {first['reason']}")
    more = sum(map(len, kinds[_REASONS:]))
    return "; ".join([*texts, *([f"{more} more for other reasons"] if more else [])])


_REASONS = 4


def _look(model: nn.Module, images: Tensor) -> dict[str, _Seen]:
    require_hookable(model)
    seen = {name: _Seen() for name, _ in model.named_modules() if name}
    handles = []
    clock = iter(range(1, 10**9))

    def hook_for(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            inputs, parts = seen[name].inputs.pop(), list(parts_of(output))
            passes_on = [any(_same_values(*versioned, part) for versioned in inputs) for _, part in parts]
            seen[name].runs.append(_Run(output, next(clock), parts, passes_on))

        return hook

    def hook_before(name: str) -> Callable[[nn.Module, tuple[object, ...]], None]:
        return lambda _module, inputs: seen[name].inputs.append(_versions(inputs))

    device = next((parameter.device for parameter in model.parameters()), images.device)
    try:
        for name, module in model.named_modules():
            if isinstance(module, torch.jit.ScriptModule):
                seen[name].why = "is TorchScript, which runs without hooks"
            elif name:
                handles.append(module.register_forward_pre_hook(hook_before(name)))
                handles.append(module.register_forward_hook(hook_for(name)))
        with visiting(model):
            forward(model, images.to(device))
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _versions(inputs: Iterable[object]) -> list[tuple[Tensor, int]]:
    """Give the tensors among the inputs, each with torch's count of the writes to it."""
    return [(each, each._version) for each in inputs if isinstance(each, Tensor) and not each.is_inference()]


def _same_values(source: Tensor, version: int, output: Tensor) -> bool:
    """Check whether an output is an input, perhaps with its dimensions in another order, and was not written to."""
    if source._version != version or output.numel() != source.numel():
        return False
    try:
        return output is source or output.untyped_storage().data_ptr() == source.untyped_storage().data_ptr() != 0
    except (NotImplementedError, RuntimeError):  # no dense values
        return False


def _layers_of(name: str, seen: _Seen) -> Iterator[_Layer]:
    """Give the layers that a module has: each tensor of each run."""
    if not seen.runs:
        yield _Layer(name, name, why=seen.why)
    for number, run in enumerate(seen.runs, start=1):
        named = f"{name}#{number}" if len(seen.runs) > 1 else name
        if not run.parts:
            yield _Layer(named, name, run.place, why=f"gives {described(run.output)}, not a tensor of maps")
        for (end, output), passes_on in zip(run.parts, run.passes_on, strict=True):
            layer = _Layer(f"{named}{end}", name, run.place, output, passes_on=passes_on)
            if len(seen.runs) > 1:
                layer.on_request = f"runs {len(seen.runs)} times in a forward pass; only its name chooses a run"
            yield layer


def _refused(layer: _Layer, module: nn.Module, reader: MapReader, images: Tensor) -> str:
    """Read the maps of a layer, or give the reason why it has none."""
    try:
        maps = reader.maps(layer.name, module, layer.output, images)
    except (TypeError, ValueError) as error:
        layer.is_unknown = isinstance(error, UnknownLayoutError)
        return str(error)
    if layer.passes_on:
        return "gives its input, unchanged"
    layer.maps = maps
    layer.tokens = str(reader.grids.get(layer.name, ""))
    return ""


def _leave_to_request(layers: Sequence[_Layer]) -> None:
    """Leave the parts of modules that give several outputs with maps to a request."""
    good = Counter(layer.module for layer in layers if not layer.why)
    for layer in layers:
        if good[layer.module] > 1 and not layer.on_request:
            layer.on_request = f"is one of {good[layer.module]} outputs of its module; only its name chooses it"


def _fits(pattern: str, name: str) -> bool:
    """Check whether a pattern fits the name of a module, or of a run or a part of it."""
    return pattern == name or fnmatchcase(name, pattern) or fnmatchcase(_module_of(name), pattern)


def _module_of(name: str) -> str:
    return re.sub(r"(#\d+)?(\[.*)?$", "", name)


def _chooses(pattern: str, layer: _Layer) -> bool:
    """Check whether a pattern chooses a layer; a run or a part only if the pattern asks for it, not for its module."""
    if pattern == layer.name:
        return True
    of_module = fnmatchcase(layer.module, pattern)
    return (of_module and not layer.on_request) or (fnmatchcase(layer.name, pattern) and not of_module)


def require_fit(pattern: str, names: Sequence[str]) -> None:
    """Require that a pattern fits one of several names.

    Raises:
        ValueError: If it fits none; the message gives the nearest names.

    Example:
        >>> require_fit("layer?", ["conv1", "layer1"])
    """
    if pattern in names or any(fnmatchcase(each, pattern) for each in names):
        return
    raise ValueError(f"no module fits {pattern!r}; {known(names, pattern.strip('*?'))}")


def _units(model: nn.Module, seen: dict[str, _Seen], good: dict[str, _Layer]) -> set[str]:
    """Choose the blocks, and the last layer of each sequence of plain layers."""
    units: list[str] = []

    def descend(prefix: str, parent: nn.Module) -> None:
        for child, module in parent.named_children():
            name = f"{prefix}{child}"
            if name in good and not _is_stage(module, seen, name):
                units.append(name)
            elif len(seen[name].runs) <= 1:
                descend(f"{name}.", module)

    descend("", model)
    units.sort(key=lambda name: good[name].place)
    modules = dict(model.named_modules())
    kept = []
    for name, after in zip_longest(units, units[1:]):
        follows = after is not None and _finishes(modules[after])
        alike = after is not None and good[after].output.shape == good[name].output.shape
        same = after is not None and after.rpartition(".")[0] == name.rpartition(".")[0]
        if not (follows and alike and same):
            kept.append(name)
    return set(kept)


def _is_stage(module: nn.Module, seen: dict[str, _Seen], name: str) -> bool:
    """Check whether a module is a stage: it gives the output of its last part, and its parts are chosen instead."""
    parts = [part for part, _ in module.named_children()]
    if not parts:
        return False
    passes_on = any(
        seen[other].single is not None and seen[other].single is seen[name].single
        for other in seen
        if other.startswith(f"{name}.")
    )
    plain = type(module) in (nn.Sequential, nn.ModuleList, nn.ModuleDict)
    return passes_on and (plain or _has_blocks(module))


def _has_blocks(module: nn.Module) -> bool:
    """Check whether a module has several parts of one class, each with several convolutions or linear layers."""
    inside = [part for child in module.children() for part in (child, *child.children())]
    kinds = [type(part) for part in inside if sum(map(_has_matrix, part.modules())) > 1]
    return any(kinds.count(kind) > 1 for kind in set(kinds) - {nn.Sequential, nn.ModuleList})


def _has_matrix(module: nn.Module) -> bool:
    return any(parameter.ndim > 1 for parameter in module.parameters(recurse=False))


def _finishes(module: nn.Module) -> bool:
    words = type(module).__name__.lower()
    # Some norms contain their activation.
    return any(word in words for word in _FOLLOWERS) and not any(map(_has_matrix, module.modules()))


def _passed_over(name: str, units: set[str], good: dict[str, _Layer]) -> str:
    inside = [unit for unit in units if unit.startswith(f"{name}.")]
    if inside:
        return f"its parts are taken: {', '.join(sorted(inside)[:3])}{' ...' if len(inside) > 3 else ''}"
    around = [unit for unit in units if name.startswith(f"{unit}.")]
    if around:
        part = good[around[0]].name
        return f"lies in {around[0]}, which is taken" + (f" by its part {part}" if part != around[0] else "")
    return "the norm or activation that follows is measured instead"
