"""Compute the frog's SROPs in all digit networks before training and after each epoch."""

import pandas as pd
from omegaconf import DictConfig
from tqdm import tqdm

from srop.config import stage
from srop.convention import PUBLISHED
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
    options = {"layers": values.digits.layers, "conventions": values.digits.conventions, "kappas": [PUBLISHED.kappa]}
    tables = []
    runs = list(zip(run.cases, run.w, run.seeds, run.convolutions, strict=True))
    for case, w, seed, file in tqdm(runs, desc="networks", leave=False, disable=None):
        convolutions = read_tensors(file)
        for epoch in range(len(convolutions["conv1.weight"])):
            # The frog's maps need no other layers.
            model.load_state_dict({name: states[epoch] for name, states in convolutions.items()}, strict=False)
            table = measure_frog(model, digits, **options).drop(columns="kappa")
            tables.append(table.assign(case=case, w=float(w), seed=seed, epoch=epoch))
    keys = ["case", "w", "seed", "epoch"]
    table = pd.concat(tables)
    write_table(table[[*keys, *table.columns.drop(keys)]], run.table)
