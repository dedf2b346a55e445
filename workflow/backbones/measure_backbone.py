"""Profile the networks of one architecture under one set of weights."""

import pandas as pd

from srop.data.images import evenly_spaced
from srop.experiments.backbones.measure import describe, measure_backbone, summarize_layers
from srop.networks.instances import networks
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage(reads=["architecture", "backbones.{noise,batch_norms,calibration,conventions}"])
def main(
    values,
    *,
    architecture_name,
    weights="random",
    seeds,
    images,
    batch_size=10,
    device="auto",
    channels_file,
    layers,
    by_image_file,
    data,
    tracked,
):
    chosen, device = values.backbones, select_device(device)
    architecture = plain(values.architecture)
    images = read_tensors(images)["images"].to(device)
    variants = networks(
        architecture,
        weights,
        seeds=seeds,
        batch_norms=list(chosen.batch_norms),
        calibration=evenly_spaced(images, chosen.calibration),
        download=data.download,
    )
    tables, by_image = [], []
    for keys, network in variants:
        options = {"noise": chosen.noise, "conventions": chosen.conventions, "batch": batch_size}
        table, single = measure_backbone(network, architecture, images, **options)
        tables.append(table.assign(**keys))
        by_image.append(single.assign(**keys))
    channels = describe(pd.concat(tables), architecture, name=architecture_name, weights=weights)
    single = pd.concat(by_image).assign(architecture=architecture_name, title=architecture["title"], weights=weights)
    provenance = {**software(tracked), "device": str(device)}
    write_table(channels, channels_file, provenance=provenance)
    write_table(summarize_layers(channels), layers, provenance=provenance)
    write_table(single, by_image_file, provenance=provenance)
