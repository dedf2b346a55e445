"""Reading and writing of results; every file appears whole or not at all."""

import hashlib
import json
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

# torch is imported where it is used: tables and figures do without, and start in half the time.


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


def write_table(table: pd.DataFrame, path: str | Path, *, provenance: dict[str, Any] | None = None) -> None:
    """Write a tidy table as CSV (six decimals) or Parquet (exact), by the ending of the path.

    Args:
        table: The table; its index is not written.
        path: The file.
        provenance: Where the table comes from, kept in the metadata of a Parquet file under ``provenance``.
    """
    with replacing(path) as temporary:
        if temporary.suffix == ".csv":
            table.to_csv(temporary, index=False, float_format="%.6f")
        else:
            columns = pa.Table.from_pandas(table, preserve_index=False)
            metadata = {**columns.schema.metadata, "provenance": json.dumps(provenance)}
            pq.write_table(columns.replace_schema_metadata(metadata), temporary)


def write_markdown(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table for people to read, as Markdown: numbers with three decimals, text as it is."""
    text = [position for position, kind in enumerate(table.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    with replacing(path) as temporary:
        if table.empty:
            content = f"| {' | '.join(table)} |\n|{'---|' * len(table.columns)}"
        else:
            content = table.to_markdown(index=False, floatfmt=".3f", disable_numparse=text)
        temporary.write_text(content + "\n", encoding="utf-8")


def write_json(record: dict[str, Any], path: str | Path) -> None:
    """Write a record as indented JSON."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def read_tables(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read tables of the same columns, CSV or Parquet by their endings, as one."""
    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    return pd.concat([readers[Path(path).suffix](path) for path in paths], ignore_index=True)


def read_run_times(folder: str | Path) -> pd.DataFrame:
    """Read what Snakemake measured of each job, from ``<rule>.tsv`` and ``<rule>/.../<job>.tsv``.

    Args:
        folder: Where these files lie.

    Returns:
        A row per job: ``rule`` and ``seconds``. (Not its CPU time, which Snakemake samples too rarely to tell.)

    Raises:
        FileNotFoundError: If there is no such file.
    """
    files = sorted(Path(folder).rglob("*.tsv"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no benchmark file; run the pipeline first")
    rows = []
    for file in files:
        job = pd.read_csv(file, sep="\t").iloc[-1]
        rule = file.relative_to(folder).with_suffix("").parts[0]
        rows.append({"rule": rule, "seconds": job["s"]})
    return pd.DataFrame(rows)


def write_tensors(tensors: "dict[str, Tensor]", path: str | Path) -> None:
    """Write named tensors as safetensors."""
    from safetensors.torch import save_file

    with replacing(path) as temporary:
        save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, temporary)


def read_tensors(path: str | Path) -> "dict[str, Tensor]":
    """Read named tensors from safetensors, which cannot hold code.

    Raises:
        ValueError: If the file is damaged; delete it and run the same command again.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged ({error}); delete it and run the same command again") from error


def write_checkpoint(state: dict[str, Any], path: str | Path) -> None:
    """Write the state of a training, tensors and plain values, behind its SHA-256."""
    import torch

    buffer = BytesIO()
    torch.save(state, buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read the state of a training; nothing in the file is executed.

    Raises:
        ValueError: If the file is damaged or holds anything but tensors and plain values.
    """
    import torch

    content = Path(path).read_bytes()
    digest, payload = content[:32], content[32:]
    try:
        if hashlib.sha256(payload).digest() != digest:
            raise pickle.UnpicklingError("the hash does not match")
        return torch.load(BytesIO(payload), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # Not torch's own words, which advise to load the file in a way that may execute code.
        raise ValueError(
            f"the checkpoint {path} is damaged; delete it, and the same command starts this training anew"
        ) from error


def write_figure(figure: "Figure", stem: str | Path, shown: pd.DataFrame | None = None) -> None:
    """Write a figure as ``<stem>.svg`` and ``<stem>.png``, with no date in it, and what it shows as ``<stem>.csv``."""
    with replacing(f"{stem}.svg") as temporary:
        figure.savefig(temporary, metadata={"Date": None})
    with replacing(f"{stem}.png") as temporary:
        figure.savefig(temporary, dpi=160)
    if shown is not None:
        write_table(shown, f"{stem}.csv")
