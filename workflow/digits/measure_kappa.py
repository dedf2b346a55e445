"""Compute the frog's SROPs in all digit networks over a range of kappa."""

import pandas as pd

from srop.data.digits import prepared_digits
from srop.experiments.digits.measure import measure_frog
from srop.networks.trained_digits import trained_digit_networks
from srop.pipeline.io import export_table
from srop.pipeline.stage import stage


@stage(reads=["digits.{layers,conventions,kappas}"])
def main(values, *, networks, models, device="auto", digits, table_file):
    digits = prepared_digits(digits).to(device)
    tables = []
    for (case, w, seed), network in trained_digit_networks(networks, models, device):
        table = measure_frog(network, digits, **values.digits)
        keys = pd.DataFrame({"case": [case], "w": [float(w)], "seed": [seed]})
        tables.append(keys.merge(table, how="cross"))
    export_table(pd.concat(tables), table_file)
