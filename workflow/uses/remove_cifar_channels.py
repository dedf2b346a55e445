"""Remove channels of trained networks for CIFAR-10, in every layer."""

import pandas as pd

from srop.data.images import image_batches
from srop.experiments.uses.removal import live_orders, removal_table
from srop.networks.instances import networks
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["architecture", "uses.removal.{shares,draws}"])
def main(values, *, network, weights, labeled, device="auto", table_file, data, origin):
    architecture, chosen = plain(values.architecture), values.uses.removal
    tensors = read_tensors(labeled)
    images, labels = (tensors[f"tested_{name}"].to(device) for name in ("images", "labels"))
    (inputs,) = image_batches(images, architecture["mean"], architecture["std"], len(images))
    tables = []
    for name in weights:
        options = {"seeds": [0], "batch_norms": [], "download": data.download}
        ((_, model),) = networks(architecture, name, calibration=images, **options)
        for layer, module in architecture["layers"].items():
            orders = live_orders(model, inputs, module, draws=chosen.draws, seed=0)
            table = removal_table(model, [(inputs, labels)], module, orders, chosen.shares)
            tables.append(table.assign(data="CIFAR-10", network=f"{network}, {name}", layer=layer, seed=0))
    write_table(pd.concat(tables, ignore_index=True), table_file, provenance=origin)
