"""Test the digit networks on digits that are rebuilt from their first patterns."""

import pandas as pd
from tqdm import tqdm

from srop.data.digits import prepared_digits
from srop.experiments.wavelets.learning import accuracy_of_rebuilt
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import export_table, read_tensors, require_one_origin
from srop.pipeline.stage import stage


@stage(reads=["wavelets.ranks"])
def main(values, *, seeds, models, digits, device="auto", table):
    require_one_origin(models)
    digits = prepared_digits(digits).to(device)
    # Where no network was trained without a frog, the table is empty.
    model, tables = digit_cnn().to(device), [pd.DataFrame({"rank": [], "accuracy": [], "seed": []})]
    for seed, weights in tqdm(list(zip(seeds, models, strict=True)), leave=False, disable=None):
        model.load_state_dict(read_tensors(weights))
        tables.append(accuracy_of_rebuilt(model, digits, ranks=values.wavelets.ranks).assign(seed=seed))
    export_table(pd.concat(tables, ignore_index=True), table)
