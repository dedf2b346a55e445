"""Gather the trainings that are watched, and compare when SROPs and accuracy tell that one goes wrong."""

from srop.experiments.training_dynamics.tables import told_table
from srop.pipeline.io import read_tables, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    trainings = read_tables(run.trainings)
    write_table(trainings, run.steps)
    write_table(told_table(trainings), run.told)
