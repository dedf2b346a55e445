"""Occlude frequencies of CIFAR-10's images, and measure the heat maps and SROPs of the same networks."""

from itertools import chain
from pathlib import Path

from srop.data.labeled import LabeledImages
from srop.experiments.occlusion.cifar import cifar_networks, cifar_setup
from srop.experiments.occlusion.measure import measure_all
from srop.experiments.occlusion.readings import READINGS
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["architecture", "occlusion.heat", "digits.seeds"])
def main(values, *, network, weights, labeled, device="auto", tables, data, origin):
    architecture = plain(values.architecture)
    tensors = {name: value.to(device) for name, value in read_tensors(labeled).items()}
    tested, learned = (
        LabeledImages(tensors[f"{part}_images"], tensors[f"{part}_labels"]) for part in ("tested", "learned")
    )
    options = {"seeds": values.digits.seeds, "images": tested.images, "download": data.download}
    models = chain(*(cifar_networks(architecture, name, **options) for name in weights))
    options = {"readings": READINGS, "heat": plain(values.occlusion.heat)}
    measured = measure_all(models, cifar_setup(tested, learned, architecture), **options)
    for file in tables:
        write_table(measured[Path(file).stem].assign(network=network), file, provenance=origin)
