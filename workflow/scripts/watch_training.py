"""Train the digit network under one regime while it is watched."""

import pandas as pd
from tqdm import tqdm

from srop.data.digits import Digits, first_digits
from srop.experiments.training_dynamics.measure import watched_training
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    device = select_device(run.device)
    digits, chosen = Digits(**read_tensors(run.digits)), values.training_dynamics
    digits = first_digits(digits, train=chosen.train, test=chosen.test).to(device)
    training = {**values.digits.training, "epochs": chosen.epochs}
    watched = {key: chosen[key] for key in ("probe", "every", "layers")}
    tables = []
    for seed in tqdm(run.seeds, desc="seeds", unit="training", leave=False, disable=None):
        table = watched_training(digits, seed=seed, training=training, **run.changes, **watched)
        tables.append(table.assign(regime=run.regime, seed=seed))
    origin = {**software(plain(run.tracked)), "device": str(device), "digits": digits.digest()}
    write_table(pd.concat(tables, ignore_index=True), run.table, provenance=origin)
