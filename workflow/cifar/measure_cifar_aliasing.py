"""Measure the aliasing of the CIFAR networks of this run, plain ones and those with blur pools."""

import pandas as pd

from srop.aliasing import aliasing
from srop.data.images import evenly_spaced
from srop.experiments.cifar.measure import network_from
from srop.pipeline.io import export_table, read_tensors
from srop.pipeline.stage import stage


@stage(reads=["cifar.frequencies.images"])
def main(values, *, arms, seeds, data_set, device="auto", images, models, table):
    tests = evenly_spaced(read_tensors(images)["test_images"], values.cifar.frequencies.images)
    pixels = tests.to(device).float() / 255
    tables = []
    for arm, seed, file in zip(arms, seeds, models, strict=True):
        network = network_from(read_tensors(file), device)
        tables.append(aliasing(network, [pixels]).assign(arm=arm, seed=seed, data=data_set))
    export_table(pd.concat(tables, ignore_index=True), table)
