"""Architectures: the schema of their YAML files, and reading and checking them.

The schema of the pipeline's configuration builds on this one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import yaml

from srop.maps import LAYOUTS
from srop.networks.weights import is_sha256
from srop.pipeline.ranges import NetworkSource, Requirement, among, folder_name, some
from srop.tokens import require_grids

_NO_VALUE = "???"
"""OmegaConf's mark for a missing value."""


@dataclass(kw_only=True)
class Weights:
    """Weights in a file: a file of the user, of a package, or of a named set that the network's library downloads."""

    file: str
    package: str | None = None
    set: str | None = None
    sha256: str | None = None
    key: str | None = None
    strip_prefix: str = ""
    megabytes: float | None = None
    license: str | None = None


@dataclass(kw_only=True)
class Architecture:
    """A network, its weights and its layers: one YAML in ``config/architecture/`` or elsewhere."""

    title: str
    source: NetworkSource
    model: str
    arguments: dict[str, Any] = field(default_factory=dict)
    input_size: int = 224
    mean: list[float] = field(default_factory=lambda: [0.485, 0.456, 0.406])
    std: list[float] = field(default_factory=lambda: [0.229, 0.224, 0.225])
    weights: dict[str, Weights | None] = field(default_factory=lambda: {"random": None})
    layers: dict[str, str]
    layout: Any = None
    grid: Any = None
    downscaling: list[str]
    presets: list[str] | None = None


def read_architecture(file: str | Path) -> dict[str, Any]:
    """Read and check the YAML of an architecture, in any folder.

    Args:
        file: The YAML.

    Returns:
        The keys of :class:`Architecture`, and of its :class:`Weights`, in plain types.

    Raises:
        ValueError: If the file is missing or malformed, or a key or value is wrong; the message names file and key.
    """
    content = read_yaml(file)
    if key := _interpolated(content, "architecture"):
        raise ValueError(f"{file}: {key} holds ${{...}}, which the pipeline alone fills in; write the value itself")
    return architecture_of(content, file)


def read_yaml(file: str | Path) -> Any:
    """Read a YAML as Hydra does: each key occurs once, 1e-3 is a number, and a date is text.

    Raises:
        ValueError: If the file is missing or malformed; the message names it.
    """
    file = Path(file)
    if not file.is_file():
        raise ValueError(f"there is no {file}; give the path of a YAML")
    try:
        with file.open("rb") as stream:
            return yaml.load(stream, _Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"{file}: {error}") from error


def architecture_of(content: Any, file: str | Path) -> dict[str, Any]:
    """Check the content of an architecture's YAML, and add the defaults.

    Args:
        content: The content of the YAML.
        file: The file, for the message.

    Returns:
        As for :func:`read_architecture`.

    Raises:
        ValueError: If a key or value is wrong; the message names file and key.
    """
    try:
        architecture = _converted(Architecture, {} if content is None else content, "architecture")
        check_architecture(architecture)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    return architecture


def check_architecture(architecture: Mapping[str, Any]) -> None:
    """Check what types do not express: that no value is missing, and the ranges.

    Args:
        architecture: The keys of :class:`Architecture`, in plain types.

    Raises:
        ValueError: If a value is missing or not allowed; the message names the key, its value and the rule.
    """
    for value, (key, holds, rule) in _requirements(architecture):
        if not holds:
            raise ValueError(f"architecture.{key}={value}: {rule}")


def _requirements(architecture: Mapping[str, Any]) -> Iterator[tuple[Any, Requirement]]:
    """List each value with its requirement; a requirement comes before others that depend on it."""
    for key in _missing(Architecture, architecture):
        yield None, (key, False, "it is required")

    def value_of(key: str, holds: bool, rule: str) -> tuple[Any, Requirement]:
        return architecture[key], (key, holds, rule)

    yield value_of("layers", *some(architecture["layers"].values()))
    yield value_of("layout", *_layout_within(architecture))
    yield value_of("grid", *_grid_within(architecture))
    yield value_of("downscaling", *among(architecture["layers"], architecture["downscaling"]))
    yield value_of("input_size", architecture["input_size"] >= 4, "a spectrum needs at least 4 x 4")
    reserved = architecture["arguments"].keys() & {"weights", "pretrained", "checkpoint_path"}
    yield value_of("arguments", not reserved, "weights are named under its key weights")
    for key in ("mean", "std"):
        yield value_of(key, len(architecture[key]) == 3, "there are three colors")
        # Not above 1 also leaves out NaN and infinity.
        rule = "these are numbers for pixels in [0, 1]; divide values for pixels up to 255 by 255"
        yield value_of(key, all(0 <= value <= 1 for value in architecture[key]), rule)
    yield value_of("std", min(architecture["std"]) > 0, "standard deviations are positive")
    for name, weights in architecture["weights"].items():
        key = f"weights.{name}"
        yield weights, (key, *folder_name(name))
        yield weights, (key, (name == "random") == (weights is None), "random weights, and only they, have no file")
        if weights is not None:
            for absent in _missing(Weights, weights):
                yield None, (f"{key}.{absent}", False, "it is required")
            sha256 = weights["sha256"]
            rule = "a file that is not in a library's named set needs its sha256"
            yield sha256, (f"{key}.sha256", bool(weights["set"] or sha256), rule)
            is_valid = not sha256 or is_sha256(sha256)
            yield sha256, (f"{key}.sha256", is_valid, "a SHA-256 has 64 hexadecimal digits")


