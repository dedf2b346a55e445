"""The schema of the configuration: the sections of the experiments, and what they share.

Nothing here imports torch, because the workflow reads this at every start.
"""

from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from srop.experiments import discover
from srop.networks.architecture import Architecture, architecture_of, check_architecture, read_yaml
from srop.pipeline.ranges import BatchNorm, DeadTreatment

SECTIONS = discover("section")
"""Of the experiments, by name: each a dataclass ``Section`` and a function ``requirements``."""


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
    content = read_yaml(file)
    if isinstance(content, dict):
        try:
            content = OmegaConf.to_container(OmegaConf.create(content), resolve=True)
        except OmegaConfBaseException as error:
            raise ValueError(f"{file}: {error}") from error
    return OmegaConf.merge(OmegaConf.structured(Architecture), architecture_of(content, file))


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
    for key, holds, rule in requirements:
        if not holds:
            raise ValueError(f"{key}={OmegaConf.select(config, key)}: {rule}")
    if config.architecture:
        check_architecture(OmegaConf.to_container(config.architecture, resolve=True, enum_to_str=True))
