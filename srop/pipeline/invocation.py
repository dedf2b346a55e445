"""What a call of snakemake asks for: preset, name, device and values, checked before anything runs."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from srop.pipeline.overrides import hydra_value, split_overrides
from srop.pipeline.schema import SECTIONS, load_architecture
from srop.pipeline.stage import compose_resolved, plain, tracked

KEYS = ("preset", "name", "set", "device", "restore", "first", "second")
"""What ``--config`` takes; the last two are the folders that the target ``diff_results`` compares."""

KEYS_ARE_DESCRIBED = "config/README.md describes every key and preset."


def check_call(arguments: Sequence[str], project: Path, environment: Mapping[str, str]) -> None:
    """Check the command line of snakemake for what it would take in silence.

    Args:
        arguments: All words behind the program's name.
        project: Folder of the Snakefile.
        environment: Variables of the environment.

    Raises:
        ValueError: If ``--config`` stands twice, or a workflow profile is missing.
    """
    if sum(word.split("=")[0] in ("--config", "-C") for word in arguments) > 1:
        raise ValueError("--config stands twice, and Snakemake would take the last alone; write all values behind one")
    words = "\0".join(arguments)
    # Snakemake drops a workflow profile that it does not find; it looked before --directory took it elsewhere.
    moved = re.search(r"(?:^|\0)(?:-d|--directory)", words)
    begun_in = Path(environment.get("PWD", ".") if moved else ".")
    places = (begun_in, begun_in / "profiles", project / "profiles")
    for profile in re.findall(r"(?:^|\0)--workflow-p[a-z]*[\0=]([^\0]+)", words):
        if profile != "none" and not any((place / profile).exists() for place in places):
            raise ValueError(
                f"--workflow-profile {profile}: there is no such folder here; give {project / 'profiles'}/NAME"
            )


def typed_config(entries: Sequence[str]) -> dict[str, str]:
    """Split the entries of ``--config`` as they were typed.

    Snakemake reads them as YAML, in which `` #`` begins a comment, and strips quotation marks.

    Raises:
        ValueError: If a key stands twice.
    """
    typed: dict[str, str] = {}
    for entry in entries:
        key, _, text = entry.partition("=")
        if key in typed:
            raise ValueError(
                f"--config has {key} twice, and Snakemake would take the last alone: {key}={typed[key]}, {entry}"
            )
        typed[key] = text
    return typed


@dataclass(frozen=True)
class Invocation:
    """A checked call of snakemake.

    Attributes:
        preset: A YAML of ``config/preset/``.
        name: Of a run whose values differ from the preset's, or ``""``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        overrides: Hydra overrides of the configuration.
        first: A folder of results to compare, or ``""``.
        second: The folder to compare it with, or ``""``.
        restore: ``recorded``, or ``""``.
    """

    preset: str
    name: str
    device: str
    overrides: tuple[str, ...]
    first: str = ""
    second: str = ""
    restore: str = ""

    @classmethod
    def from_config(cls, config: Mapping[str, Any], typed: Mapping[str, str], config_dir: Path) -> "Invocation":
        """Check ``--config``.

        Args:
            config: The values as Snakemake reads them.
            typed: The same as :func:`typed_config` gives them.
            config_dir: The folder ``config/``.

        Raises:
            ValueError: If a key or a value is wrong.
        """
        if unknown := set(config) - {*KEYS}:
            raise ValueError(f"--config knows {', '.join(KEYS[:-1])} and {KEYS[-1]}, not {', '.join(sorted(unknown))}")
        presets = sorted(file.stem for file in (config_dir / "preset").glob("*.yaml"))
        preset, name, device = (
            config.get("preset", "embedded"),
            config.get("name") or "",
            str(config.get("device", "auto")),
        )
        if not isinstance(preset, str):
            raise ValueError(f"preset={preset}: give one of {', '.join(presets)}")
        if preset not in presets:
            raise ValueError(
                f"preset={preset}: there is no {config_dir / 'preset'}/{preset}.yaml; there are {', '.join(presets)}"
            )
        if not isinstance(config.get("name", ""), str | None):
            raise ValueError(
                f"name={config['name']}: it was read as a number or a list, and would become another name; "
                "begin it with a letter"
            )
        folders = {key: config.get(key) or "" for key in ("first", "second")}
        for key, folder in folders.items():
            if not isinstance(folder, str):
                raise ValueError(f"{key}={typed.get(key, folder)}: give a folder of results, such as results/embedded")
        for key, value in config.items():
            if key != "set" and isinstance(value, str) and typed.get(key, value).strip("'\"") != value:
                raise ValueError(
                    f"{key}={typed[key]}: Snakemake reads {value!r} and drops the rest; write the name alone"
                )
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
            raise ValueError(f"device={device}: there are auto, cpu, cuda and cuda:N")
        restore = config.get("restore") or ""
        if restore not in ("", "recorded"):
            raise ValueError(f"restore={restore}: recorded takes the tables of the recorded run; there is nothing else")
        if not re.fullmatch(r"[\w.-]*", name):
            raise ValueError(f"name={name!r} becomes a folder; use letters, digits, '.', '_' and '-'")
        overrides = tuple(_checked_overrides(str(config.get("set") or "")))
        return cls(preset, name, device, overrides, **folders, restore=restore)

    @property
    def full_name(self) -> str:
        """The preset, and the name if there is one."""
        return f"{self.preset}-{self.name}" if self.name else self.preset

    @property
    def results(self) -> str:
        """The folder of the results."""
        return f"results/{self.full_name}{'-restored' if self.restore else ''}"

    def require_name(self) -> None:
        """Refuse values that differ from the preset's without a name."""
        if not self.name and (values := [word for word in self.overrides if not word.startswith("data.")]):
            raise ValueError(
                f"{', '.join(values)} makes other results than the preset {self.preset}; add name=NAME to --config, "
                f"and they go to results/{self.preset}-NAME/"
            )

    def check_targets(self, arguments: Sequence[str]) -> None:
        """Refuse a target that lies in the results of another run."""
        for target in arguments:
            run = re.match(r"results/([^/]+)/", target)
            if run and run[1] != Path(self.results).name:
                preset, _, name = run[1].partition("-")
                raise ValueError(
                    f"{target} belongs to another run than {self.results}/; add --config preset={preset}"
                    f"{f' name={name}' if name else ''}"
                )

    def check_folders(self) -> None:
        """Refuse a results folder that is a file, a broken link or read-only, and a missing folder to compare."""
        for folder in (Path("results"), Path(self.results)):
            if (folder.is_symlink() or folder.exists()) and not folder.is_dir():
                what = "a link to what is not there" if folder.is_symlink() else "a file"
                raise ValueError(f"{folder.absolute()} is {what}, and is to be a folder; move it away")
        for key, folder in (("first", self.first), ("second", self.second)):
            if folder and not Path(folder).is_dir():
                raise ValueError(
                    f"{key}={folder}: there is no such folder; give one of results, such as results/embedded"
                )
        existing = next(folder for folder in (Path(self.results), *Path(self.results).parents) if folder.exists())
        if not os.access(existing, os.W_OK):
            raise ValueError(
                f"{existing.resolve()} is not writable; make it so, or choose another place for results/ by "
                "--directory FOLDER"
            )


