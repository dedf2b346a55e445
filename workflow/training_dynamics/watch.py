"""Train the digit network under one regime while it is watched."""

import pandas as pd
from tqdm import tqdm

from srop.data.digits import first_digits, prepared_digits
from srop.experiments.training_dynamics.measure import watched_training
from srop.pipeline.io import write_table
from srop.pipeline.stage import stage


@stage(
    reads=[
        "digits.training.{optimizer,lr,batch_size,precision}",
        "training_dynamics.{train,test,probe,epochs,every,layers}",
    ]
)
def main(values, *, regime, changes, seeds, device="auto", digits, table_file, origin):
    digits, chosen = prepared_digits(digits), values.training_dynamics
    digits = first_digits(digits, train=chosen.train, test=chosen.test).to(device)
    training = {**values.digits.training, "epochs": chosen.epochs}
    watched = {key: chosen[key] for key in ("probe", "every", "layers")}
    tables = []
    for seed in tqdm(seeds, desc="seeds", unit="training", leave=False, disable=None):
        table = watched_training(digits, seed=seed, training=training, **changes, **watched)
        tables.append(table.assign(regime=regime, seed=seed))
    origin = {**origin, "digits": digits.digest()}
    write_table(pd.concat(tables, ignore_index=True), table_file, provenance=origin)
