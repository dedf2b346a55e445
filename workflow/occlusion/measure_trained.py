"""Measure which frequencies a CIFAR network of this run leans on, its heat map and its SROPs."""

from pathlib import Path

import torch

from srop.data.images import evenly_spaced
from srop.data.labeled import LabeledImages
from srop.experiments.occlusion.cifar import cifar_setup, trained_or_random
from srop.experiments.occlusion.measure import measure_all
from srop.experiments.occlusion.readings import READINGS
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["architecture", "cifar.frequencies", "occlusion.heat.norm"])
def main(values, *, arm, seed, antialiased, data_set, images, model, device="auto", tables, origin):
    chosen = values.cifar.frequencies
    architecture = plain(values.architecture) | {"arguments": {"antialiased": antialiased}}
    tensors = {name: value.to(device) for name, value in read_tensors(images).items()}
    sets = []
    for part in ("test", "train"):
        places = torch.tensor(evenly_spaced(range(len(tensors[f"{part}_labels"])), chosen.images), device=device)
        sets.append(LabeledImages(tensors[f"{part}_images"][places], tensors[f"{part}_labels"][places]))
    state = read_tensors(model)
    statistics = {name: state[name].flatten().tolist() for name in ("mean", "std")}
    setup = cifar_setup(*sets, architecture | statistics)
    network = trained_or_random(architecture, None if arm == "random" else state, seed=seed, setup=setup)
    heat = {"images": chosen.heat, "norm": values.occlusion.heat.norm}
    measured = measure_all([({"weights": arm, "seed": seed}, network)], setup, readings=READINGS, heat=heat)
    for file in tables:
        write_table(measured[Path(file).stem].assign(network="cifar", data=data_set), file, provenance=origin)
