"""Libraries of networks that a light install does without."""

from importlib import import_module
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
        package = name.replace("_", "-")
        raise ValueError(
            f"networks of {name} need the package {package}, which is not installed; pip install {package}"
        ) from error
