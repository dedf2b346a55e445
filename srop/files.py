"""Writing files so that each appears whole or not at all, several of them together; and their SHA-256."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


def sha256_of(path: str | Path) -> str:
    """Compute the SHA-256 of a file, 64 lower-case hexadecimal digits.

    Raises:
        OSError: If the file cannot be read.
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary file next to a path, and rename it to the path when the block ends without an error.

    Args:
        path: The file to write; a missing folder is made.

    Yields:
        The temporary file, which no other process uses, with the path's ending. It is removed if the block raises.

    Raises:
        OSError: If the file cannot be written, for example on a full disk; it names the path.
    """
    with _replacing([Path(path)]) as (temporary,), _naming(temporary, Path(path)):
        yield temporary


def write_together(writers: Mapping[str | Path, Callable[[Path], object]]) -> None:
    """Write files that belong together: all of them, or none; if one fails, the old files stay as they were.

    Args:
        writers: For each path a function that writes to its argument, a temporary file with the path's ending. Missing
            folders are made.

    Raises:
        OSError: If a file cannot be written, for example on a full disk, or a folder has its name; it names the path.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_together({folder / name: lambda file: file.write_text("1") for name in ("a.csv", "a.json")})
        >>> sorted(path.name for path in folder.iterdir())
        ['a.csv', 'a.json']
    """
    paths = [Path(path) for path in writers]
    with _replacing(paths) as temporaries:
        for path, temporary, write in zip(paths, temporaries, writers.values(), strict=True):
            with _naming(temporary, path):
                write(temporary)


@contextmanager
def _replacing(paths: Sequence[Path]) -> Iterator[list[Path]]:
    for path in paths:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "a folder has the name of the file to write", str(path))
    temporaries = [_next_to(path, "partial") for path in paths]
    asides = {path: _next_to(path, "before") for path in paths[:-1]}
    folders, replaced = [], []
    try:
        for path in paths:
            folders += _make_folders(path.parent)
        yield temporaries
        for path, temporary in zip(paths, temporaries, strict=True):
            with _naming(temporary, path):
                # The last path needs no way back: if its renaming fails, its old file is still there.
                if path in asides:
                    replaced.append(path)
                    if os.path.lexists(path):
                        path.replace(asides[path])
                temporary.replace(path)
    except BaseException:
        for path in replaced:
            if os.path.lexists(asides[path]):
                asides[path].replace(path)
            else:
                path.unlink(missing_ok=True)
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
        for folder in reversed(folders):
            with suppress(OSError):  # other files are in it
                folder.rmdir()
        raise
    for aside in asides.values():
        aside.unlink(missing_ok=True)


def _next_to(path: Path, kind: str) -> Path:
    return path.with_name(f".{kind}-{os.getpid()}-{path.name}")


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and its parents, and give the folders that were missing, outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


@contextmanager
def _naming(temporary: Path, path: Path) -> Iterator[None]:
    """Let errors name the path: a full disk names no file, and other errors name the temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(temporary)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
