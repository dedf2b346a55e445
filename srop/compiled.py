"""How loops are compiled for the CPU, and kept."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from numba import njit

log = logging.getLogger(__name__)

# No flag that assumes finite numbers: NaN and infinity must show in the results.
_OPTIONS = {"nogil": True, "fastmath": {"contract", "nsz", "reassoc"}}


def jit(function: Callable) -> Callable:
    """Compile a function at its first call, and keep the code on disk if a folder for it can be written."""
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        _warn_without_cache()
        return njit(**_OPTIONS)(function)


@cache
def _warn_without_cache() -> None:
    log.warning("compiled loops cannot be kept: their folder cannot be written; set NUMBA_CACHE_DIR to another folder")


def is_compiled(function: Any, signature: tuple) -> bool:
    """Say whether a function is compiled for arguments of these types; code that was kept on disk is loaded.

    Args:
        function: As :func:`jit` gives it.
        signature: Numba's types of the arguments.
    """
    if signature in function.overloads:
        return True
    # Numba has no public way to ask. Where this one fails, code counts as not kept.
    kept = getattr(function, "_cache", None)
    if kept is None or kept.load_overload(signature, function.targetctx) is None:
        return False
    function.compile(signature)
    return True
