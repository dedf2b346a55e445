"""What values may be: choices and checks of architectures and of the configuration."""

import re
from collections.abc import Iterable
from enum import Enum

# Values that are names: no number is one of them.
NetworkSource = Enum("NetworkSource", {word: word for word in ("torchvision", "timm", "antialiased_cnns", "module")})

Requirement = tuple[str, bool, str]
"""A key, whether its value fits, and what is allowed."""


def some(values: Iterable[object]) -> tuple[bool, str]:
    """Require at least one value, and each once."""
    values = list(values)
    return bool(values) and len(set(values)) == len(values), "give at least one value, without duplicates"


def among(names: Iterable[str], values: Iterable[str]) -> tuple[bool, str]:
    """Require that each value is one of the names."""
    return set(values) <= set(names), f"there are {', '.join(names)}"


def folder_name(name: str) -> tuple[bool, str]:
    """Require a name that a folder can have."""
    return bool(
        re.fullmatch(r"[A-Za-z][\w.-]*", name)
    ), "its name becomes a folder: a letter, then letters, digits, _ . -"
