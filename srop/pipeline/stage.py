"""A stage: what it may read of the configuration, and what its results depend on.

Nothing here imports torch, because the workflow reads this at every start.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf

from srop.pipeline.ranges import NetworkSource
from srop.pipeline.schema import SHARED, Stage, check
from srop.pipeline.seal import made_by
from srop.pipeline.tracking import PACKAGE, code_of, digest


def compose(config_dir: Path, stage: str, overrides: list[str]) -> DictConfig:
    """Compose the configuration of a stage as its script will see it, and check it.

    Args:
        config_dir: The folder ``config/``.
        stage: Name of a root configuration in that folder, such as ``base`` or ``stage/train_digits``.
        overrides: Hydra overrides, such as ``preset=smoke``.

    Returns:
        The whole configuration, its references resolved, runtime settings unfilled.

    Raises:
        hydra.errors.HydraException: If a key or a choice of a group is unknown.
        omegaconf.errors.OmegaConfBaseException: If a value has the wrong type, or refers to a key that is not there.
        ValueError: If a value is out of range.
    """
    return compose_resolved(config_dir, stage, overrides)[0]


def compose_resolved(config_dir: Path, stage: str, overrides: list[str]) -> tuple[DictConfig, dict[str, Any]]:
    """Do as :func:`compose`, and give also what :func:`resolve` does: the values that stood as references."""
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(config_dir)):
        config = hydra.compose(stage, overrides)
    referred = resolve(config)
    check(config)
    return config, referred


def resolve(config: DictConfig) -> dict[str, Any]:
    """Write the value in the place of every reference to another key or to a variable of the environment.

    Values are compared between runs and recorded, and a reference would stay the same while its value changes.

    Returns:
        By key the values that stood as references. A list, and a mapping with names that are no keys of Hydra's, is
        given whole.
    """
    before = plain(config)
    for name in config:
        if name not in ("run", "stage") and OmegaConf.is_config(config[name]):
            OmegaConf.resolve(config[name])
    return dict(_differences(before, plain(config)))


def _differences(before: Any, after: Any, *path: str) -> Iterator[tuple[str, Any]]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and all(re.fullmatch(r"[\w-]+", key) for key in after):
        for key, value in after.items():
            yield from _differences(before[key], value, *path, key)
    else:
        yield ".".join(path), after


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
def read_stage(file: Path) -> dict[str, Any]:
    """Read a stage's YAML, once: the workflow asks for what a stage reads, and for what its script is to be told."""
    return OmegaConf.to_container(OmegaConf.load(file))


@cache
def _stage_in(file: Path) -> dict[str, Any]:
    content = read_stage(file)
    # A value of an experiment in a stage's own YAML would reach its script, and rerun nothing.
    if odd := set(content) - {"defaults", "stage", "run"}:
        raise ValueError(
            f"{file} holds {', '.join(sorted(odd))}: values of experiments stand in config/ and its presets"
        )
    return plain(OmegaConf.merge(OmegaConf.structured(Stage), content.get("stage") or {}))


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
        if PACKAGE.parent != script.parents[2]:
            own = script.parents[2]
            raise ImportError(f"{script} imported srop from {PACKAGE}, not from its own project; set PYTHONPATH={own}")
        resolve(config)
        check(config)
        if missing := OmegaConf.missing_keys(config):
            raise ValueError(f"{script.name} needs {', '.join(f'{key}=...' for key in sorted(missing))}")
        made_of = tracked(plain(config), script)
        made_by(script.stem, made_of)
        OmegaConf.update(config, "run.tracked", made_of, force_add=True)
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
    return [name for name in config if name not in SHARED]


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
        (:func:`srop.pipeline.tracking.code_of`), and of the package of a user's own network.

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
