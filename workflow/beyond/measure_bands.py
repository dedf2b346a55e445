"""Measure the accuracy of the digit networks under noise of one band of frequencies."""

import pandas as pd

from srop.bands import band_accuracy
from srop.data.digits import first_digits, normalized, prepared_digits
from srop.networks.trained_digits import trained_digit_networks
from srop.pipeline.io import export_table
from srop.pipeline.stage import stage


@stage(reads=["beyond.bands"])
def main(values, *, seeds, device="auto", digits, models, table):
    chosen = values.beyond.bands
    digits = first_digits(prepared_digits(digits), train=1, test=chosen.images).to(device)
    images = digits.test_images[:, None].float() / 255
    noise = {"norm": chosen.rms, "norm_of": "rms", "width": chosen.width, "normalize": normalized}
    tables = [
        band_accuracy(network, images, digits.test_labels.long(), **noise).assign(seed=seed)
        for seed, network in trained_digit_networks(seeds, models, device)
    ]
    export_table(pd.concat(tables, ignore_index=True), table)