def _checked_overrides(text: str) -> list[str]:
    try:
        overrides = split_overrides(text)
    except ValueError as error:
        raise ValueError(f"set={error}") from error
    names = [*SECTIONS, "figures", "data"]
    if odd := [word for word in overrides if not re.match(rf"[+~]{{0,2}}({'|'.join(names)})\.", word)]:
        raise ValueError(
            f"set={' '.join(odd)}: set takes only keys that begin with {', '.join(f'{name}.' for name in names)}; give "
            "the preset by itself, as in --config preset=paper set='...', and change an architecture in its YAML"
        )
    if odd := [word for word in overrides if re.match(r"[+~]*digits\.variants(={|\.[^.=]+=)", word)]:
        raise ValueError(
            f"{' '.join(odd)}: a new variant is written in a preset's YAML, as in config/preset/embedded.yaml; set "
            "changes those that are there (digits.variants.NAME.w=1), or leaves them out (digits.variants=null)"
        )
    return overrides


class Experiments:
    """The values of a call's experiments, composed once for each set of overrides."""

    def __init__(self, config_dir: Path, invocation: Invocation) -> None:
        """Name the folder ``config/`` and the call."""
        self.config_dir, self.invocation = config_dir, invocation
        self._composed: dict[tuple[str, ...], tuple[DictConfig, dict[str, Any]]] = {}
        self._plain: dict[tuple[str, ...], dict[str, Any]] = {}
        self._architectures: dict[str, DictConfig] = {}

    def composed(self, *overrides: str) -> tuple[DictConfig, dict[str, Any]]:
        """Compose the values that all stages share, and list those that refer to other keys or to the environment.

        Raises:
            ValueError: If a key or a value is wrong.
        """
        if overrides not in self._composed:
            words = [f"preset={self.invocation.preset}", *self.invocation.overrides, *overrides]
            try:
                self._composed[overrides] = compose_resolved(self.config_dir, "base", words)
            except (HydraException, OmegaConfBaseException, ValueError) as error:
                # Hydra says which override, its cause what is wrong with it. Its advice to append a key would not help.
                what = str(error).partition("\nTo append")[0].rstrip(".")
                why = f": {error.__cause__}" if error.__cause__ else ""
                given = " ".join(words[1:])
                names_it = not given or any(word in what for word in words[1:])
                raise ValueError(
                    f"{'' if names_it else f'set={given}: '}{what}{why}\n\n{KEYS_ARE_DESCRIBED}"
                ) from error
        return self._composed[overrides]

    @cached_property
    def values(self) -> DictConfig:
        """The values that all stages share."""
        return self.composed()[0]

    def settings(self, *overrides: str) -> list[str]:
        """List the words of a script's call that make its configuration, a value in the place of each reference.

        A job may run on another machine, and is to have the values that are tracked.
        """
        _, references = self.composed(*(word for word in overrides if not word.startswith("architecture=")))
        values = {key: f"{key}={hydra_value(value)}" for key, value in references.items()}
        words = []
        for override in (*self.invocation.overrides, *overrides):
            bare = override.lstrip("+")
            value = values.pop(bare.partition("=")[0], None)
            words.append("+" * (len(override) - len(bare)) + value if value else override)
        return [f"preset={self.invocation.preset}", *words, *values.values()]

    def network(self, architecture: str) -> DictConfig:
        """Load an architecture's YAML, once.

        Raises:
            ValueError: If it is missing or wrong.
        """
        if architecture not in self._architectures:
            try:
                self._architectures[architecture] = load_architecture(self.config_dir, architecture)
            except ValueError as error:
                raise ValueError(f"{error}\n\n{KEYS_ARE_DESCRIBED}") from error
        return self._architectures[architecture]

    def tracked(self, script: Path, *overrides: str) -> dict[str, Any]:
        """List the values and the code on which a script's results depend; a change of one reruns the script's rules.

        Raises:
            ValueError: If a value is wrong; the message names the script.
        """
        chosen = [word.partition("=")[2] for word in overrides if word.startswith("architecture=")]
        others = tuple(word for word in overrides if not word.startswith("architecture="))
        if others not in self._plain:
            self._plain[others] = plain(self.composed(*others)[0])
        architecture = plain(self.network(chosen[0])) if chosen else None
        try:
            return tracked({**self._plain[others], "architecture": architecture}, script)
        except ValueError as error:
            raise ValueError(f"{' '.join([script.stem, *overrides])}: {error}") from error

    def is_as_in(self, preset: str, *keys: str) -> bool:
        """Say whether values are those of another preset as it stands."""
        other, _ = compose_resolved(self.config_dir, "base", [f"preset={preset}"])
        return all(OmegaConf.select(other, key) == OmegaConf.select(self.values, key) for key in keys)
