"""Compute the SROPs of the digit networks of one case and weight."""

import pandas as pd

from srop.data.digits import prepared_digits
from srop.experiments.digits.measure import measure_digits
from srop.networks.trained_digits import trained_digit_networks
from srop.pipeline.io import write_table
from srop.pipeline.stage import stage


@stage(reads=["digits.layers", "digits.conventions"])
def main(values, *, case, w, seeds, device="auto", digits, models, srops, origin):
    digits = prepared_digits(digits).to(device)
    tables = []
    for seed, network in trained_digit_networks(seeds, models, device):
        table = measure_digits(network, digits, case=case, w=w, **values.digits)
        tables.append(table.assign(case=case, w=float(w), seed=seed))
    write_table(pd.concat(tables), srops, provenance=origin)
