"""What values may be: choices and checks that sections of the configuration share.

Nothing here imports torch, because the workflow reads this at every start.
"""

import re
from collections.abc import Iterable
from enum import Enum


def choice(name: str, *words: str) -> type[Enum]:
    """Make a choice of words. Their values are the words, too, so that a number is none of them."""
    return Enum(name, {word: word for word in words})


NetworkSource = choice("NetworkSource", "torchvision", "timm", "antialiased_cnns", "module")
BatchNorm = choice("BatchNorm", "running", "batch")
DeadTreatment = choice("DeadTreatment", "one", "omit")

Requirement = tuple[str, bool, str]
"""A key, whether its value will do, and what is allowed."""


def some(values: Iterable[object]) -> tuple[bool, str]:
    """Require at least one value, and each once."""
    values = list(values)
    return bool(values) and len(set(values)) == len(values), "give at least one value, without duplicates"


def among(names: Iterable[str], values: Iterable[str]) -> tuple[bool, str]:
    """Require names among those that there are."""
    return set(values) <= set(names), f"there are {', '.join(names)}"


def seeds_within(seeds: Iterable[int]) -> tuple[bool, str]:
    """Require seeds that every generator takes."""
    return all(0 <= seed < 2**32 for seed in seeds), "seeds are not negative, and below 2**32"


def folder_name(name: str) -> tuple[bool, str]:
    """Require a name that can be a folder's."""
    return bool(re.fullmatch(r"[A-Za-z][\w.-]*", name)), "its name becomes a folder"
