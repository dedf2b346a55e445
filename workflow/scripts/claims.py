"""Judge the paper's claims from the tables."""

from dataclasses import fields
from pathlib import Path

import pandas as pd
from omegaconf import DictConfig

from srop.claims import Tables, ledger, readable
from srop.config import stage
from srop.io import read_tables, write_markdown, write_table
from srop.recorded import origin, read_recorded

TABLES = ("digits", "epochs", "frog_epochs", "baseline", "rotation", "intrinsic")


def recorded_digits(runs: list[Path]) -> dict[str, Tables]:
    """Read the digit experiments that were recorded, and say what they are."""
    if not runs:
        return {}
    digits = origin(runs[0])["values"]["digits"]
    read = read_recorded(runs, ["digits", "epochs", "frog_epochs", "srops"])
    read["test"] = read.pop("srops")
    networks = read["epochs"][["case", "w", "seed"]].drop_duplicates()
    said = f"{digits['data']['train']:,} digits, {digits['training']['epochs']} epochs, {len(networks)} networks"
    empty = {field.name: pd.DataFrame() for field in fields(Tables)}
    return {f"recorded paper run: {said}": Tables(**{**empty, **read})}


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    """Run the stage."""
    layers = pd.read_csv(run.backbones)
    digits, backbones = values.digits, values.backbones
    tables = Tables(
        **{name: pd.read_csv(run[name]) for name in TABLES},
        test=read_tables(run.srops),
        layers=layers[layers["curve"] == "layer"],
        curves=layers[layers["curve"] != "layer"],
        images=read_tables(run.images),
    )
    claims, settings = ledger(
        tables,
        recorded_digits([Path(run.recorded) / name for name in run.runs]),
        digits_on=f"{run.preset}: {digits.data.train:,} digits, {digits.training.epochs} epochs",
        backbones_on=f"{run.preset}: {backbones.images.count} images, {backbones.noise} of noise",
    )
    write_table(claims, f"{run.stem}.csv")
    write_markdown(readable(claims), f"{run.stem}.md")
    write_table(settings, f"{run.stem}-settings.csv")


if __name__ == "__main__":
    main()
