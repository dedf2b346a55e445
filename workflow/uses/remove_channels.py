"""Remove channels of the digit networks in several orders."""

import pandas as pd

from srop.data.digits import evaluation_batches, first_digits, network_input, prepared_digits
from srop.experiments.uses.removal import live_orders, removal_table
from srop.networks.trained_digits import trained_digit_networks
from srop.pipeline.io import write_table
from srop.pipeline.stage import stage


@stage(reads=["uses.removal.{probe,images,layer,shares,draws}"])
def main(values, *, case, w, seeds, device="auto", digits, models, table_file, origin):
    chosen = values.uses.removal
    digits = first_digits(prepared_digits(digits), train=chosen.probe, test=chosen.images).to(device)
    probe = network_input(digits.train_images, digits.train_labels, digits.frog, case=case, w=float(w))
    batches = list(evaluation_batches(digits, case=case, w=float(w)))
    tables = []
    for seed, network in trained_digit_networks(seeds, models, device):
        orders = live_orders(network, probe, chosen.layer, draws=chosen.draws, seed=seed)
        table = removal_table(network, batches, chosen.layer, orders, chosen.shares)
        tables.append(table.assign(data="digits", network="digits", layer=chosen.layer, seed=seed))
    write_table(pd.concat(tables, ignore_index=True), table_file, provenance=origin)
