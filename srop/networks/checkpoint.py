"""Checkpoints: the state of a training between epochs, in a file."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srop.pipeline.io import read_checkpoint, write_checkpoint

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds the state of one training between epochs.

    Attributes:
        path: The file.
        identity: All that the training depends on, as plain values. A state with another identity is not used, and is
            replaced after the next epoch.
    """

    path: Path
    identity: dict[str, Any]

    def read(self) -> dict[str, Any] | None:
        """Read the state, if the file exists and has this identity; else None.

        Raises:
            ValueError: If the file is damaged.
        """
        if not self.path.exists():
            return None
        saved = read_checkpoint(self.path)
        if saved["identity"] != self.identity:
            log.warning("%s belongs to other settings, data or code; the training starts from the beginning", self.path)
            return None
        return saved["state"]

    def write(self, state: dict[str, Any]) -> None:
        """Write the state, in place of an older one."""
        write_checkpoint({"identity": self.identity, "state": state}, self.path)

    def delete(self) -> None:
        """Delete the file, if it exists."""
        self.path.unlink(missing_ok=True)
