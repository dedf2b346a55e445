"""A seal on every result that a stage reads: the SHA-256 of the file, and which stage, values, code and CPU made it.

Parquet and safetensors carry it in their metadata. A result that was cut, edited or damaged is refused where it is
read. A seal guards against accidents: anybody can make one.
"""

import hashlib
import json
import shlex
from pathlib import Path
from typing import Any

from srop.pipeline.machine import cpu_kind

BLANK = hashlib.sha256(b"the place of a digest").hexdigest()
"""The digest that a file holds in place of its own, while that is computed."""

_MADE_BY: dict[str, str] = {}


def made_by(stage: str, tracked: dict[str, Any]) -> None:
    """Set the stage, values, code and kind of CPU that the seals of all later files of this process name."""
    _MADE_BY.update(stage=stage, tracked=digest_of(tracked), cpu=cpu_kind())


def digest_of(tracked: dict[str, Any]) -> str:
    """Hash what :func:`srop.pipeline.stage.tracked` gives: 16 hexadecimal digits.

    Example:
        >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
        True
    """
    return hashlib.sha256(json.dumps(tracked, sort_keys=True).encode()).hexdigest()[:16]


def blank_seal() -> dict[str, str]:
    """Give the seal to write into a file's metadata, before :func:`closed` puts the digest in its place."""
    return {"sha256": BLANK, **_MADE_BY}


def closed(content: bytes) -> bytes:
    """Put the digest of a file's content in the place of the blank one, which it holds once.

    Raises:
        ValueError: If the content does not hold the blank digest once.
    """
    if content.count(BLANK.encode()) != 1:
        raise ValueError("the content does not bear one blank seal")
    return content.replace(BLANK.encode(), hashlib.sha256(content).hexdigest().encode())


def require_closed(content: bytes, seal: dict[str, str], path: str | Path) -> None:
    """Require that a file is as it was written.

    Args:
        content: All of it.
        seal: From its metadata.
        path: Of the file.

    Raises:
        ValueError: If it has no seal, or is another than its seal says; with the command that repairs it.
    """
    digest = seal.get("sha256", "") if isinstance(seal, dict) else ""
    if not (digest and isinstance(digest, str)):
        raise refusal(path, "bears no seal: an older version or another program wrote it")
    place, view = content.find(digest.encode()), memoryview(content)
    actual = hashlib.sha256(view[:place])
    actual.update(BLANK.encode())
    actual.update(view[place + len(digest) :])
    if place < 0 or actual.hexdigest() != digest:
        raise refusal(path, "is not as it was written: it was damaged or changed")


def seal_of(path: str | Path) -> dict[str, str]:
    """Read from a result's file which stage made it; nothing where the file does not say, or is damaged."""
    path = Path(path)
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            text = pq.read_metadata(path).metadata[b"seal"]
        else:
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = json.loads(file.read(min(length, path.stat().st_size)))
            text = header["__metadata__"]["seal"]
        seal = json.loads(text)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return seal if isinstance(seal, dict) else {}


def damaged(path: str | Path, error: Exception) -> ValueError:
    """Make the error of a result that its library cannot read."""
    return refusal(path, f"is damaged ({' '.join(str(error).split())[:80]})")


def refusal(path: str | Path, fault: str) -> ValueError:
    """Make the error of a result that is not to be read: which file, what is wrong, and what repairs it."""
    return ValueError(f"{path} {fault}; repeat the run's command with --forcerun {shlex.quote(str(path))}")
