"""Compute the SROPs of the digit networks of one case and weight."""

import pandas as pd

from srop.data.digits import Digits
from srop.experiments.digits.measure import measure_digits
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, require_one_origin, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    require_one_origin(run.models)
    device = select_device(run.device)
    digits = Digits(**read_tensors(run.digits)).to(device)
    model = digit_cnn().to(device)
    tables = []
    for seed, weights in zip(run.seeds, run.models, strict=True):
        model.load_state_dict(read_tensors(weights))
        srops = measure_digits(
            model,
            digits,
            case=run.case,
            w=run.w,
            layers=values.digits.layers,
            conventions=values.digits.conventions,
        )
        tables.append(srops.assign(case=run.case, w=float(run.w), seed=seed))
    provenance = {**software(plain(run.tracked)), "device": str(device)}
    write_table(pd.concat(tables), run.srops, provenance=provenance)
