"""Checks at the door of public functions: what was given, and what is wanted."""

from operator import index
from typing import Any

from torch import Tensor


def require_tensor(name: str, value: Any) -> None:
    """Require a tensor.

    Raises:
        TypeError: If it is anything else.

    Example:
        >>> require_tensor("maps", [1.0])
        Traceback (most recent call last):
        TypeError: maps: a list was given; give a torch.Tensor, as torch.as_tensor makes it
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: a {type(value).__name__} was given; give a torch.Tensor, as torch.as_tensor makes it")


def require_size(name: str, value: Any) -> None:
    """Require a positive whole number.

    Raises:
        TypeError: If it is no whole number.
        ValueError: If it is not positive.
    """
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r}: it is a number of pixels; give a whole number") from None
    if number < 1:
        raise ValueError(f"{name}={value}: it is a number of pixels, at least 1")
