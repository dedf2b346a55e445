"""The locked environment: what pyproject.toml allows, what the recorded run had, no address."""

import json
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).resolve().parent.parent
LOCK = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
PINS = [Requirement(line) for line in re.findall(r"^(\w.*?) \\$", LOCK, re.MULTILINE)]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("pipeline", "speed", "test", "dev")
NOT_LOCKED = {"corruptions", "crate", "slurm", "notebooks"}
MACHINES = list(product(("3.11.0", "3.12.0", "3.13.0"), ("x86_64", "aarch64")))


def pinned(python: str, machine: str) -> dict[str, Version]:
    """Give the versions that pip installs with a Python on a machine, by name."""
    here = default_environment() | {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    here |= {"platform_machine": machine, "sys_platform": "linux", "implementation_name": "cpython"}
    chosen = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(here)]
    versions = {canonicalize_name(pin.name): Version(next(iter(pin.specifier)).version) for pin in chosen}
    assert len(versions) == len(chosen), "a package is pinned twice"
    return versions


def direct() -> list[Requirement]:
    lines = [
        *PYPROJECT["dependencies"],
        *(line for extra in EXTRAS for line in PYPROJECT["optional-dependencies"][extra]),
    ]
    return [requirement for requirement in map(Requirement, lines) if requirement.name != PYPROJECT["name"]]


@pytest.mark.parametrize(("python", "machine"), MACHINES)
def test_each_direct_dependency_is_pinned_within_its_range(python, machine):
    versions = pinned(python, machine)
    odd = {str(each): versions.get(canonicalize_name(each.name)) for each in direct()}
    odd = {
        each: version for each, version in odd.items() if version is None or version not in Requirement(each).specifier
    }
    assert not odd, "run .ci/lock"


@pytest.mark.parametrize(("python", "machine"), MACHINES)
def test_the_versions_are_those_of_the_recorded_run(python, machine):
    recorded = json.loads((PROJECT / "workflow/recorded/embedded/origin.json").read_text(encoding="utf-8"))["versions"]
    versions = pinned(python, machine)
    assert {name: str(versions[name]) for name in recorded} == recorded, "run .ci/lock"


def test_every_extra_is_locked_or_left_out_on_purpose():
    assert {*EXTRAS} | NOT_LOCKED == {*PYPROJECT["optional-dependencies"]}


def test_every_pin_is_exact_and_has_a_hash():
    entries = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINS) > 100
    for entry, pin in zip(entries, PINS, strict=True):
        assert re.fullmatch(r"==[^*]+", str(pin.specifier)), pin
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), pin


def test_the_lock_holds_no_address():
    assert not re.search(r"://|index-url|find-links|trusted-host|^-|/", LOCK.replace(".ci/lock", ""), re.MULTILINE)
