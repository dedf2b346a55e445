"""Describe a run as an RO-Crate."""

from pathlib import Path

from srop.pipeline.stage import stage
from srop.runs.crate import Run, write_crate
from srop.runs.jobs import recorded_jobs
from srop.runs.origin import origin_of


@stage()
def main(values, *, results, records, project, leave_out, command):
    results = Path(results)
    known = recorded_jobs(Path(records), results)
    jobs = [job.without(leave_out) for job in known if not {*job.outputs} <= {*leave_out}]
    # What people look at, also where Snakemake has lost its record of it.
    shown = [*results.glob("*.html"), *results.glob("*.json"), *results.glob("tables/**/*"), *results.glob("figures/*")]
    files = [file for file in shown if file.is_file() and str(file) not in leave_out]
    run = Run(results, results.name, command, origin_of(results), jobs, files)
    print(f"{write_crate(run, Path(project))}: {len(jobs)} jobs")
