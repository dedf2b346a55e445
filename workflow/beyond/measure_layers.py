"""Measure the aliasing and the log amplitudes of an architecture's networks."""

import pandas as pd

from srop.aliasing import aliasing
from srop.amplitude_tables import layer_amplitudes
from srop.data.images import evenly_spaced, image_batches
from srop.networks.instances import networks
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["architecture", "beyond.layers.{images,seeds}"])
def main(values, *, architecture_name, weights, images, device="auto", aliasing_file, amplitudes_file, data, origin):
    architecture, chosen = plain(values.architecture), values.beyond.layers
    images = evenly_spaced(read_tensors(images)["images"], chosen.images).to(device)
    (inputs,) = image_batches(images, architecture["mean"], architecture["std"], len(images))
    options = {"seeds": list(chosen.seeds), "batch_norms": ["batch"], "download": data.download}
    beyond_nyquist, amplitudes = [], []
    for keys, network in networks(architecture, weights, calibration=images, **options):
        keys = {"network": architecture_name, "weights": weights, "seed": keys["seed"]}
        beyond_nyquist.append(aliasing(network, [inputs]).assign(**keys))
        amplitudes.append(layer_amplitudes(network, [inputs], architecture["layers"]).assign(**keys))
    write_table(pd.concat(beyond_nyquist, ignore_index=True), aliasing_file, provenance=origin)
    write_table(pd.concat(amplitudes, ignore_index=True), amplitudes_file, provenance=origin)