def _missing(kind: type, values: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted(_required(kind)) if values.get(name, _NO_VALUE) == _NO_VALUE]


def _required(kind: type) -> set[str]:
    return {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}


def _layout_within(architecture: Mapping[str, Any]) -> tuple[bool, str]:
    layers, layout = architecture["layers"], architecture["layout"]
    layouts = layout if isinstance(layout, dict) else dict.fromkeys(layers, layout) if layout else {}
    rule = f"give {' or '.join(LAYOUTS)}, or a mapping to these from names in layers"
    return set(layouts) <= set(layers) and all(value in LAYOUTS for value in layouts.values()), rule


def _grid_within(architecture: Mapping[str, Any]) -> tuple[bool, str]:
    try:
        require_grids(architecture["grid"], list(architecture["layers"]))
    except (TypeError, ValueError) as error:
        return False, str(error)
    return True, ""


def _converted(kind: Any, value: Any, key: str) -> Any:
    """Convert a value to a type: a number may be written as text, and text as a number."""
    if kind is Any or value == _NO_VALUE:
        return value
    if isinstance(kind, UnionType):
        return None if value is None else _converted(get_args(kind)[0], value, key)
    if is_dataclass(kind):
        return _converted_fields(kind, _mapping(value, key), key)
    if get_origin(kind) is dict:
        inner = get_args(kind)[1]
        return {name: _converted(inner, each, f"{key}.{name}") for name, each in _mapping(value, key).items()}
    if get_origin(kind) is list:
        if not isinstance(value, list):
            raise ValueError(f"{key}={value}: give a list, as in [a, b]")
        return [_converted(get_args(kind)[0], each, f"{key}[{place}]") for place, each in enumerate(value)]
    if issubclass(kind, Enum):
        if value not in kind.__members__:
            raise ValueError(f"{key}={value}: there are {', '.join(kind.__members__)}")
        return value
    if kind is str and value is not None and not isinstance(value, dict | list):
        return str(value)
    # By the exact type, because in Python a bool is an int.
    if kind in (int, float) and type(value) in {int: (int, str), float: (int, float, str)}[kind]:
        try:
            return kind(value)
        except ValueError:
            pass
    raise ValueError(f"{key}={value}: give {_WORDS[kind]}")


_WORDS = {str: "a text", int: "a whole number", float: "a number"}


def _mapping(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{key}={value}: give a mapping, as in {{name: value}}")
    if odd := [name for name in value if not isinstance(name, str)]:
        raise ValueError(f"{key}.{odd[0]}: a name is a text; put it in quotes")
    return value


def _converted_fields(kind: type, values: Mapping[str, Any], key: str) -> dict[str, Any]:
    known = {each.name: each for each in fields(kind)}
    if odd := [name for name in values if name not in known]:
        raise ValueError(f"{key}.{odd[0]}: there is no such key; there are {', '.join(known)}")
    complete = {name: _value_or_default(each, values) for name, each in known.items()}
    return {name: _converted(known[name].type, value, f"{key}.{name}") for name, value in complete.items()}


def _value_or_default(known: Field, values: Mapping[str, Any]) -> Any:
    """Give a field's value or its default; a mapping is added to its default, so that each has random weights."""
    factory = known.default_factory
    default = _NO_VALUE if known.default is MISSING else known.default
    if factory is not MISSING:
        default = factory()
    value = values.get(known.name, default)
    return {**default, **value} if isinstance(default, dict) and isinstance(value, dict) else value


def _interpolated(value: Any, key: str) -> str | None:
    """Find the first key whose text holds an interpolation."""
    if isinstance(value, str):
        return key if "${" in value else None
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next(filter(None, (_interpolated(each, f"{key}.{name}") for name, each in pairs)), None)


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = []
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    "while constructing a mapping", node.start_mark, f"found duplicate key {key.value}", key.start_mark
                )
            seen.append(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d[\d_]*(\.[\d_]*)?[eE][-+]?\d+$"), list("-+0123456789")
)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
