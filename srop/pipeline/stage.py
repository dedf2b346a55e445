"""A stage: a script that says what it reads of the configuration and which inputs it takes."""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import MISSING, DictConfig, OmegaConf

from srop.pipeline.advice import advising
from srop.pipeline.devices import take_device
from srop.pipeline.schema import SHARED, check
from srop.pipeline.seal import made_by
from srop.pipeline.tracking import PACKAGE, code_of, digest

INJECTED = ("tracked", "origin", "data", "config_dir", "architecture_name")
"""Parameters of a script that :func:`stage` fills: what :func:`tracked` gives, the same with versions and the device
for the metadata of tables, the section ``data`` (which changes no result), the folder ``config/``, and the name of the
architecture's YAML."""


class Signature(NamedTuple):
    """What a script declares: what it does, the keys that it reads, and the names of its inputs."""

    summary: str
    reads: tuple[str, ...]
    parameters: tuple[str, ...]


def stage(*, reads: Sequence[str] = ()) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Turn the function of a script into a Hydra application, and run it where the script is run.

    The function takes the values that it ``reads`` (see :func:`values_of`) and, by keyword, the inputs of its run:
    paths, wildcards, the device (which :func:`srop.pipeline.device.select_device` has selected). On the command line an
    input is ``name=value``; each other word is an override of the configuration:
    ``python workflow/digits/train.py preset=smoke case=none w=0 seed=0 ...``.

    Args:
        reads: Keys of the configuration, as :func:`keys_read` understands them.
    """

    def application(task: Callable[..., None]) -> Callable[[], None]:
        script = Path(task.__code__.co_filename).resolve()
        project = script.parents[2]
        config_dir = project / "config"
        inputs = {
            name: MISSING if parameter.default is parameter.empty else parameter.default
            for name, parameter in inspect.signature(task).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY and name not in INJECTED
        }
        if reserved := {"preset", "architecture"} & inputs.keys():
            raise ValueError(
                f"{script}: an input may not be called {', '.join(reserved)}, which chooses a YAML of config/"
            )
        name = f"{script.parent.name}_{script.stem}"
        groups = [{"architecture": MISSING}] if "architecture" in reads else []
        ConfigStore.instance().store(name=name, node={"defaults": ["base", *groups, "_self_"], "run": inputs})

        @hydra.main(version_base="1.3", config_path=str(config_dir), config_name=name)
        def run(config: DictConfig) -> None:
            if PACKAGE.parent != project:
                raise ImportError(
                    f"{script} imported srop from {PACKAGE}, not from its own project; set PYTHONPATH={project}"
                )
            resolve(config)
            OmegaConf.resolve(config.run)
            check(config)
            if missing := sorted(name for name in inputs if OmegaConf.is_missing(config.run, name)):
                raise ValueError(f"{script.name} needs {', '.join(f'{name}=...' for name in missing)}")
            given = OmegaConf.to_container(config.run)
            if "device" in given:
                given["device"] = _selected(given["device"])
            record = tracked(plain(config), script)
            made_by(name, record)
            injected = {
                "tracked": lambda: record,
                "origin": lambda: _origin(record, given.get("device", "cpu")),
                "data": lambda: config.data,
                "config_dir": lambda: config_dir,
                "architecture_name": lambda: HydraConfig.get().runtime.choices.get("architecture"),
            }
            own = {key: injected[key]() for key in INJECTED if key in inspect.signature(task).parameters}
            with advising():
                task(values_of(config, reads), **given, **own)

        def main() -> None:
            sys.argv[1:] = [f"run.{word}" if word.partition("=")[0] in inputs else word for word in sys.argv[1:]]
            run()

        if task.__module__ == "__main__":
            main()
        return main

    return application


# These import torch, without which tables and figures start in half the time.
def _selected(device: str) -> Any:
    from srop.pipeline.device import select_device

    take_device(device)
    return select_device(device)


def _origin(record: Mapping[str, Any], device: Any) -> dict[str, Any]:
    from srop.pipeline.provenance import software

    return {**software(record), "device": str(device)}


@cache
def signature_of(script: Path) -> Signature:
    """Read from a script's syntax tree what it declares by :func:`stage`: the workflow must not import torch.

    Raises:
        ValueError: If no function of the script is declared as a stage.
    """
    tree = ast.parse(script.read_text(encoding="utf-8"))
    summary = (ast.get_docstring(tree) or script.stem).splitlines()[0].removesuffix(".")
    for node in tree.body:
        calls = [call for call in getattr(node, "decorator_list", []) if isinstance(call, ast.Call)]
        for call in calls:
            if getattr(call.func, "id", "") == "stage":
                reads = [ast.literal_eval(word.value) for word in call.keywords if word.arg == "reads"]
                names = [argument.arg for argument in node.args.kwonlyargs if argument.arg not in INJECTED]
                return Signature(summary, tuple(*reads), tuple(names))
    raise ValueError(f"{script}: no function is declared by @stage(reads=[...])")


def compose(config_dir: Path, name: str, overrides: list[str]) -> DictConfig:
    """Compose a configuration as a stage's script will see it, and check it.

    Args:
        config_dir: The folder ``config/``.
        name: Name of a root configuration in that folder, such as ``base``.
        overrides: Hydra overrides, such as ``preset=smoke``.

    Returns:
        The whole configuration, its references resolved.

    Raises:
        hydra.errors.HydraException: If a key or a choice of a group is unknown.
        omegaconf.errors.OmegaConfBaseException: If a value refers to a key that is not there.
        ValueError: If a value has the wrong type or is out of range.
    """
    return compose_resolved(config_dir, name, overrides)[0]


def compose_resolved(config_dir: Path, name: str, overrides: list[str]) -> tuple[DictConfig, dict[str, Any]]:
    """Compose and check as :func:`compose` does. Give the values that stood as references, too; see :func:`resolve`."""
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(config_dir)):
        config = hydra.compose(name, overrides)
    references = resolve(config)
    check(config)
    return config, references


def resolve(config: DictConfig) -> dict[str, Any]:
    """Write the value in the place of every reference to another key or to a variable of the environment.

    Values are compared between runs and recorded, and a reference would stay the same while its value changes.

    Returns:
        The values that stood as references, by key. Lists are given whole, and so are mappings whose names Hydra does
        not allow as keys.
    """
    before = plain(config)
    for name in config:
        if name != "run" and OmegaConf.is_config(config[name]):
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


def values_of(config: DictConfig, reads: Sequence[str]) -> DictConfig:
    """Cut a configuration to the keys that a stage reads.

    Returns:
        A read-only configuration in which any other key raises :class:`omegaconf.errors.ConfigAttributeError`.
    """
    cut = OmegaConf.masked_copy(config, [])
    for key in keys_read(config, reads):
        OmegaConf.update(cut, key, OmegaConf.select(config, key, throw_on_missing=True), force_add=True)
    OmegaConf.set_struct(cut, True)
    OmegaConf.set_readonly(cut, True)
    return cut


def keys_read(config: Mapping[str, Any], reads: Sequence[str]) -> list[str]:
    """List the keys that a stage reads; ``*`` stands for all sections, ``a.{b,c}`` for ``a.b`` and ``a.c``."""
    sections = [name for name in config if name not in SHARED]
    keys = []
    for read in reads:
        stem, brace, names = read.rstrip("}").partition("{")
        keys += [stem + name for name in names.split(",")] if brace else sections if read == "*" else [read]
    return keys


def plain(config: DictConfig) -> dict[str, Any]:
    """Turn a configuration into plain types, which are compared, copied and recorded quickly."""
    return OmegaConf.to_container(config, enum_to_str=True)


def tracked(config: Mapping[str, Any], script: Path) -> dict[str, Any]:
    """List the values and the code on which a stage's results depend, in plain types that a workflow can compare.

    Args:
        config: The configuration in plain types; under ``architecture`` the stage's, if it has one.
        script: The stage's script.

    Returns:
        ``values``: the values that the stage reads; ``code``: a hash of its script, of each module that it imports
        (:func:`srop.pipeline.tracking.code_of`), of the modules of a network of this package, and of the whole package
        of a user's own network.

    Raises:
        ValueError: If the package of a user's own network cannot be found.
    """
    values, signature = {}, signature_of(script)
    for key in keys_read(config, signature.reads):
        *sections, name = key.split(".")
        source, target = config, values
        for section in sections:
            source, target = source[section], target.setdefault(section, {})
        target[name] = source[name]
    besides = ["srop.pipeline.device"] if "device" in signature.parameters else []
    architecture = config.get("architecture")
    module = architecture["model"].partition(":")[0] if architecture and architecture["source"] == "module" else ""
    if module.startswith(f"{PACKAGE.name}."):
        return {"values": values, "code": code_of(script, [*besides, module])}
    code = code_of(script, besides)
    if module:
        code[module] = digest(_package_files(architecture["model"]))
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
