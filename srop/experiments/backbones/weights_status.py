"""Which networks there are, and whether their weights are here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from srop.experiments.backbones.paper import PAPER_BACKBONES
from srop.networks.weights import check_file, hash_in_name, weights_file


def list_networks(name: str, architecture: Mapping[str, Any]) -> pd.DataFrame:
    """List an architecture's networks: where their weights come from, and whether they are here.

    Args:
        name: The architecture's name.
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.

    Returns:
        A row per set of weights: ``title``, ``architecture``, ``antialiased``, ``source``, ``weights``, ``paper``
        (whether it is most likely one of the paper's twenty networks: seven random, seven pretrained, six anti-aliased
        and trained from scratch), ``file``, ``sha256`` (as much of it as is known), ``license``, ``megabytes``, and
        ``state``: ``here``, or why not.
    """
    antialiased = architecture["source"] == "antialiased_cnns"
    rows = []
    for weights, chosen in architecture["weights"].items():
        random, chosen = chosen is None, chosen or {}
        scratch = not str(chosen.get("set")).endswith("_finetune")
        row = {
            "title": architecture["title"],
            "architecture": name,
            "antialiased": antialiased,
            "source": architecture["source"],
            "weights": weights if scratch else f"{weights} (fine-tuned)",
            "paper": architecture["title"] in PAPER_BACKBONES and (not antialiased if random else scratch),
            "file": chosen.get("file", ""),
            "sha256": chosen.get("sha256") or "",
            "license": chosen.get("license") or "",
            "megabytes": chosen.get("megabytes"),
            "state": "here",
        }
        if not random:
            row["sha256"] = row["sha256"] or hash_in_name(Path(row["file"])) or ""
            try:
                check_file(weights_file(architecture, weights) or Path(row["file"]), chosen["sha256"])
            except (FileNotFoundError, ValueError) as error:
                row["state"] = "missing" if isinstance(error, FileNotFoundError) else f"refused: {error}"
        rows.append(row)
    return pd.DataFrame(rows)
