"""Profile the networks of one architecture under one set of weights."""

import pandas as pd

from srop.data.images import evenly_spaced
from srop.experiments.backbones.measure import describe, measure_backbone, summarize_layers
from srop.networks.instances import networks
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["architecture", "backbones.{noise,batch_norms,calibration,conventions}"])
def main(values, *, architecture_name, weights="random", seeds, images, device="auto", tables, data, origin):
    chosen = values.backbones
    architecture = plain(values.architecture)
    images = read_tensors(images)["images"].to(device)
    options = {"seeds": seeds, "batch_norms": list(chosen.batch_norms), "download": data.download}
    variants = networks(architecture, weights, calibration=evenly_spaced(images, chosen.calibration), **options)
    channels, by_image = [], []
    for keys, network in variants:
        options = {"noise": chosen.noise, "conventions": chosen.conventions, "batch": 10}
        table, single = measure_backbone(network, architecture, images, **options)
        channels.append(table.assign(**keys))
        by_image.append(single.assign(**keys))
    channels = describe(pd.concat(channels), architecture, name=architecture_name, weights=weights)
    by_image = pd.concat(by_image).assign(architecture=architecture_name, title=architecture["title"], weights=weights)
    for table, file in zip((channels, summarize_layers(channels), by_image), tables, strict=True):
        write_table(table, file, provenance=origin)
