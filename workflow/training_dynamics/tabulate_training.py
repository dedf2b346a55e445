"""Gather the trainings that are watched, and compare when SROPs and accuracy tell that one goes wrong."""

from srop.experiments.training_dynamics.tables import alarm_table
from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, trainings, steps, alarms):
    trainings = read_tables(trainings)
    export_table(trainings, steps)
    export_table(alarm_table(trainings), alarms)
