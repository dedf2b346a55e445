"""Read CIFAR-10's images with their classes."""

from srop.data.labeled_sources import training_and_test
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["occlusion.cifar"])
def main(values, *, labeled, data):
    chosen = values.occlusion.cifar
    options = {"root": data.root, "folder": None, "size": 32, "download": data.download}
    learned, tested = training_and_test(chosen.source, train=chosen.count, test=chosen.count, **options)
    tensors = {"tested_images": tested.images, "tested_labels": tested.labels}
    tensors |= {"learned_images": learned.images.clone(), "learned_labels": learned.labels.clone()}
    write_tensors(tensors, labeled)
