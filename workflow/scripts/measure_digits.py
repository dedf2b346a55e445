"""Compute the SROPs of the digit networks of one case and weight."""

import pandas as pd
from omegaconf import DictConfig

from srop.config import plain, stage
from srop.data import Digits
from srop.device import select_device
from srop.io import read_tensors, write_table
from srop.measurement import measure_digits
from srop.models import digit_cnn
from srop.provenance import software


@stage
def main(values: DictConfig, run: DictConfig) -> None:
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
