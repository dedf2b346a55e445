"""Simulate the schedule of a run on machines of several sizes."""

import subprocess
from itertools import product

import pandas as pd

from srop.pipeline.io import export_table
from srop.pipeline.stage import stage
from srop.schedule.jobs import jobs_of, read_job_times
from srop.schedule.tables import by_rule, running, schedule_row, without


@stage()
def main(
    values,
    *,
    plan,
    times,
    machines=((16, 0), (64, 0), (256, 0), (16, 1), (128, 8)),
    heavy,
    without_rules=("train_filters", "train_adversarial", "attack_adversarial", "measure_occlusion_robust"),
    table_file,
    rules,
    jobs_file,
):
    planned = subprocess.run(list(plan), capture_output=True, text=True, check=False)
    if planned.returncode:
        raise RuntimeError(f"the run could not be planned:\n{planned.stderr}")
    times = read_job_times(times)
    rows, when = [], []
    for left_out, (cores, gpus) in product([[], list(without_rules)], machines):
        jobs = jobs_of(planned.stdout, times, "cuda" if gpus else "cpu", heavy=heavy)
        jobs = without(jobs, left_out)
        keys = {"left_out": " ".join(left_out)}
        rows.append(keys | schedule_row(jobs, cores=cores, gpus=gpus))
        when.append(running(jobs, cores=cores, gpus=gpus).assign(cores=cores, gpus=gpus, **keys))
    table = pd.DataFrame(rows)
    export_table(table, table_file)
    export_table(by_rule(jobs_of(planned.stdout, times, "cpu")), rules)
    export_table(pd.concat(when, ignore_index=True), jobs_file)
    print(table.drop(columns=["left_out", "path"]).to_markdown(index=False, floatfmt=".1f"))
