"""Judge the claims from the tables."""

from pathlib import Path

from srop.ledger.evidence import Tables
from srop.ledger.judge import Run, ledger, readable
from srop.ledger.judged_runs import RECORDED, recorded_runs
from srop.pipeline.io import export_table, read_tables, write_markdown
from srop.pipeline.stage import stage


@stage(reads=["digits.training.optimizer"])
def main(values, *, run_name, tables, scales, recorded, runs, stem):
    read = {name: read_tables(files) for name, files in tables.items() if files}
    # Whatever its rate: recorded runs of one optimizer at several rates are told apart, this run is one.
    optimizer = values.digits.training.optimizer
    read |= {name: read[name].assign(optimizer=optimizer) for name in RECORDED["digits"] if name in read}
    own = Tables(read, absent=[name for name, files in tables.items() if not files])
    judged = recorded_runs(Path(recorded), runs, tables)
    for section, (scale, basis) in scales.items():
        judged[section] = [*judged.get(section, []), Run(f"{run_name}: {scale}", own, basis)]
    claims, settings = ledger(judged)
    export_table(claims, f"{stem}.parquet")
    write_markdown(readable(claims), f"{stem}.md")
    export_table(settings, f"{stem}-settings.parquet")
