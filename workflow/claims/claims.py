"""Judge the claims from the tables."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from srop.ledger.evidence import Tables
from srop.ledger.judge import Run, ledger, readable
from srop.ledger.recorded import origin, read_recorded
from srop.pipeline.io import export_table, read_tables, write_markdown
from srop.pipeline.stage import stage

RECORDED = {"digits": ["digits", "epochs", "frog_epochs", "srops"], "quantized": ["backbones", "images"]}
"""Tables of recorded runs, by what they hold."""


def recorded_runs(folder: Path, names: Mapping[str, Iterable[str]], tables: Iterable[str]) -> dict[str, list[Run]]:
    """Read recorded runs by section, those of one section as one, each with its scale in words."""
    runs = {}
    for section, members in names.items():
        folders = [folder / name for name in members]
        runs[section] = []
        if folders:
            read = read_recorded(folders, RECORDED[section])
            scale, basis = _scale_of(section, origin(folders[0])["values"], read)
            runs[section] = [Run(f"recorded: {scale}", Tables(read, absent={*tables} - {*read}), basis)]
    return runs


def _scale_of(section: str, values: Mapping, read: Mapping[str, pd.DataFrame]) -> tuple[str, str]:
    if section == "digits":
        digits, networks = values["digits"], read["epochs"][["case", "w", "seed"]].drop_duplicates()
        scale = f"{digits['data']['train']:,} digits, {digits['training']['epochs']} epochs, {len(networks)} networks"
        return scale, "paper scale"
    return f"{values['backbones']['images']['count']} images, {values['backbones']['noise']} of noise", "reduced"


@stage()
def main(values, *, run_name, tables, scales, recorded, runs, stem):
    own = Tables(
        {name: read_tables(files) for name, files in tables.items() if files},
        absent=[name for name, files in tables.items() if not files],
    )
    judged = recorded_runs(Path(recorded), runs, tables)
    for section, (scale, basis) in scales.items():
        judged[section] = [*judged.get(section, []), Run(f"{run_name}: {scale}", own, basis)]
    claims, settings = ledger(judged)
    export_table(claims, f"{stem}.parquet")
    write_markdown(readable(claims), f"{stem}.md")
    export_table(settings, f"{stem}-settings.parquet")
