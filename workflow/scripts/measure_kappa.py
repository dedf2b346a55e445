"""Compute the frog's SROPs in all digit networks over a range of kappa."""

import pandas as pd
from omegaconf import DictConfig
from tqdm import tqdm

from srop.config import stage
from srop.data import Digits
from srop.device import select_device
from srop.io import read_tensors, write_table
from srop.measurement import measure_frog
from srop.models import digit_cnn


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    device = select_device(run.device)
    digits = Digits(**read_tensors(run.digits)).to(device)
    model = digit_cnn().to(device)
    tables = []
    runs = list(zip(run.cases, run.w, run.seeds, run.models, strict=True))
    for case, w, seed, weights in tqdm(runs, desc="networks", leave=False, disable=None):
        model.load_state_dict(read_tensors(weights))
        chosen = values.digits
        table = measure_frog(model, digits, layers=chosen.layers, conventions=chosen.conventions, kappas=chosen.kappas)
        keys = pd.DataFrame({"case": [case], "w": [float(w)], "seed": [seed]})
        tables.append(keys.merge(table, how="cross"))
    write_table(pd.concat(tables), run.table)
