"""Names in messages of errors."""

from collections.abc import Sequence
from difflib import get_close_matches

_NEAREST = 10


def known(names: Sequence[str], wanted: str) -> str:
    """List names for an error message: all if they are few, else those nearest to the wanted one.

    Example:
        >>> known([f"layer{number}" for number in range(100)], "layr42")
        'the nearest of 100 are layer42, layer4, layer92, layer82, layer72, layer62, layer52, layer49, layer48, layer47'
    """
    if len(names) <= _NEAREST:
        return f"there are {', '.join(names)}"
    near = get_close_matches(wanted, names, n=_NEAREST, cutoff=0.3) or [*names][:_NEAREST]
    return f"the nearest of {len(names)} are {', '.join(near)}"
