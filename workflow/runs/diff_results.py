"""Compare two runs on one page: which values, verdicts and figures differ, and how far."""

from pathlib import Path

import pandas as pd

from srop.pipeline.io import csv_text, write_text
from srop.pipeline.stage import stage
from srop.runs.differences import differences, in_spreads, machine_spreads
from srop.runs.figures import moved_figures
from srop.runs.page import page, summary
from srop.runs.verdicts import ledger_of, verdicts_of_both


@stage()
def main(values, *, first, second, machines, parts, into):
    runs = [Path(first), Path(second)]
    try:
        numbers = in_spreads(differences(*runs), machine_spreads(*map(Path, machines)))
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(str(error)) from None
    try:
        verdicts = verdicts_of_both(*map(ledger_of, runs))
    except (FileNotFoundError, ValueError) as error:
        print(f"verdicts were not compared: {error}")
        verdicts = pd.DataFrame()
    tables = {"values": numbers, "verdicts": verdicts, "figures": moved_figures(*runs)}
    template, style, script = (Path(file).read_text(encoding="utf-8") for file in parts)
    text = page(*runs, **tables, template=template, style=style, script=script)
    write_text(text, Path(into) / "differences.html")
    for name, table in tables.items():
        write_text(csv_text(table), Path(into) / f"{name}.csv")
    print(f"{into}/differences.html: {summary(**tables)}")
