"""The names of layers' outputs: a run of a module that runs several times, and a part of a list, dict or data class."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from torch import Tensor

_NAME = re.compile(r"(.*?)(?:#([1-9]\d*))?((?:\[(?:\d+|'[^']*'|\"[^\"]*\")\])*)", re.ASCII | re.DOTALL)
_KEY = re.compile(r"\[(?:(\d+)|'([^']*)'|\"([^\"]*)\")\]", re.ASCII)


@dataclass(frozen=True)
class OutputName:
    """The name of an output, taken apart.

    Attributes:
        module: The module, as in ``model.named_modules()``.
        run: Which run of the module within a forward pass, from 1; None means every run.
        keys: Keys and indices that lead to a part of what the module gives.
    """

    module: str
    run: int | None = None
    keys: tuple[str | int, ...] = ()

    def part_of(self, output: Any) -> Any:
        """Give the named part of what the module gives.

        Raises:
            ValueError: If there is no such part; the message lists the parts.
        """
        part = output
        for key in self.keys:
            try:
                part = _items(part)[key]
            except KeyError:
                raise ValueError(f"gives {described(output)}, without [{key!r}]") from None
        return part


def output_name(name: str, modules: Collection[str]) -> OutputName:
    """Take the name of an output apart.

    Args:
        name: A module's name; behind it ``#2`` for its second run within a forward pass, and ``['key']`` or ``[0]`` for
            a part of what it gives, in this order.
        modules: The names of all modules.

    Raises:
        ValueError: If there is no such module; the message gives the nearest names.

    Example:
        >>> output_name("backbone#2['out'][0]", ["backbone"])
        OutputName(module='backbone', run=2, keys=('out', 0))
    """
    if name in modules:
        return OutputName(name)
    module, run, keys = _NAME.fullmatch(name).groups()
    if module not in modules:
        near = get_close_matches(module, modules, n=3, cutoff=0.3)
        names = [each for each in modules if each]
        hint = f"the nearest are {', '.join(near)}" if near else f"it begins with {', '.join(names[:5])}"
        raise ValueError(f"the network has no layer {name!r}; {hint if names else 'it is a single module'}")
    path = (int(index) if index else key or other for index, key, other in _KEY.findall(keys))
    return OutputName(module, int(run) if run else None, tuple(path))


def parts_of(output: Any) -> Iterator[tuple[str, Tensor]]:
    """Give the tensors in an output, each with the end of its name: ``""`` for a tensor itself.

    Lists, tuples, mappings (among them ``ModelOutput`` of transformers) and data classes are looked into.

    Example:
        >>> import torch
        >>> [end for end, _ in parts_of({"out": torch.zeros(1), "levels": [torch.zeros(1)]})]
        ["['out']", "['levels'][0]"]
    """
    if isinstance(output, Tensor):
        yield "", output
    else:
        for key, part in _items(output).items():
            for end, tensor in parts_of(part):
                yield f"[{key!r}]{end}", tensor


def described(output: Any) -> str:
    """Say what an output is, with the ends of the names of its tensors.

    Example:
        >>> import torch
        >>> described((torch.zeros(1), None))
        'a tuple with the part [0]'
    """
    ends = [end for end, _ in parts_of(output)]
    if not ends:
        return f"a {type(output).__name__} without tensors"
    more = ", ..." if len(ends) > 5 else ""
    return f"a {type(output).__name__} with the part{'s' * (len(ends) > 1)} {', '.join(ends[:5])}{more}"


def _items(output: Any) -> dict[str | int, Any]:
    """Give the parts of an output by key or index; none for what has no parts."""
    if isinstance(output, Mapping):
        return {key: part for key, part in output.items() if isinstance(key, str | int) and part is not output}
    if isinstance(output, list | tuple):
        return dict(enumerate(output))
    if is_dataclass(output) and not isinstance(output, type):
        return {field.name: getattr(output, field.name) for field in fields(output)}
    return {}
