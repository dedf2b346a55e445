"""Numbers that were typed into prose, where results are quoted from tables."""

import re
from collections.abc import Iterator

_NUMBER = re.compile(
    r"""(?<![\w.,])
    (?: \d*\.\d+                                     # .85, 3.4
      | \d{1,3}(?:,\d{3})+                           # 1,234
      | \d+(?=\s?%|-fold)
      | \d+(?=\s(?:percent|times|points|ms|s|seconds|minutes|hours)\b)
      | \d+(?=\s(?:of|in)\s\d)                       # 17 of 20
    )(?!\d)""",
    re.VERBOSE,
)

_NO_PROSE = {
    "md": re.compile(
        r"""```.*?```
        | `[^`\n]*`
        | (?:(?<=\n\n)|\A)(?:(?:\ {4}|\t)[^\n]*(?:\n|\Z))+   # code, which begins a paragraph
        | <!--.*?-->
        | \]\([^)]*\)""",
        re.DOTALL | re.VERBOSE,
    ),
    "rst": re.compile(
        r"""\{\{.*?\}\} | \{%.*?%\} | \{\#.*?\#\}
        | ``.*?``
        | ^\d+(?:\.\d+)?(?=\ [^\n]*\n==)               # the number of a chapter
        """,
        re.DOTALL | re.MULTILINE | re.VERBOSE,
    ),
}
"""What is no prose in a document of either format: code, markers, addresses; in a chapter its Jinja and its number."""


def blanked(pattern: re.Pattern, text: str) -> str:
    """Replace what fits a pattern by blanks, and keep the lines."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def typed_numbers(text: str, exceptions: re.Pattern, form: str = "md") -> Iterator[str]:
    r"""List the numbers in the prose of a document that look like results.

    Args:
        text: The document, without its marked passages.
        exceptions: Text that may hold such numbers: settings, versions, numbers of sections.
        form: ``md`` for Markdown, ``rst`` for reStructuredText with Jinja.

    Yields:
        The line and the number: decimals, thousands, percentages, counts of something, times and multiples. Other whole
        numbers are settings as often as results, and are not listed.

    Example:
        >>> none = re.compile("(?!)")
        >>> list(typed_numbers("It rises by .3,\nin 17 of 20 layers, not by `0.5`.", none))
        ['line 1: .3', 'line 2: 17']
    """
    for pattern in (_NO_PROSE[form], exceptions):
        text = blanked(pattern, text)
    for number, line in enumerate(text.splitlines(), 1):
        for match in _NUMBER.finditer(line):
            yield f"line {number}: {match.group()}"
