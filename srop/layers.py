"""Finding the layers of a network that can be profiled, by one forward pass, and explaining why others cannot."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from srop.checks import require_hookable, require_images, require_tensor
from srop.guest import visiting
from srop.hooks import forward
from srop.maps import channels_before, is_attention, layout_of

_FOLLOWERS = ("norm", "relu", "elu", "gelu", "swish", "tanh", "sigmoid", "activation", "dropout", "identity", "mish")
_FOLLOWERS += ("dropblock", "droppath", "softplus", "threshold", "blurpool")
"""Words in the class names of norms, activations and the like, which follow a layer and complete it."""


@dataclass
class _Seen:
    """The facts about a module that one forward pass shows."""

    runs: int = 0
    output: Any = None
    place: int = 0
    inputs: list[list[tuple[Tensor, int]]] = field(default_factory=list)
    passes_on: bool = False


@torch.no_grad()
def explain_layers(model: nn.Module, images: Tensor, *, pattern: str | None = None) -> pd.DataFrame:
    """List every module of a network: whether it is a layer to profile, and if not, why.

    The blocks of a network are chosen (in a stage of several blocks of one kind, each block). Between the blocks the
    convolutions and pools are chosen, or the norm or activation that follows them. Each chosen module runs once and
    gives square maps.

    Args:
        model: The network; it is run once, in evaluation mode, and left as it was.
        images: ``(b, c, n, n)``; one is enough.
        pattern: A shell pattern of names, such as ``"layer?"`` or ``"features.*"``; it chooses the modules instead.

    Returns:
        A row per module, in the order in which the modules give their outputs (modules that never run come last):
        ``module`` (its name in ``named_modules()``), ``kind`` (its class), ``channels``, ``size`` (edge length of the
        maps), ``runs`` (how often it runs in a forward pass), ``chosen`` and ``reason`` (why it is not chosen; empty if
        it is).

    Raises:
        TypeError: If the images are not a tensor, or the network takes no hooks.
        ValueError: If the images are not square, or no module fits the pattern.
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
    require_images("images", images)
    modules = {name: module for name, module in model.named_modules() if name}
    seen = _look(model, images)
    why = {name: _refused(name, modules[name], seen[name], len(images)) for name in modules}
    good = [name for name in sorted(modules, key=lambda name: seen[name].place) if not why[name]]
    if pattern is not None:
        chosen = {name for name in good if fnmatchcase(name, pattern)}
        if not any(fnmatchcase(name, pattern) for name in modules):
            raise ValueError(f"no module fits {pattern!r}; there are {', '.join(modules)}")
        why |= {name: f"does not fit {pattern}" for name in good if name not in chosen}
    else:
        units = _units(model, seen, set(good))
        why |= {name: _passed_over(name, units) for name in good if name not in units}
    rows = []
    for name, module in modules.items():
        maps = None if _refused(name, module, seen[name], len(images)) else _maps(name, module, seen[name].output)
        rows.append(
            {
                "module": name,
                "kind": type(module).__name__,
                "channels": pd.NA if maps is None else maps.shape[1],
                "size": pd.NA if maps is None else maps.shape[-1],
                "runs": seen[name].runs,
                "chosen": not why[name],
                "reason": why[name],
                "place": seen[name].place or math.inf,
            }
        )
    columns = ["module", "kind", "channels", "size", "runs", "chosen", "reason", "place"]
    table = pd.DataFrame(rows, columns=columns).astype({"chosen": bool, "channels": "Int64", "size": "Int64"})
    return table.sort_values("place", kind="stable", ignore_index=True).drop(columns="place")


