"""Judge the paper's claims from the tables."""

from collections.abc import Iterable
from pathlib import Path

from srop.ledger.judge import Tables, ledger, readable
from srop.ledger.recorded import origin, read_recorded
from srop.pipeline.io import read_tables, write_markdown, write_table
from srop.pipeline.stage import stage


def recorded_digits(runs: list[Path], names: Iterable[str]) -> dict[str, tuple[str, Tables]]:
    """Read the digit experiments that were recorded, and say what they are."""
    if not runs:
        return {}
    digits = origin(runs[0])["values"]["digits"]
    read = read_recorded(runs, ["digits", "epochs", "frog_epochs", "srops"])
    networks = read["epochs"][["case", "w", "seed"]].drop_duplicates()
    said = f"{digits['data']['train']:,} digits, {digits['training']['epochs']} epochs, {len(networks)} networks"
    return {"digits": (f"recorded paper run: {said}", Tables(read, absent={*names} - {*read}))}


@stage
def main(values, run):
    claims, settings = ledger(
        Tables({name: read_tables(files) for name, files in zip(run.names, run.tables, strict=True)}),
        recorded_digits([Path(run.recorded) / name for name in run.runs], run.names),
        {section: f"{run.preset}: {scale}" for section, scale in zip(run.sections, run.scales, strict=True)},
    )
    write_table(claims, f"{run.stem}.csv")
    write_markdown(readable(claims), f"{run.stem}.md")
    write_table(settings, f"{run.stem}-settings.csv")
