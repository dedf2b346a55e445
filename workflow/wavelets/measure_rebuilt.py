"""Test the digit networks on digits that are rebuilt from their first patterns."""

import pandas as pd

from srop.data.digits import prepared_digits
from srop.experiments.wavelets.learning import accuracy_of_rebuilt
from srop.networks.trained_digits import trained_digit_networks
from srop.pipeline.io import export_table
from srop.pipeline.stage import stage


@stage(reads=["wavelets.ranks"])
def main(values, *, seeds, models, digits, device="auto", table):
    digits = prepared_digits(digits).to(device)
    # Where no network was trained without a frog, the table is empty.
    tables = [pd.DataFrame({"rank": [], "accuracy": [], "seed": []})]
    for seed, network in trained_digit_networks(seeds, models, device):
        tables.append(accuracy_of_rebuilt(network, digits, ranks=values.wavelets.ranks).assign(seed=seed))
    export_table(pd.concat(tables, ignore_index=True), table)
