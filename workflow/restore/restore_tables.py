"""Take the tables of a recorded run."""

from pathlib import Path

from srop.experiments.backbones.tables import table1_grid
from srop.ledger.judge import readable
from srop.pipeline.io import write_markdown, write_table, write_text
from srop.pipeline.stage import stage
from srop.runs.restore import recorded_table, recorded_text

# What people see of a table, where it is not the table itself.
SHOWN = {"claims": readable, "table1": table1_grid}


@stage(reads=["figures.convention", "figures.dead"])
def main(values, *, recorded, files):
    for file in map(Path, files):
        table = recorded_table(Path(recorded), file.stem)
        if file.suffix == ".csv":
            write_text(recorded_text(Path(recorded), file.stem), file)
        elif file.suffix == ".parquet":
            write_table(table, file)
        else:
            if file.stem == "table2":
                figures = values.figures
                table = table[(table["convention"] == figures.convention) & (table["dead"] == figures.dead)]
                table = table.drop(columns=["convention", "dead"])
            write_markdown(SHOWN.get(file.stem, lambda shown: shown)(table), file)
