"""Reading and writing of results; every file appears whole or not at all."""

import hashlib
import json
import pickle
import shlex
from collections.abc import Collection, Iterable
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from srop.files import replacing
from srop.pipeline.seal import (
    blank_seal,
    closed,
    damaged,
    digest_of,
    require_closed,
    seal_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

# torch is imported where it is used: tables and figures do without, and start in half the time.


def write_text(text: str, path: str | Path) -> None:
    """Write a result that people read."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _content(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        again = f"repeat the run's command with --forcerun {shlex.quote(str(path))}"
        raise FileNotFoundError(f"{path} is missing; {again}") from None


def csv_text(table: pd.DataFrame) -> str:
    """Write a tidy table as CSV: six decimals, no index."""
    return table.to_csv(index=False, float_format="%.6f", lineterminator="\n")


def export_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table that people read: CSV for them, and next to it what the CSV says as Parquet for other stages.

    Args:
        table: The table; its index is not written.
        path: The Parquet file; the CSV has the same name.
    """
    text = csv_text(table)
    write_text(text, Path(path).with_suffix(".csv"))
    # Read back, so that other stages work with the numbers that people see; text stays text.
    words = {column: str for column, dtype in table.dtypes.items() if isinstance(dtype, pd.StringDtype)}
    write_table(pd.read_csv(StringIO(text), dtype=words), path)


def write_table(table: pd.DataFrame, path: str | Path, *, provenance: dict[str, Any] | None = None) -> None:
    """Write a tidy table as Parquet, exactly, with a seal.

    Args:
        table: The table; its index is not written.
        path: The file.
        provenance: Where the table comes from, kept in the file's metadata under ``provenance``.
    """
    columns = pa.Table.from_pandas(table, preserve_index=False)
    metadata = {**columns.schema.metadata, "provenance": json.dumps(provenance), "seal": json.dumps(blank_seal())}
    buffer = BytesIO()
    pq.write_table(columns.replace_schema_metadata(metadata), buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(closed(buffer.getvalue()))


def write_markdown(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table for people to read, as Markdown: numbers with three decimals, text as it is."""
    text = [position for position, kind in enumerate(table.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    if table.empty:
        content = f"| {' | '.join(table)} |\n|{'---|' * len(table.columns)}"
    else:
        content = table.to_markdown(index=False, floatfmt=".3f", disable_numparse=text)
    write_text(content + "\n", path)


def write_json(record: dict[str, Any], path: str | Path) -> None:
    """Write a record as indented JSON."""
    write_text(json.dumps(record, indent=2) + "\n", path)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a Parquet table.

    Raises:
        FileNotFoundError: If it is missing.
        ValueError: If it is not as it was written; the message names the command that repairs it.
    """
    return pd.read_parquet(BytesIO(_parquet(path)))


def read_tables(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read tables of the same columns as one, each as :func:`read_table` does.

    Raises:
        FileNotFoundError: If one is missing.
        ValueError: If one is not as it was written, or they are of runs under different values or code.
    """
    paths = list(paths)
    require_one_origin(paths)
    return pd.concat([read_table(path) for path in paths], ignore_index=True)


def require_one_origin(paths: Iterable[str | Path]) -> None:
    """Require that results of one stage were made under the same values and code, before they are joined.

    Snakemake renews what other values have made, unless it is told to look at nothing but the times of files.

    Raises:
        ValueError: If they were not; the message names two of them.
    """
    first: dict[str, tuple[Path, str]] = {}
    for path in map(Path, paths):
        seal = seal_of(path)
        stage, tracked = seal.get("stage", ""), _origin_of(path) or seal.get("tracked")
        other, expected = first.setdefault(stage, (path, tracked))
        if tracked != expected:
            raise ValueError(
                f"{other} and {path} were made by {stage} under different values or code, and are not to be joined; "
                f"repeat the run's command with --forcerun {shlex.quote(str(other))} {shlex.quote(str(path))}"
            )


def _origin_of(path: Path) -> str | None:
    """Give the digest of values, code and digits that made a table, as far as tables of other networks share them.

    A table that was taken from another run bears the origin that it had there, and the seal of the stage that took it.
    """
    record = (read_provenance(path) if path.suffix == ".parquet" else None) or {}
    if not {"values", "code"} <= record.keys():
        return None
    values = {key: value for key, value in record["values"].items() if key != "architecture"}
    own = record["values"].get("architecture", {}).get("model", "").partition(":")[0]
    code = {name: hash for name, hash in record["code"].items() if name != own}
    return digest_of({"values": values, "code": code, "digits": record.get("digits")})


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Read where a Parquet table comes from.

    Raises:
        FileNotFoundError: If it is missing.
        ValueError: If it is not as it was written.
    """
    return json.loads(pq.read_metadata(BytesIO(_parquet(path))).metadata[b"provenance"])


def _parquet(path: str | Path) -> bytes:
    content = _content(path)
    try:
        seal = json.loads((pq.read_metadata(BytesIO(content)).metadata or {}).get(b"seal", b"{}"))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(path, error) from error
    require_closed(content, seal, path)
    return content


def read_run_times(folder: str | Path, leave_out: Collection[str | Path] = ()) -> pd.DataFrame:
    """Read what Snakemake measured of each job, from ``<rule>.tsv`` and ``<rule>/.../<job>.tsv``.

    Args:
        folder: Where these files lie.
        leave_out: Files of jobs that are no longer part of the run.

    Returns:
        A row per job: ``rule`` and ``seconds``. (Not its CPU time, which Snakemake samples too rarely to tell.)

    Raises:
        FileNotFoundError: If there is no such file.
    """
    files = sorted(set(Path(folder).rglob("*.tsv")) - set(map(Path, leave_out)))
    if not files:
        raise FileNotFoundError(f"{folder} holds no benchmark file; run the pipeline first")
    rows = []
    for file in files:
        job = pd.read_csv(file, sep="\t").iloc[-1]
        rule = file.relative_to(folder).with_suffix("").parts[0]
        rows.append({"rule": rule, "seconds": job["s"]})
    return pd.DataFrame(rows)


def write_tensors(tensors: "dict[str, Tensor]", path: str | Path) -> None:
    """Write named tensors as safetensors, with a seal."""
    from safetensors.torch import save

    plain = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    content = closed(save(plain, {"seal": json.dumps(blank_seal())}))
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_tensors(path: str | Path) -> "dict[str, Tensor]":
    """Read named tensors from safetensors, which cannot hold code.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it is not as it was written; the message names the command that repairs it.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    content = _content(path)
    seal = _seal_of_tensors(content, path)
    require_closed(content, seal, path)
    try:
        return load(content)
    except SafetensorError as error:
        raise damaged(path, error) from error


def _seal_of_tensors(content: bytes, path: str | Path) -> dict[str, str]:
    """Read the header: its length in 8 bytes, then JSON."""
    try:
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return json.loads(header.get("__metadata__", {}).get("seal", "{}"))
    except (ValueError, AttributeError) as error:
        raise damaged(path, error) from error


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
    # The solver of the layout differs in the last digits from run to run, and clip paths are named by these.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        axes.set_position([round(edge, 5) for edge in axes.get_position(original=True).bounds], which="original")
    with replacing(f"{stem}.svg") as temporary:
        figure.savefig(temporary, metadata={"Date": None})
    with replacing(f"{stem}.png") as temporary:
        figure.savefig(temporary, dpi=160)
    if shown is not None:
        write_text(csv_text(shown), f"{stem}.csv")
