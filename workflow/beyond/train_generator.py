"""Train a generator of digits for each seed, and compare the spectra of its digits with those of others."""

import pandas as pd

from srop.data.digits import first_digits, prepared_digits
from srop.experiments.beyond.generator import generated_digits
from srop.experiments.beyond.measure import against_first
from srop.pipeline.io import write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["beyond.generator"])
def main(values, *, decoder, device="auto", digits, table_file, origin):
    chosen = plain(values.beyond.generator)
    digits = first_digits(prepared_digits(digits), train=chosen["train"], test=chosen["images"])
    tables = []
    for seed in chosen["seeds"]:
        training = {key: chosen[key] for key in ("latent", "epochs", "lr", "batch_size")}
        options = {"decoder": decoder, "count": chosen["images"], "seed": seed, **training}
        drawn = generated_digits(digits.train_images.to(device), **options).cpu()
        tables.append(against_first({"digits": digits.test_images / 255, decoder: drawn}).assign(seed=seed))
    write_table(pd.concat(tables, ignore_index=True), table_file, provenance=origin)
