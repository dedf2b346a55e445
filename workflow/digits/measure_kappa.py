"""Compute the frog's SROPs in all digit networks over a range of kappa."""

import pandas as pd
from tqdm import tqdm

from srop.data.digits import prepared_digits
from srop.experiments.digits.measure import measure_frog
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import export_table, read_tensors, require_one_origin
from srop.pipeline.stage import stage


@stage(reads=["digits.{layers,conventions,kappas}"])
def main(values, *, networks, models, device="auto", digits, table_file):
    require_one_origin(models)
    digits = prepared_digits(digits).to(device)
    model = digit_cnn().to(device)
    tables = []
    runs = list(zip(networks, models, strict=True))
    for (case, w, seed), weights in tqdm(runs, desc="networks", leave=False, disable=None):
        model.load_state_dict(read_tensors(weights))
        table = measure_frog(model, digits, **values.digits)
        keys = pd.DataFrame({"case": [case], "w": [float(w)], "seed": [seed]})
        tables.append(keys.merge(table, how="cross"))
    export_table(pd.concat(tables), table_file)
