"""The sizes of maps, in rows and columns."""

import re
from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple


class MapSize(NamedTuple):
    """The size of a map or of an input.

    Attributes:
        rows: Number of rows H.
        columns: Number of columns W.

    Example:
        >>> str(MapSize(7, 10)), MapSize(7, 10).longer, MapSize(7, 10).pixels
        ('7x10', 10, 70)
    """

    rows: int
    columns: int

    def __str__(self) -> str:
        """Write the size as :func:`as_size` reads it."""
        return f"{self.rows}x{self.columns}"

    @property
    def words(self) -> str:
        """The size in words, as in ``7 x 10``."""
        return f"{self.rows} x {self.columns}"

    @property
    def longer(self) -> int:
        """The longer side."""
        return max(self)

    @property
    def pixels(self) -> int:
        """The number of pixels."""
        return self.rows * self.columns

    @property
    def is_square(self) -> bool:
        """Whether both sides are equal."""
        return self.rows == self.columns

    @property
    def plain(self) -> int | str:
        """The size as tables hold it: the edge length of a square, or text such as ``7x10``, rows x columns."""
        return self.rows if self.is_square else str(self)

    def holds(self, other: "MapSize") -> bool:
        """Check whether another size is larger along neither axis."""
        return other.rows <= self.rows and other.columns <= self.columns


def as_size(value: Any, name: str = "size") -> MapSize:
    """Read a size: an edge length, a pair of rows and columns, or text as tables hold it.

    Args:
        value: ``224``, ``(224, 320)`` or ``"224x320"``.
        name: The argument's name, for the message.

    Raises:
        TypeError: If it has another type.
        ValueError: If a side is not positive.

    Example:
        >>> as_size(224), as_size("7x10")
        (MapSize(rows=224, columns=224), MapSize(rows=7, columns=10))
    """
    if isinstance(value, MapSize):
        return value
    if isinstance(value, str):
        parts = re.fullmatch(r"(\d+)x(\d+)", value.replace(" ", ""), re.ASCII)
        if not parts:
            raise TypeError(
                f"{name}={value!r}: it is a number of pixels; give a whole number, or rows x columns such as '224x320'"
            )
        sides = int(parts[1]), int(parts[2])
    elif isinstance(value, Sequence) and len(value) == 2:
        sides = tuple(_whole(name, side, value) for side in value)
    else:
        sides = (_whole(name, value, value),) * 2
    if min(sides) < 1:
        raise ValueError(f"{name}={value}: it is a number of pixels, at least 1")
    return MapSize(*sides)


def _whole(name: str, side: Any, value: Any) -> int:
    try:
        if isinstance(side, bool):
            raise TypeError
        return index(side)
    except TypeError:
        raise TypeError(
            f"{name}={value!r}: it is a number of pixels; give a whole number, or two of them, rows and columns"
        ) from None


def reference_for(value: Any, inputs: MapSize) -> MapSize:
    """Read the size that all SROPs of a network refer to.

    Args:
        value: As for :func:`as_size`; None for the size of the inputs.
        inputs: Size of the network's inputs.

    Raises:
        TypeError: As for :func:`as_size`.
        ValueError: As for :func:`as_size`; if it is a single edge length and the inputs are not square.

    Example:
        >>> reference_for(None, MapSize(224, 320)), reference_for(64, MapSize(32, 32))
        (MapSize(rows=224, columns=320), MapSize(rows=64, columns=64))
    """
    if value is None:
        return inputs
    reference = as_size(value, "reference")
    if not inputs.is_square and not isinstance(value, Sequence):
        raise ValueError(
            f"reference={value} is one edge length, and the inputs are {inputs.words}; leave it out, or give rows and "
            f"columns, such as reference={tuple(inputs)}"
        )
    return reference


def as_reference(value: Any, size: MapSize) -> MapSize | None:
    """Read a reference for maps of a size.

    Args:
        value: As for :func:`as_size`; None for no reference.
        size: Size of the maps.

    Returns:
        The reference, as large as the maps or larger along both axes; None for no reference.

    Raises:
        TypeError: As for :func:`as_size`.
        ValueError: As for :func:`as_size`; if the reference is smaller than the maps; if it is a single edge length
            and the maps are not square, because nothing then says the shape of the input.

    Example:
        >>> as_reference((224, 320), MapSize(7, 10))
        MapSize(rows=224, columns=320)
    """
    if value is None:
        return None
    reference = as_size(value, "reference")
    if not size.is_square and not isinstance(value, Sequence):
        raise ValueError(
            f"reference={value} is one edge length, and the maps are {size.words}; give the rows and columns of the "
            f"network's input, such as reference=({value}, {value}) for a square input"
        )
    if not reference.holds(size):
        shown = reference.rows if reference.is_square else tuple(reference)
        raise ValueError(f"reference={shown} is smaller than the maps, which are {size.words}")
    return reference
