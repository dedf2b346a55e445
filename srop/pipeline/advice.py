"""What to do when a job's device runs out of memory."""

from collections.abc import Iterator
from contextlib import contextmanager

ADVICE = (
    "the device ran out of memory. Let fewer jobs share it (--resources gpu=1), free it of other programs, or take the "
    "CPU (--config device=cpu). A smaller batch_size in the configuration needs less, and makes another training. Then "
    "repeat the command: a training goes on from its last epoch"
)


@contextmanager
def advising() -> Iterator[None]:
    """Give advice where a device runs out of memory within this block.

    Measurements halve their batches before it comes to that (:mod:`srop.halving`). A training cannot: other batches
    are another training.

    Raises:
        MemoryError: In the place of :class:`torch.OutOfMemoryError`.

    Example:
        >>> import torch
        >>> with advising():  # doctest: +ELLIPSIS
        ...     raise torch.OutOfMemoryError("CUDA out of memory")
        Traceback (most recent call last):
        MemoryError: the device ran out of memory. Let fewer jobs share it ... (CUDA out of memory)
    """
    try:
        yield
    except RuntimeError as error:
        # By its name: tables and figures do without torch, and start in half the time.
        if type(error).__name__ != "OutOfMemoryError":
            raise
        raise MemoryError(f"{ADVICE} ({error})") from error
