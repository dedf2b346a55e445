"""Test one CIFAR network under attack, whole and behind low-pass filters."""

from srop.data.labeled import LabeledImages
from srop.experiments.cifar.measure import accuracy_table, cutoffs_table, network_from
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["cifar.attack", "cifar.low_pass"])
def main(values, *, arm, seed, data_set, device="auto", images, model, accuracy, cutoffs, origin):
    chosen = plain(values.cifar)
    tensors = read_tensors(images)
    test = LabeledImages(*(tensors[f"test_{part}"].to(device) for part in ("images", "labels")))
    network = network_from(read_tensors(model), device)
    options = {"attack": chosen["attack"], "seed": seed}
    keys = {"arm": arm, "seed": seed, "data": data_set}
    write_table(accuracy_table(network, test, **options).assign(**keys), accuracy, provenance=origin)
    table = cutoffs_table(network, test, **chosen["low_pass"], **options)
    write_table(table.assign(**keys), cutoffs, provenance=origin)
