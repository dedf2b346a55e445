"""Profile the networks of one architecture under one set of weights."""

import pandas as pd

from srop.data.images import evenly_spaced
from srop.experiments.backbones.measure import describe, layers_of, measure_backbone
from srop.networks.instances import networks
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    chosen, device = values.backbones, select_device(run.device)
    architecture = plain(values.architecture)
    images = read_tensors(run.images)["images"].to(device)
    variants = networks(
        architecture,
        run.weights,
        seeds=run.seeds,
        batch_norms=list(chosen.batch_norms),
        calibration=evenly_spaced(images, chosen.calibration),
        download=run.download,
    )
    tables, by_image = [], []
    for keys, network in variants:
        options = {"noise": chosen.noise, "conventions": chosen.conventions, "batch": run.batch_size}
        table, single = measure_backbone(network, architecture, images, **options)
        tables.append(table.assign(**keys))
        by_image.append(single.assign(**keys))
    channels = describe(pd.concat(tables), architecture, name=run.architecture, weights=run.weights)
    single = pd.concat(by_image).assign(architecture=run.architecture, title=architecture["title"], weights=run.weights)
    provenance = {**software(plain(run.tracked)), "device": str(device)}
    write_table(channels, run.channels, provenance=provenance)
    write_table(layers_of(channels), run.layers, provenance=provenance)
    write_table(single, run.by_image, provenance=provenance)
