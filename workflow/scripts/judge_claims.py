"""Judge the paper's claims from the tables."""

import pandas as pd
from omegaconf import DictConfig

from srop.claims import Tables, ledger, readable
from srop.config import stage
from srop.io import read_tables, write_markdown, write_table

TABLES = ("digits", "epochs", "frog_epochs", "baseline", "rotation", "intrinsic")


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
        pd.read_csv(run.recorded, dtype={"id": str}),
        digits_on=f"{run.preset}: {digits.data.train:,} digits, {digits.training.epochs} epochs",
        backbones_on=f"{run.preset}: {backbones.images.count} images, {backbones.noise} of noise",
    )
    write_table(claims, f"{run.stem}.csv")
    write_markdown(readable(claims), f"{run.stem}.md")
    write_table(settings, f"{run.stem}-settings.csv")


if __name__ == "__main__":
    main()