def find_layers(model: nn.Module, images: Tensor, *, pattern: str | None = None) -> list[str]:
    """Give the names of the layers to profile, in the order in which they run.

    Args:
        model: As for :func:`explain_layers`.
        images: As for :func:`explain_layers`.
        pattern: As for :func:`explain_layers`.

    Returns:
        Names for :func:`srop.profile`.

    Raises:
        TypeError: As :func:`explain_layers`.
        ValueError: As :func:`explain_layers`, or if no layer is left; the message counts the reasons.
        RuntimeError: As :func:`explain_layers`.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 5))
        >>> find_layers(model, torch.zeros(1, 3, 8, 8))
        ['1', '2']
    """
    table = explain_layers(model, images, pattern=pattern)
    if table.empty:
        raise ValueError(
            f"the network is a single module, {type(model).__name__}, and has no layers to choose from; profile it as "
            "{'output': ''}, where '' is the name of the whole network"
        )
    if not table["chosen"].any():
        counts = table["reason"].str.replace(r"[\d.]+", "N", regex=True).value_counts()
        reasons = "; ".join(f"{count} module{'s' if count > 1 else ''}: {reason}" for reason, count in counts.items())
        raise ValueError(f"no module gives maps that can be profiled ({reasons})")
    return table.loc[table["chosen"], "module"].tolist()


def _look(model: nn.Module, images: Tensor) -> dict[str, _Seen]:
    require_hookable(model)
    seen = {name: _Seen() for name, _ in model.named_modules() if name}
    handles = []
    clock = iter(range(1, 10**9))

    def hook_for(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            facts = seen[name]
            facts.runs += 1
            facts.output, facts.place = output, next(clock)
            facts.passes_on = any(_same_values(*versioned, output) for versioned in facts.inputs.pop())

        return hook

    def hook_before(name: str) -> Callable[[nn.Module, tuple[object, ...]], None]:
        return lambda _module, inputs: seen[name].inputs.append(_versions(inputs))

    device = next((parameter.device for parameter in model.parameters()), images.device)
    try:
        for name, module in model.named_modules():
            if name:
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


def _same_values(source: Tensor, version: int, output: object) -> bool:
    """Check whether an output is an input, perhaps with its dimensions in another order, and was not written to."""
    if not isinstance(output, Tensor) or source._version != version or output.numel() != source.numel():
        return False
    try:
        return output is source or output.untyped_storage().data_ptr() == source.untyped_storage().data_ptr() != 0
    except (NotImplementedError, RuntimeError):  # no dense values
        return False


def _maps(name: str, module: nn.Module, output: Tensor) -> Tensor:
    return channels_before(output, layout_of(name, module, output.shape))


def _refused(name: str, module: nn.Module, seen: _Seen, images: int) -> str:
    """Give the reason why a module cannot be profiled; empty if it can."""
    if not seen.runs:
        return "never runs in a forward pass"
    if seen.runs > 1:
        return f"runs {seen.runs} times in a forward pass"
    if not isinstance(seen.output, Tensor):
        return f"gives a {type(seen.output).__name__}, not a tensor of maps"
    try:
        require_tensor("its output", seen.output)
        maps = _maps(name, module, seen.output)
    except (TypeError, ValueError) as error:
        return str(error)
    if len(maps) != images:
        return f"gives {len(maps)} maps per channel for {images} images, perhaps for windows of them"
    if is_attention(maps):
        return "gives attention weights, each row of which adds up to 1"
    if seen.passes_on:
        return "gives its input, unchanged"
    return ""


def _units(model: nn.Module, seen: dict[str, _Seen], good: set[str]) -> set[str]:
    """Choose the blocks, and the last layer of each sequence of plain layers."""
    units: list[str] = []

    def descend(prefix: str, parent: nn.Module) -> None:
        for child, module in parent.named_children():
            name = f"{prefix}{child}"
            if name in good and not _is_stage(module, seen, name):
                units.append(name)
            elif seen[name].runs <= 1:
                descend(f"{name}.", module)

    descend("", model)
    units.sort(key=lambda name: seen[name].place)
    modules = dict(model.named_modules())
    kept = []
    for name, after in zip_longest(units, units[1:]):
        follows = after is not None and _finishes(modules[after])
        alike = after is not None and seen[after].output.shape == seen[name].output.shape
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
        seen[other].output is seen[name].output and seen[other].runs == 1
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


def _passed_over(name: str, units: set[str]) -> str:
    inside = [unit for unit in units if unit.startswith(f"{name}.")]
    if inside:
        return f"its parts are taken: {', '.join(sorted(inside)[:3])}{' ...' if len(inside) > 3 else ''}"
    around = [unit for unit in units if name.startswith(f"{unit}.")]
    if around:
        return f"lies in {around[0]}, which is taken"
    return "the norm or activation that follows is measured instead"
