"""Compare when SROPs and accuracy tell that a training goes wrong."""

from srop.experiments.training_dynamics.tables import told_table
from srop.pipeline.io import read_tables, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    write_table(told_table(read_tables(run.trainings), reference=values.training_dynamics.reference), run.table)
