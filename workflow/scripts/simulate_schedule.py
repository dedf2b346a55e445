"""Simulate the schedule of a run on machines of several sizes."""

import subprocess
from itertools import product

import pandas as pd

from srop.pipeline.io import write_table
from srop.pipeline.stage import stage
from srop.schedule.jobs import jobs_of, read_job_times
from srop.schedule.tables import by_rule, running, schedule_row, without


@stage
def main(values, run):
    planned = subprocess.run(list(run.plan), capture_output=True, text=True, check=False)
    if planned.returncode:
        raise RuntimeError(f"the run could not be planned:\n{planned.stderr}")
    times = read_job_times(run.times)
    rows, when = [], []
    for left_out, (cores, gpus) in product([[], list(run.left_out)], run.machines):
        jobs = jobs_of(planned.stdout, times, "cuda" if gpus else "cpu", heavy=run.heavy)
        jobs = without(jobs, left_out)
        keys = {"left_out": " ".join(left_out)}
        rows.append(keys | schedule_row(jobs, cores=cores, gpus=gpus))
        when.append(running(jobs, cores=cores, gpus=gpus).assign(cores=cores, gpus=gpus, **keys))
    table = pd.DataFrame(rows)
    write_table(table, run.table)
    write_table(by_rule(jobs_of(planned.stdout, times, "cpu")), run.rules)
    write_table(pd.concat(when, ignore_index=True), run.jobs)
    print(table.drop(columns=["left_out", "path"]).to_markdown(index=False, floatfmt=".1f"))
