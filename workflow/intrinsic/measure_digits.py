"""Estimate the intrinsic dimension of the digit networks' layers and their SROPs, before and after training."""

import pandas as pd
import torch

from srop.data.digits import evaluation_batches, prepared_digits
from srop.data.images import evenly_spaced
from srop.experiments.intrinsic.measure import dimension_profile
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_layers import DIGIT_LAYERS
from srop.pipeline.io import read_tensors, require_one_origin, write_table
from srop.pipeline.stage import stage


@stage(reads=["digits.intrinsic", "digits.conventions"])
def main(values, *, case, w, seeds, device="auto", digits, models, table_file, origin):
    require_one_origin(models)
    digits = prepared_digits(digits).to(device)
    test = torch.cat([images for images, _ in evaluation_batches(digits, case=case, w=float(w))])
    inputs = evenly_spaced(test, values.digits.intrinsic)
    layers = {layer: layer for layer in (*DIGIT_LAYERS, "relu3")}
    tables = []
    for seed, weights in zip(seeds, models, strict=True):
        torch.manual_seed(seed)  # as the training began
        model = digit_cnn().to(device)
        for kind, state in (("random", model.state_dict()), ("trained", read_tensors(weights))):
            model.load_state_dict(state)
            table = dimension_profile(model, inputs, layers, conventions=values.digits.conventions, batch=250)
            tables.append(table.assign(weights=kind, seed=seed))
    keys = {"architecture": "digits", "title": "digit network", "antialiased": False, "batch_norm": "none"}
    table = pd.concat(tables).assign(**keys)
    write_table(table, table_file, provenance=origin)
