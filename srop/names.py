"""Names in messages of errors."""

from collections.abc import Sequence
from difflib import get_close_matches

_FEW, _NEAREST = 10, 3


def known(names: Sequence[str], wanted: str) -> str:
    """List names for an error message: all if they are few, else those nearest to the wanted one.

    Example:
        >>> known([f"layer{number}" for number in range(100)], "layr42")
        'the nearest of 100 are layer42, layer4, layer2'
    """
    if len(names) <= _FEW:
        return f"there are {', '.join(names)}"
    near = get_close_matches(wanted, names, n=_NEAREST, cutoff=0.5)
    if not near:
        return f"there are {len(names)}, such as {', '.join(names[:_NEAREST])}"
    return f"the nearest of {len(names)} {'is' if len(near) == 1 else 'are'} {', '.join(near)}"
