"""Compute the frog's SROPs in all digit networks before training and after each epoch."""

import pandas as pd
from tqdm import tqdm

from srop.convention import PUBLISHED
from srop.data.digits import prepared_digits
from srop.experiments.digits.measure import measure_frog
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import export_table, read_tensors, require_one_origin
from srop.pipeline.stage import stage


@stage(reads=["digits.layers", "digits.conventions"])
def main(values, *, networks, weights, device="auto", digits, table_file):
    require_one_origin(weights)
    digits = prepared_digits(digits).to(device)
    model = digit_cnn().to(device)
    options = {**values.digits, "kappas": [PUBLISHED.kappa]}
    tables = []
    runs = list(zip(networks, weights, strict=True))
    for (case, w, seed), file in tqdm(runs, desc="networks", leave=False, disable=None):
        states = read_tensors(file)
        for epoch in range(len(states["conv1.weight"])):
            # The frog's maps need no other layers.
            model.load_state_dict({name: state[epoch] for name, state in states.items()}, strict=False)
            table = measure_frog(model, digits, **options).drop(columns="kappa")
            tables.append(table.assign(case=case, w=float(w), seed=seed, epoch=epoch))
    keys = ["case", "w", "seed", "epoch"]
    table = pd.concat(tables)
    export_table(table[[*keys, *table.columns.drop(keys)]], table_file)
