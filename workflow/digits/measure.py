"""Compute the SROPs of the digit networks of one case and weight."""

import pandas as pd

from srop.data.digits import prepared_digits
from srop.experiments.digits.measure import measure_digits
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import read_tensors, require_one_origin, write_table
from srop.pipeline.stage import stage


@stage(reads=["digits.layers", "digits.conventions"])
def main(values, *, case, w, seeds, device="auto", digits, models, srops, origin):
    require_one_origin(models)
    digits = prepared_digits(digits).to(device)
    model = digit_cnn().to(device)
    tables = []
    for seed, weights in zip(seeds, models, strict=True):
        model.load_state_dict(read_tensors(weights))
        table = measure_digits(model, digits, case=case, w=w, **values.digits)
        tables.append(table.assign(case=case, w=float(w), seed=seed))
    write_table(pd.concat(tables), srops, provenance=origin)
