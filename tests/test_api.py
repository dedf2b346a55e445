"""The page of the public names."""

import srop
from srop.documents.api import api_page, described


def halved(maps: list, *, times: int = 1, rule: object = print) -> list:  # noqa: D417
    """Halve :math:`x`.

    Args:
        maps: ``(n, n)`` each,
            on two lines.
        times: How often.

    Returns:
        Lists, as :func:`halved` says.

    Raises:
        ValueError: If there is nothing.

    Example:
        >>> halved([])
        []
    """
    return maps


def test_a_docstring_is_markdown():
    assert described("x.halved", halved).split("\n\n") == [
        "### `x.halved(maps, *, times=1, rule=...)`",
        "Halve $x$.",
        "Args:",
        "- `maps`: `(n, n)` each, on two lines.\n- `times`: How often.",
        "Returns: Lists, as `halved` says.",
        "Raises:",
        "- `ValueError`: If there is nothing.",
        "```python\n>>> halved([])\n[]\n```",
    ]


def test_each_public_name_is_there_once():
    page = api_page()
    for name in srop.__all__:
        assert page.count(f"### `srop.{name}`") + page.count(f"### `srop.{name}(") == 1
    assert ":func:" not in page
    assert "``" not in page.replace("```", "")
