"""The GPUs of a machine as a pool: each job has one to itself while there are enough.

Nothing here imports torch: the workflow reads this at every start, and a job before CUDA starts.
"""

import fcntl
import os
import tempfile
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TextIO

_HELD: list[TextIO] = []
"""Locks that last as long as this process, however it ends."""


def visible_devices(environment: Mapping[str, str], drivers: Path = Path("/dev")) -> list[str]:
    """List the GPUs that a job may use, by the names that CUDA has for them.

    Args:
        environment: The variables of the process; ``CUDA_VISIBLE_DEVICES`` names the devices, if it is there.
        drivers: Where the system shows NVIDIA's devices.

    Example:
        >>> visible_devices({"CUDA_VISIBLE_DEVICES": "0,3"})
        ['0', '3']
    """
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip() and name.strip() != "-1"]
    return sorted((file.name.removeprefix("nvidia") for file in drivers.glob("nvidia[0-9]*")), key=int)


def lease(devices: Sequence[str], folder: Path) -> str:
    """Take the device that the fewest jobs of this machine hold, until this process ends.

    Args:
        devices: Names of devices, at least one.
        folder: Where the jobs of a machine keep their locks; it is made.

    Returns:
        The name of the device.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> [lease(["0", "1"], folder) for job in range(3)]
        ['0', '1', '0']
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Each round gives every device one more job.
    for turn in count():
        for device in devices:
            lock = (folder / f"{device.replace('/', '_')}-{turn}").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            _HELD.append(lock)
            return device
    raise AssertionError("a round has no end")


def take_device(name: str) -> None:
    """Let CUDA show this process one device of several, where a job's device is ``auto`` or ``cuda``.

    So it is the first device of the process, whichever it is of the machine, and a training goes on from its checkpoint
    on another. CUDA must not have started.
    """
    devices = visible_devices(os.environ)
    if name in ("auto", "cuda") and len(devices) > 1:
        locks = Path(tempfile.gettempdir()) / f"srop-devices-{os.getuid()}"
        os.environ["CUDA_VISIBLE_DEVICES"] = lease(devices, locks)
