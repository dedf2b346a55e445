"""Judge the claims from the tables."""

from collections.abc import Iterable
from pathlib import Path

from srop.ledger.evidence import Tables
from srop.ledger.judge import Run, ledger, readable
from srop.ledger.recorded import origin, read_recorded
from srop.pipeline.io import export_table, read_tables, write_markdown
from srop.pipeline.stage import stage

RECORDED = {"digits": ["digits", "epochs", "frog_epochs", "srops"], "quantized": ["backbones", "images"]}
"""Tables of recorded runs, by what they hold."""


def recorded_run(section: str, folders: list[Path], tables: Iterable[str]) -> Run:
    """Read the recorded runs of a section as one, with its scale in words."""
    read, values = read_recorded(folders, RECORDED[section]), origin(folders[0])["values"]
    if section == "digits":
        digits, networks = values["digits"], read["epochs"][["case", "w", "seed"]].drop_duplicates()
        scale = f"{digits['data']['train']:,} digits, {digits['training']['epochs']} epochs, {len(networks)} networks"
    else:
        scale = f"{values['backbones']['images']['count']} images, {values['backbones']['noise']} of noise"
    basis = "paper scale" if section == "digits" else "reduced"
    return Run(f"recorded: {scale}", Tables(read, absent={*tables} - {*read}), basis)


@stage()
def main(values, *, run_name, tables, scales, recorded, runs, stem):
    own = Tables(
        {name: read_tables(files) for name, files in tables.items() if files},
        absent=[name for name, files in tables.items() if not files],
    )
    judged = {
        section: [recorded_run(section, [Path(recorded) / name for name in names], tables)] if names else []
        for section, names in runs.items()
    }
    for section, (scale, basis) in scales.items():
        judged[section] = [*judged.get(section, []), Run(f"{run_name}: {scale}", own, basis)]
    claims, settings = ledger(judged)
    export_table(claims, f"{stem}.parquet")
    write_markdown(readable(claims), f"{stem}.md")
    export_table(settings, f"{stem}-settings.parquet")
