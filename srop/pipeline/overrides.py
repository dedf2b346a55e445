"""Overrides of the configuration as text: how a command line writes them, and how Hydra reads them.

Nothing here imports torch, because the workflow reads this at every start.
"""

import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from os import PathLike
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)


def split_overrides(text: str) -> list[str]:
    r"""Split overrides as a shell splits words, and write each so that Hydra reads the value that was typed.

    Args:
        text: Overrides such as ``digits.w=[0.5] data.root='my data'``.

    Returns:
        One override per word; a value that Hydra would read as something else (``/a=b``, ``/a#b``, ``2024_10``) is
        quoted.

    Raises:
        ValueError: If a quotation mark is not closed, a backslash would be lost, or a key stands twice.

    Example:
        >>> split_overrides("data.root='my #1 data' digits.w=[0.5]")
        ['data.root="my #1 data"', 'digits.w=[0.5]']
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"{text}: {error}; what stands in quotation marks ends with the same mark") from None
    if lost := re.search(r"\\(?![\s\"'\\])\S*", _QUOTED.sub("", text)):
        raise ValueError(f"{lost[0]}: this backslash would be lost; put quotation marks around the value")
    counts = Counter(word.partition("=")[0].lstrip("+~") for word in words)
    if twice := [key for key, count in counts.items() if count > 1]:
        raise ValueError(f"{', '.join(twice)} stands twice, and the last value alone would count; give one value")
    return [_as_typed(word) for word in words]


def _as_typed(word: str) -> str:
    key, _, text = word.partition("=")
    if text in ("", "null") or text[0] in "[{\"'":
        return word
    try:
        parsed = OverridesParser.create().parse_override(word)
        same = not parsed.is_sweep_override() and str(parsed.value()) == text
    except HydraException:
        same = False
    return word if same else f"{key}={_quoted(text)}"


def hydra_value(value: Any) -> str:
    """Write a value, a path, a list or a mapping of them as Hydra reads it.

    Example:
        >>> hydra_value({"file": "my data/a=b", "sizes": [1, None], "name": "null"})
        '{file:"my data/a=b",sizes:[1,null],name:"null"}'
    """
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{hydra_value(each)}' for key, each in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{','.join(map(hydra_value, value))}]"
    if value is None:
        return "null"
    text = str(value)
    if not isinstance(value, str | PathLike):
        return text
    return text if re.fullmatch(r"[\w./+-]+", text, re.ASCII) and _is_itself(text) else _quoted(text)


@cache
def _is_itself(text: str) -> bool:
    with suppress(ValueError):
        return text in (str(int(text)), str(float(text)))
    return text.lower() not in ("null", "true", "false")


def _quoted(text: str) -> str:
    # Hydra halves backslashes before a quotation mark only.
    return '"' + re.sub(r'(\\*)("|$)', lambda end: end[1] * 2 + end[2].replace('"', '\\"'), text) + '"'
