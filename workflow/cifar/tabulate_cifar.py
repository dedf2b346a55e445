"""Gather how CIFAR networks learned, and how accurate they are under attack, whole and behind low-pass filters."""

from srop.pipeline.io import export_table, read_tables
from srop.pipeline.stage import stage


@stage()
def main(values, *, metrics, accuracy, cutoffs, epochs_table, accuracy_table, cutoffs_table):
    export_table(read_tables(metrics), epochs_table)
    export_table(read_tables(accuracy), accuracy_table)
    export_table(read_tables(cutoffs), cutoffs_table)
