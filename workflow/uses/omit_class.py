"""Leave images of a digit out of a data set, and ask whether a density of SROPs tells it."""

import pandas as pd

from srop.data.digits import first_digits, network_input, prepared_digits
from srop.experiments.uses.omission import image_srops, omission_table, own_srops
from srop.networks.trained_digits import trained_digit_networks
from srop.pipeline.io import write_table
from srop.pipeline.stage import stage


@stage(reads=["uses.omission", "uses.removal.layer"])
def main(values, *, case, w, seeds, device="auto", digits, models, table_file, origin):
    chosen, layer = values.uses.omission, values.uses.removal.layer
    digits = first_digits(prepared_digits(digits), train=chosen.images, test=1).to(device)
    inputs = network_input(digits.train_images, digits.train_labels, digits.frog, case=case, w=float(w))
    labels, own = digits.train_labels.cpu().numpy(), own_srops(digits.train_images)
    options = {"digit": chosen.digit, "kept": chosen.kept, "repeats": chosen.repeats}
    tables = []
    for seed, network in trained_digit_networks(seeds, models, device):
        for name, srops in ((layer, image_srops(network, inputs, layer)), ("images", own)):
            table = omission_table(srops, labels, seed=seed, **options)
            tables.append(table.assign(srops_of=name, seed=seed))
    write_table(pd.concat(tables, ignore_index=True), table_file, provenance=origin)
