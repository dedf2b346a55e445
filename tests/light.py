"""An environment without the packages of the extras, made of one that has them: it hides what is not light."""

import re
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

HIDING = """
import sys
from importlib.machinery import PathFinder

class Light(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else super().find_spec(name, path, target)

sys.meta_path = [Light if finder is PathFinder else finder for finder in sys.meta_path]
"""


def names(lines: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def light_distributions() -> set[str]:
    """List the distributions that the declared dependencies bring, those among them that are installed."""
    distributions, pending = set(), [Requirement(line) for line in DECLARED["dependencies"]]
    while pending:
        wanted = pending.pop()
        name = canonicalize_name(wanted.name)
        if name in distributions:
            continue
        distributions.add(name)
        for line in distribution(name).requires or []:
            further = Requirement(line)
            extras = wanted.extras | {""}
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                pending.append(further)
    return distributions


def hiding() -> str:
    """Give a program that hides every package which a light install does not have."""
    kept = light_distributions() | {"srop", "pip", "setuptools"}
    owners = packages_distributions()
    hidden = {
        package
        for package, distributions in owners.items()
        if not kept & {canonicalize_name(each) for each in distributions}
    }
    return f"HIDDEN = {sorted(hidden)!r}\n{HIDING}"


def readme_python() -> list[str]:
    """List the blocks of Python in README."""
    return re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
