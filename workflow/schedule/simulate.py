"""Simulate the schedule of a run on machines of several sizes."""

import subprocess

import pandas as pd

from srop.pipeline.io import export_table
from srop.pipeline.stage import stage
from srop.schedule.jobs import jobs_of, read_job_times
from srop.schedule.simulate import by_rule, schedule_row, without

MACHINES = ((16, 0), (64, 0), (256, 0), (16, 1), (128, 8))
"""Cores and GPUs of each machine."""
LONGEST = ("train_filters", "train_adversarial", "attack_adversarial", "measure_occlusion_robust")


@stage()
def main(values, *, plan, times, heavy, table_file, rules):
    planned = subprocess.run(list(plan), capture_output=True, text=True, check=False)
    if planned.returncode:
        raise RuntimeError(f"the run could not be planned:\n{planned.stderr}")
    times = read_job_times(times)
    rows = []
    for what, left_out in (("all", ()), ("without the longest", LONGEST)):
        for cores, gpus in MACHINES:
            jobs = without(jobs_of(planned.stdout, times, "cuda" if gpus else "cpu", heavy=heavy), left_out)
            rows.append({"jobs": what} | schedule_row(jobs, cores=cores, gpus=gpus))
    table = pd.DataFrame(rows)
    export_table(table, table_file)
    export_table(by_rule(jobs_of(planned.stdout, times, "cpu")), rules)
    print(table.drop(columns="path").to_markdown(index=False, floatfmt=".1f"))
