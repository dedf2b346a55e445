"""Packages that a light install lacks: imported where they are used, with an error that says how to install them."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def library(name: str) -> ModuleType:
    """Import a library of networks; if it is missing, the error says how to install it.

    Args:
        name: The package's name in Python, such as ``"timm"``.

    Raises:
        ValueError: If it is not installed, or cannot be imported.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise ValueError(f"{name} is installed, but cannot be imported: {error}; install it anew") from error
        raise ValueError(f"networks of {name} need {missing(name)}") from error


def folder_of(name: str, what: str) -> Path:
    """Find the folder of a package that ships files, without importing the package.

    Args:
        name: The package's name in Python, such as ``"foolbox"``.
        what: A name for the files, for the message.

    Raises:
        FileNotFoundError: If the package is not installed.
    """
    package = find_spec(name)
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError(f"{what} need {missing(name)}")
    return Path(package.submodule_search_locations[0])


def missing(name: str) -> str:
    """Give the words that a package is not installed, and how to install it."""
    package = name.replace("_", "-")
    return f"the package {package}, which is not installed; pip install {package}"
