"""The schema of the configuration: the sections of the experiments, and what they share."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ValidationError, create_model

from srop.experiments import discover
from srop.networks.architecture import Architecture, architecture_of, read_yaml
from srop.pipeline.keys import (
    BatchNorm,
    Convention,
    DeadTreatment,
    Distinct,
    Keys,
    Layer,
    in_words,
    key,
    without_references,
)
from srop.pipeline.overrides import hydra_value
from srop.pipeline.ranges import Requirement

SECTIONS = discover("section")
"""For each experiment the module that defines its keys, ``Section``, and perhaps ``rules`` over several sections."""

SHARED = ("architecture", "data", "run", "hydra")
"""Parts of a configuration that hold no values of experiments."""


class Figures(Keys):
    """What the figures show of the results."""

    layer: Layer = key("the layer of the figures; Figure 2 is drawn for the others, too, as `figure2-<layer>`")
    convention: Convention = key("of the figures, and of Table 2 for people; CSV tables hold all conventions")
    dead: DeadTreatment = key("dead maps in Figures 4, 5 and id, and in Table 2; the digit figures show both ways")
    example: int = key("number of the image in Figure 1", ge=0)
    batch_norm: BatchNorm = key("how the random networks of Figures 5 and id run their batch norms")
    figure4: Distinct[str] = key("architectures in Figure 4, if they are profiled and take 224 x 224")


class DataFiles(Keys):
    """Where data files lie, and whether they may be downloaded. They do not affect results."""

    root: str = key("folder of downloaded data sets, relative to where snakemake runs; affects no result")
    download: bool = key("whether missing files may be downloaded; affects no result")


class _Config(Keys):
    """All values of a configuration, by section."""

    def rules(self) -> Iterator[Requirement]:
        for module in SECTIONS.values():
            if hasattr(module, "rules"):
                yield from module.rules(self)


Config = create_model(
    "Config",
    __base__=_Config,
    **{name: (module.Section, ...) for name, module in SECTIONS.items()},
    figures=(Figures, ...),
    data=(DataFiles, ...),
)
"""The values of a composed configuration: the sections of the experiments, ``figures`` and ``data``."""


def load_architecture(config_dir: Path, name: str) -> DictConfig:
    """Load and check an architecture as a stage's configuration holds it, without composing, which is slow.

    Args:
        config_dir: The folder ``config/``.
        name: Name of its YAML in the folder ``architecture/``.

    Returns:
        An :class:`Architecture`.

    Raises:
        ValueError: If the YAML is missing or malformed, or a key or value is wrong; it names the file.

    Example:
        >>> load_architecture(Path("config"), "resnet18").layers["pool1"]
        'maxpool'
    """
    file = config_dir / "architecture" / f"{name}.yaml"
    if not file.is_file():
        names = sorted(path.stem for path in file.parent.glob("*.yaml"))
        raise ValueError(f"there is no {file}; there are {', '.join(names)}")
    content = read_yaml(file)
    # What refers to nothing needs no resolving, which is slow.
    if isinstance(content, dict) and "${" in repr(content):
        try:
            content = OmegaConf.to_container(OmegaConf.create(content), resolve=True)
        except OmegaConfBaseException as error:
            raise ValueError(f"{file}: {error}") from error
    # These are plain values that were checked: to merge them with the types as well takes three times as long.
    architecture = OmegaConf.create(architecture_of(content, file))
    OmegaConf.set_struct(architecture, True)
    return architecture


def _structured(content: Any, file: str | Path) -> DictConfig:
    return OmegaConf.merge(OmegaConf.structured(Architecture), architecture_of(content, file))


def check(config: DictConfig) -> None:
    """Check the values of a configuration, and write them back in their types: a number where a whole number stood.

    Args:
        config: A composed configuration; ``run`` is not looked at.

    Raises:
        ValueError: Naming each wrong key, its value and what is allowed, and the keys that have no value.
    """
    if unknown := [name for name in config if name not in (*Config.model_fields, *SHARED)]:
        raise ValueError(f"{', '.join(unknown)}: there is no such section; there are {', '.join(Config.model_fields)}")
    present = [name for name in Config.model_fields if name in config]
    values = _without_missing(OmegaConf.to_container(OmegaConf.masked_copy(config, present), resolve=True))
    try:
        valid = Config.model_validate(values)
    except ValidationError as error:
        raise ValueError("\n".join(_messages(error, values))) from None
    for name, section in valid.model_dump().items():
        config[name] = section
    if config.get("architecture"):
        content = OmegaConf.to_container(config.architecture, resolve=True, enum_to_str=True)
        config.architecture = _structured(content, "the YAML of the architecture")


def _without_missing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_missing(each) for key, each in value.items() if each != "???"}
    return value


def _messages(error: ValidationError, values: Mapping[str, Any]) -> Iterator[str]:
    """Write one message for each wrong key: its value, and what is allowed."""
    schema = Config.model_json_schema()
    schema = without_references(schema, schema["$defs"])
    missing, messages = [], {}
    for each in error.errors(include_url=False):
        kind, context = each["type"], each.get("ctx", {})
        # The place in a list does not belong to the key, nor does the mark of a wrong name.
        place = next((i for i, part in enumerate(each["loc"]) if not isinstance(part, str) or part == "[key]"), None)
        path = each["loc"][:place]
        if kind == "missing":
            missing += _keys_below(_at(schema, path), ".".join(path))
        elif kind == "rules":
            for key, rule in context["broken"]:
                messages[_given((*path, *filter(None, key.split("."))), values, rule)] = None
        elif kind == "extra_forbidden":
            siblings = ", ".join(_at(schema, path[:-1])["properties"])
            messages[_given(path, values, f"there is no such key; there are {siblings}")] = None
        elif kind == "too_short":
            messages[_given(path, values, f"give at least {context['min_length']}")] = None
        elif kind == "value_error":
            messages[_given(path, values, str(context["error"]))] = None
        else:
            messages[_given(path, values, f"must be {in_words(_at(schema, path))}")] = None
    if missing:
        yield f"{', '.join(missing)}: the preset gives no value, nor does anything else"
    yield from messages


def _at(schema: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    for name in path:
        schema = schema["anyOf"][0] if "anyOf" in schema else schema
        schema = schema["properties"][name] if "properties" in schema else schema["additionalProperties"]
    return schema


def _keys_below(schema: Mapping[str, Any], key: str) -> Iterator[str]:
    if "properties" in schema:
        for name, each in schema["properties"].items():
            yield from _keys_below(each, f"{key}.{name}")
    else:
        yield key


def _given(path: tuple[str, ...], values: Any, rule: str) -> str:
    for name in path:
        values = values[name]
    return f"{'.'.join(path)}={hydra_value(values)}: {rule}"
