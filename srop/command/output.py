"""The files that the command writes: a table, a picture and a record, all three or none."""

import argparse
import json
import platform
import shlex
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import pandas as pd

from srop.command.network import MeasuredNetwork
from srop.command.request import Request, record_of
from srop.files import write_together

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SOFTWARE = ("srop", "torch", "torchvision", "timm", "numpy", "pillow")


def write(
    options: argparse.Namespace,
    request: Request,
    measured: MeasuredNetwork | None,
    table: pd.DataFrame,
    figure: "Figure",
    further: dict[str, Any],
) -> None:
    """Write table, picture and record, and print their names; for a command without a network, `measured` is None."""
    record = {
        "command": shlex.join(options.command),
        **(_record_of_network(options, measured) if measured else {}),
        **further,
        **(record_of(measured and measured.inputs, request.photos) if request.photos else {}),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _SOFTWARE},
    }
    text = json.dumps(record, indent=2) + "\n"
    stem = request.stem
    write_together(
        {
            f"{stem}.csv": lambda path: table.to_csv(path, index=False),
            f"{stem}.png": lambda path: figure.savefig(path, dpi=150),
            f"{stem}.json": lambda path: path.write_text(text, encoding="utf-8"),
        }
    )
    print(f"wrote {stem}.csv, {stem.name}.png and {stem.name}.json")


def _record_of_network(options: argparse.Namespace, measured: MeasuredNetwork) -> dict[str, Any]:
    return {
        "network": options.network,
        "weights": measured.loaded.description,
        "sha256": measured.loaded.sha256,
        "device": str(measured.device),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def as_text(table: pd.DataFrame) -> str:
    """Format a table as text; a missing value is empty."""
    return table.astype(object).where(table.notna(), "").to_string(index=False)
