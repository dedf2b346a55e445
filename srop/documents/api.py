"""The page of the public names, from their docstrings."""

import inspect
import re
from importlib import import_module
from typing import Any

_SECTION = re.compile(r"^(Args|Returns|Yields|Warns|Raises|Attributes|Reference|Example):$", re.MULTILINE)


def api_page() -> str:
    """Describe each public name: its signature, what it does, its arguments and results, and an example."""
    package = import_module("srop")
    names = sorted(package.__all__, key=str.lower)
    return "\n\n" + "\n\n".join(described(f"srop.{name}", getattr(package, name)) for name in names) + "\n\n"


def described(name: str, value: Any) -> str:
    """Describe a function, class or constant in Markdown.

    Args:
        name: Its public name.
        value: The function, class or constant.

    Returns:
        A heading with the signature, and the parts of its docstring; of a class also the first sentences of its public
        methods. A constant is described by its value.
    """
    if not callable(value):
        return f"### `{name}`\n\nA constant: `{value!r}`."
    text = inspect.cleandoc(value.__doc__ or "")
    head, *rest = _SECTION.split(text)
    parts = [f"### `{name}{_signature(value)}`", _as_markdown(head)]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        body = inspect.cleandoc(body)
        if title == "Example":
            parts.append(f"```python\n{body}\n```")
        elif title in ("Args", "Warns", "Raises", "Attributes"):
            items = re.split(r"\n(?=\S)", body)
            parts.append(f"{title}:\n\n" + "\n".join(f"- {_item(item)}" for item in items))
        else:
            parts.append(f"{title}: {_as_markdown(body)}")
    if inspect.isclass(value):
        parts.insert(2, _members(value))
    return "\n\n".join(filter(None, parts))


def _members(value: type) -> str:
    """List the public methods and properties that a class defines, each with its first sentence."""
    lines = []
    for name, member in vars(value).items():
        if name.startswith("_") or not (inspect.isfunction(member) or isinstance(member, property)):
            continue
        first = inspect.cleandoc(member.__doc__ or "").split("\n\n")[0]
        signature = "" if isinstance(member, property) else _signature(member)
        lines.append(f"- `{name}{re.sub(r'^.self(, )?', '(', signature)}`: {_as_markdown(' '.join(first.split()))}")
    return "Methods and properties:\n\n" + "\n".join(lines) if lines else ""


def _signature(value: Any) -> str:
    parameters = []
    for parameter in inspect.signature(value).parameters.values():
        default = "" if parameter.default is parameter.empty else "=..."
        if parameter.default in (None, True, False) or isinstance(parameter.default, str | int | float):
            default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parameters:
            parameters.append("*")
        parameters.append(f"{parameter.name}{default}")
    return f"({', '.join(parameters)})"


def _item(text: str) -> str:
    name, _, words = " ".join(text.split()).partition(": ")
    return f"`{name}`: {_as_markdown(words)}" if words else _as_markdown(name)


def _as_markdown(text: str) -> str:
    text = re.sub(r"\.\. math::((?:\n?[^\n]+)+)", lambda match: f"$${' '.join(match[1].split())}$$", text.strip())
    text = re.sub(r":math:`([^`]+)`", r"$\1$", text)
    text = re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")
