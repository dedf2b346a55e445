"""Remove channels of a trained network of an architecture, in the layers behind which its maps become smaller."""

import pandas as pd

from srop.data.images import image_batches
from srop.experiments.uses.removal import live_orders, removal_table
from srop.networks.instances import networks
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["architecture", "uses.removal.{shares,draws}"])
def main(values, *, architecture_name, weights, images, device="auto", table_file, data, origin):
    architecture, chosen = plain(values.architecture), values.uses.removal
    images = read_tensors(images)["images"].to(device)
    options = {"seeds": [0], "batch_norms": [], "download": data.download}
    ((_, network),) = networks(architecture, weights, calibration=images[:1], **options)
    (inputs,) = image_batches(images, architecture["mean"], architecture["std"], len(images))
    tables = []
    for name in architecture["downscaling"]:
        layer = architecture["layers"][name]
        orders = live_orders(network, inputs, layer, draws=chosen.draws, seed=0)
        table = removal_table(network, [(inputs, None)], layer, orders, chosen.shares)
        tables.append(table.assign(data="ImageNet", network=architecture_name, layer=name, seed=0))
    write_table(pd.concat(tables, ignore_index=True), table_file, provenance=origin)
