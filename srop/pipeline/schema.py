"""The schema of the configuration: the sections of the experiments, and what they share.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, make_dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from srop.experiments import discover
from srop.layout import LAYOUTS
from srop.networks.weights import is_sha256
from srop.pipeline.ranges import BatchNorm, DeadTreatment, NetworkSource, Requirement, among, folder_name, some

SECTIONS = discover("section")
"""Of the experiments, by name: each a dataclass ``Section`` and a function ``requirements``."""


@dataclass
class Weights:
    """Weights in a file: anybody's, one that a package ships, or a named set that the network's library downloads."""

    file: str = MISSING
    package: str | None = None
    set: str | None = None
    sha256: str | None = None
    key: str | None = None
    strip_prefix: str = ""
    megabytes: float | None = None
    license: str | None = None


@dataclass
class Architecture:
    """A network, its weights and its layers: one YAML in ``config/architecture/``."""

    title: str = MISSING
    source: NetworkSource = MISSING
    model: str = MISSING
    arguments: dict[str, Any] = field(default_factory=dict)
    input_size: int = 224
    mean: list[float] = field(default_factory=lambda: [0.485, 0.456, 0.406])
    std: list[float] = field(default_factory=lambda: [0.229, 0.224, 0.225])
    weights: dict[str, Weights | None] = field(default_factory=lambda: {"random": None})
    layers: dict[str, str] = MISSING
    layout: Any = None
    downscaling: list[str] = MISSING


@dataclass
class Figures:
    """What the figures show of the results."""

    layer: str = MISSING
    convention: str = MISSING
    dead: DeadTreatment = MISSING
    example: int = MISSING
    batch_norm: BatchNorm = MISSING
    figure4: list[str] = MISSING


@dataclass
class DataFiles:
    """Where data files lie, and whether they may be downloaded: they do not affect results."""

    root: str = MISSING
    download: bool = MISSING


@dataclass
class Stage:
    """What a stage's results depend on: keys of the configuration. Its code is read from its imports."""

    reads: list[str] = field(default_factory=list)


SHARED = {"architecture": Architecture | None, "data": DataFiles, "stage": Stage, "run": dict[str, Any]}
"""Parts of a configuration that hold no values of experiments."""

Config = make_dataclass(
    "Config",
    [
        *((name, module.Section, field(default_factory=module.Section)) for name, module in SECTIONS.items()),
        ("figures", Figures, field(default_factory=Figures)),
        ("architecture", SHARED["architecture"], None),
        ("data", DataFiles, field(default_factory=DataFiles)),
        ("stage", Stage, field(default_factory=Stage)),
        ("run", SHARED["run"], field(default_factory=dict)),
    ],
)
"""A composed configuration: the experiments' values, the stage's share of them, and settings of the run."""

ConfigStore.instance().store(name="schema", node=Config)


def load_architecture(config_dir: Path, name: str) -> DictConfig:
    """Load and check an architecture as a stage's configuration would hold it, without composing one: that is slow.

    Args:
        config_dir: The folder ``config/``.
        name: Of its YAML in the folder ``architecture/``.

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
        there = sorted(path.stem for path in file.parent.glob("*.yaml"))
        raise ValueError(f"there is no {file}; there are {', '.join(there)}")
    return read_architecture(file)


def read_architecture(file: Path) -> DictConfig:
    """Read and check the YAML of an architecture, wherever it lies.

    Raises:
        ValueError: If it is missing or malformed, or a key or value is wrong; it names the file.
    """
    if not file.is_file():
        raise ValueError(f"there is no {file}")
    try:
        architecture = OmegaConf.merge(OmegaConf.structured(Architecture), OmegaConf.load(file))
        _require(OmegaConf.create({"architecture": architecture}), _architecture_requirements(architecture))
    except (TypeError, ValueError, YAMLError, OmegaConfBaseException) as error:
        raise ValueError(f"{file}: {error}") from error
    return architecture


def check(config: DictConfig) -> None:
    """Check what the schema's types cannot say: the ranges of the values, and that ``+`` added no key.

    Raises:
        omegaconf.errors.ConfigKeyError: If a key was added that the schema does not know.
        ValueError: Naming the key, its value and what is allowed, or keys that have no value.
    """
    chosen = [*SECTIONS, "figures", "data"]
    if missing := [key for name in chosen for key in sorted(OmegaConf.missing_keys(config[name]))]:
        raise ValueError(f"{', '.join(missing)}: the preset gives no value, nor does anything else")
    OmegaConf.merge(OmegaConf.structured(Config), OmegaConf.to_container(config))
    requirements = [requirement for module in SECTIONS.values() for requirement in module.requirements(config)]
    if config.architecture:
        requirements += _architecture_requirements(config.architecture)
    _require(config, requirements)


def _require(config: DictConfig, requirements: Iterable[Requirement]) -> None:
    for key, holds, rule in requirements:
        if not holds:
            raise ValueError(f"{key}={OmegaConf.select(config, key)}: {rule}")


def _layout_within(architecture: DictConfig) -> tuple[bool, str]:
    layout = architecture.layout
    chosen = layout if OmegaConf.is_dict(layout) else dict.fromkeys(architecture.layers, layout) if layout else {}
    rule = f"give {' or '.join(LAYOUTS)}, or a mapping to these from names in layers"
    return set(chosen) <= set(architecture.layers) and set(chosen.values()) <= set(LAYOUTS), rule


def _architecture_requirements(architecture: DictConfig) -> Iterator[Requirement]:
    for key in sorted(OmegaConf.missing_keys(architecture)):
        yield f"architecture.{key}", False, "it is required"
    yield "architecture.layers", *some(architecture.layers.values())
    yield "architecture.layout", *_layout_within(architecture)
    yield "architecture.downscaling", *among(architecture.layers, architecture.downscaling)
    yield "architecture.input_size", architecture.input_size >= 4, "a spectrum needs at least 4 x 4"
    yield (
        "architecture.arguments",
        not architecture.arguments.keys() & {"weights", "pretrained", "checkpoint_path"},
        "weights are named under its key weights",
    )
    for key in ("mean", "std"):
        yield f"architecture.{key}", len(architecture[key]) == 3, "there are three colors"
        yield f"architecture.{key}", all(map(isfinite, architecture[key])), "the numbers are finite"
    yield "architecture.std", min(architecture.std) > 0, "standard deviations are positive"
    for name, weights in architecture.weights.items():
        key = f"architecture.weights.{name}"
        yield key, *folder_name(name)
        yield key, (name == "random") == (weights is None), "random weights, and only they, have no file"
        if weights is not None:
            yield f"{key}.file", weights.file is not None, "weights lie in a file"
            yield f"{key}.sha256", weights.set or weights.sha256, "a file that is no library's own needs its sha256"
            if weights.sha256:
                yield f"{key}.sha256", is_sha256(weights.sha256), "a SHA-256 has 64 hexadecimal digits"
