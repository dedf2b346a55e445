"""Estimate the intrinsic dimension and the SROPs of the layers of one architecture under one set of weights."""

import pandas as pd
import torch

from srop.data.images import evenly_spaced, image_batches
from srop.experiments.intrinsic.measure import dimension_profile
from srop.networks.instances import networks
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage

BATCH = 10


@stage(reads=["architecture", "backbones.{batch_norms,calibration,conventions}"])
def main(values, *, architecture_name, weights="random", seeds, images, device="auto", table_file, data, origin):
    chosen = values.backbones
    architecture = plain(values.architecture)
    images = read_tensors(images)["images"].to(device)
    inputs = torch.cat(list(image_batches(images, architecture["mean"], architecture["std"], BATCH)))
    inputs = inputs.to(memory_format=torch.channels_last)
    options = {"seeds": seeds, "batch_norms": list(chosen.batch_norms), "download": data.download}
    variants = networks(architecture, weights, calibration=evenly_spaced(images, chosen.calibration), **options)
    options = {"conventions": chosen.conventions, "batch": BATCH, "layout": architecture["layout"]}
    tables = [
        dimension_profile(network, inputs, architecture["layers"], **options).assign(**keys)
        for keys, network in variants
    ]
    keys = {"architecture": architecture_name, "title": architecture["title"], "weights": weights}
    table = pd.concat(tables).assign(**keys, antialiased=architecture["source"] == "antialiased_cnns")
    write_table(table, table_file, provenance=origin)
