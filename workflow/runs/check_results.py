"""Check a run's verdicts against those of the recorded run of the same preset."""

from pathlib import Path

from srop.pipeline.stage import plain, stage
from srop.runs.check import EXIT, check_run


@stage(reads=["*"])
def main(values, *, results, recorded, changed):
    outcome = check_run(Path(results), Path(recorded), plain(values), changed=changed)
    print("\n".join(outcome.lines))
    raise SystemExit(EXIT[outcome.word])
