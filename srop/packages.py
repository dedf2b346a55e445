"""Packages that a light install does without: they are imported where they are used, and asked for where they lack."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def library(name: str) -> ModuleType:
    """Import a library of networks, or say how to get it.

    Args:
        name: The package's name in Python, such as ``"timm"``.

    Raises:
        ValueError: If it is not installed, or cannot be imported.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise ValueError(f"{name} is installed, and cannot be imported: {error}") from error
        raise ValueError(f"networks of {name} need {missing(name)}") from error


def folder_of(name: str, what: str) -> Path:
    """Give the folder of a package that ships files, without importing it.

    Args:
        name: The package's name in Python, such as ``"foolbox"``.
        what: The files, for the message.

    Raises:
        FileNotFoundError: If it is not installed.
    """
    package = find_spec(name)
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError(f"{what} need {missing(name)}")
    return Path(package.submodule_search_locations[0])


def missing(name: str) -> str:
    """Say that a package is not installed, and how to get it."""
    package = name.replace("_", "-")
    return f"the package {package}, which is not installed; pip install {package}"
