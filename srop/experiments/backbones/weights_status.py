"""A list of the networks, with the status of their weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from srop.experiments.backbones.paper import PAPER_BACKBONES
from srop.networks.weights import check_file, hash_in_name, weights_file


def list_networks(name: str, architecture: Mapping[str, Any]) -> pd.DataFrame:
    """List an architecture's networks: where their weights come from, and whether the files are present.

    Args:
        name: The architecture's name.
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.

    Returns:
        A row per set of weights: ``title``, ``architecture``, ``antialiased``, ``source``, ``weights``, ``paper``
        (whether it is most likely one of the paper's twenty networks: seven random, seven pretrained, six anti-aliased
        and trained from scratch), ``file``, ``sha256`` (the known part), ``license``, ``megabytes``, and
        ``state``: ``here``, ``missing``, or ``refused`` with the reason.
    """
    antialiased = architecture["source"] == "antialiased_cnns"
    rows = []
    for weights, origin in architecture["weights"].items():
        random, origin = origin is None, origin or {}
        scratch = not str(origin.get("set")).endswith("_finetune")
        row = {
            "title": architecture["title"],
            "architecture": name,
            "antialiased": antialiased,
            "source": architecture["source"],
            "weights": weights if scratch else f"{weights} (fine-tuned)",
            "paper": architecture["title"] in PAPER_BACKBONES and (not antialiased if random else scratch),
            "file": origin.get("file", ""),
            "sha256": origin.get("sha256") or "",
            "license": origin.get("license") or "",
            "megabytes": origin.get("megabytes"),
            "state": "here",
        }
        if not random:
            row["sha256"] = row["sha256"] or hash_in_name(Path(row["file"])) or ""
            try:
                check_file(weights_file(architecture, weights) or Path(row["file"]), origin["sha256"])
            except (FileNotFoundError, ValueError) as error:
                row["state"] = "missing" if isinstance(error, FileNotFoundError) else f"refused: {error}"
        rows.append(row)
    return pd.DataFrame(rows)
