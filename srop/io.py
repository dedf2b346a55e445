"""Reading and writing of results; every file appears whole or not at all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary file beside a path, and rename it to the path when the block ends well.

    Args:
        path: The file to write; its folder is made if it is missing.

    Yields:
        The temporary file, with the same ending. It is removed if the block raises.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".partial-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a tidy table as CSV (six decimals) or Parquet (exact), by the ending of the path."""
    with replacing(path) as temporary:
        if temporary.suffix == ".csv":
            table.to_csv(temporary, index=False, float_format="%.6f")
        else:
            table.to_parquet(temporary, index=False)


def read_tables(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read Parquet tables of the same columns as one."""
    return pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)


def write_tensors(tensors: dict[str, Tensor], path: str | Path) -> None:
    """Write named tensors as safetensors."""
    with replacing(path) as temporary:
        save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, temporary)


def read_tensors(path: str | Path) -> dict[str, Tensor]:
    """Read named tensors from safetensors, which cannot hold code.

    Raises:
        ValueError: If the file is damaged; delete it and run the same command again.
    """
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged ({error}); delete it and run the same command again") from error


def write_figure(figure: "Figure", stem: str | Path) -> None:
    """Write a figure as ``<stem>.svg`` and ``<stem>.png``, with no date in it."""
    with replacing(f"{stem}.svg") as temporary:
        figure.savefig(temporary, metadata={"Date": None})
    with replacing(f"{stem}.png") as temporary:
        figure.savefig(temporary, dpi=160)
