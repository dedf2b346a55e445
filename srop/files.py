"""Files appear whole or not at all, and those that belong together appear together."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary file beside a path, and rename it to the path when the block ends well.

    Args:
        path: The file to write; its folder is made if it is missing.

    Yields:
        The temporary file, this process's own, with the same ending. It is removed if the block raises.

    Raises:
        OSError: If the file cannot be written, as on a full disk; it names the path.
    """
    with _replacing([Path(path)]) as (temporary,), _naming(temporary, Path(path)):
        yield temporary


def write_together(writers: Mapping[str | Path, Callable[[Path], object]]) -> None:
    """Write files that belong together: all of them, or none, and then old ones stay as they were.

    Args:
        writers: For each path a function that writes to the temporary file that it is given, which has the path's
            ending. Missing folders are made.

    Raises:
        OSError: If a file cannot be written, as on a full disk, or a folder has its name; it names the path.

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
    temporaries = [_beside(path, "partial") for path in paths]
    asides = {path: _beside(path, "before") for path in paths[:-1]}
    folders, replaced = [], []
    try:
        for path in paths:
            folders += _make_folders(path.parent)
        yield temporaries
        for path, temporary in zip(paths, temporaries, strict=True):
            with _naming(temporary, path):
                # Not the last: renaming is all that is left to fail, and leaves the old file.
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
            with suppress(OSError):  # it holds something else
                folder.rmdir()
        raise
    for aside in asides.values():
        aside.unlink(missing_ok=True)


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f".{kind}-{os.getpid()}-{path.name}")


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it, and give the ones that were missing, outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


@contextmanager
def _naming(temporary: Path, path: Path) -> Iterator[None]:
    """Name the file that was to be written: a full disk names none, other errors the temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(temporary)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def sha256_of(path: str | Path) -> str:
    """Give the SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
