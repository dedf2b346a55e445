"""The recorded runs from which claims are judged, next to the run at hand."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from srop.ledger.evidence import Tables
from srop.ledger.judge import Run
from srop.ledger.recorded import origin, read_recorded

RECORDED = {
    "digits": ["digits", "epochs", "frog_epochs", "srops"],
    "quantized": ["backbones", "images"],
    "cifar": ["cifar", "cifar_cutoffs", "cifar_layers", "cifar_networks", "cifar_occlusion", "cifar_spectra"],
}
"""Tables of recorded runs, by what they hold."""


USUAL_RATES = {"adam": 0.001, "adadelta": 1.0}
"""Learning rates at which an optimizer has its plain name in the ledger."""


def recorded_runs(folder: Path, names: Mapping[str, Iterable[str]], tables: Iterable[str]) -> dict[str, list[Run]]:
    """Read recorded runs by section, those of one section as one.

    Args:
        folder: ``workflow/recorded/``.
        names: The names of runs by section.
        tables: The names of all tables that any run has.

    Returns:
        At most one run for each section, with its scale in words.
    """
    runs = {}
    for section, members in names.items():
        folders = [folder / name for name in members]
        runs[section] = []
        if folders:
            read = _read_digits(folders) if section == "digits" else read_recorded(folders, RECORDED[section])
            scale, basis = _scale_of(section, origin(folders[0])["values"], read)
            runs[section] = [Run(f"recorded: {scale}", Tables(read, absent={*tables} - {*read}), basis)]
    return runs


def _read_digits(folders: Iterable[Path]) -> dict[str, pd.DataFrame]:
    """Read recorded runs of the digits, those of one optimizer as one, with a column ``optimizer``."""
    by_optimizer: dict[str, list[Path]] = {}
    for folder in folders:
        by_optimizer.setdefault(optimizer_name(origin(folder)["values"]["digits"]["training"]), []).append(folder)
    names = RECORDED["digits"]
    parts = [read_recorded(own, names) | {"optimizer": optimizer} for optimizer, own in by_optimizer.items()]
    return {
        name: pd.concat([part[name].assign(optimizer=part["optimizer"]) for part in parts], ignore_index=True)
        for name in names
    }


def optimizer_name(training: Mapping[str, Any]) -> str:
    """Name an optimizer, with its rate unless that is the usual one."""
    name, rate = training["optimizer"], training["lr"]
    return name if rate == USUAL_RATES.get(name) else f"{name} at {rate:g}"


def _scale_of(section: str, values: Mapping[str, Any], read: Mapping[str, pd.DataFrame]) -> tuple[str, str]:
    if section == "digits":
        digits, epochs = values["digits"], read["epochs"]
        of_the_paper = epochs["run"].str.startswith("paper")
        networks = epochs[of_the_paper][["case", "w", "seed"]].drop_duplicates()
        scale = f"{digits['data']['train']:,} digits, {digits['training']['epochs']} epochs, {len(networks)} networks"
        further = epochs[~of_the_paper].groupby("run", sort=False)
        counts = [f"{len(rows[['case', 'w', 'seed']].drop_duplicates())} of {run}" for run, rows in further]
        return " and ".join([scale, *counts]), "paper scale"
    if section == "cifar":
        data, networks = values["cifar"]["data"], read["cifar"]
        learned, seeds = data["train"] - data["held_out"], networks["seed"].nunique()
        scale = f"ResNet-20, {learned:,} images of {networks['data'].iloc[0]}, {seeds} seed{'s' * (seeds > 1)}"
        return scale, "proxy"
    return f"{values['backbones']['images']['count']} images, {values['backbones']['noise']} of noise", "reduced"
