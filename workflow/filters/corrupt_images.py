"""Corrupt the test images of networks with chosen filters, or read them from CIFAR-10-C."""

from srop.data.cifar10c import require_archive
from srop.data.labeled import LabeledImages
from srop.experiments.filters.corrupted_images import archived_images, corrupted_images
from srop.pipeline.io import read_tensors, write_tensors
from srop.pipeline.stage import stage


@stage(reads=["filters.{severities,corruptions,archive}"])
def main(values, *, images, corrupted):
    chosen, tensors = values.filters, read_tensors(images)
    test = LabeledImages(tensors["test_images"], tensors["test_labels"])
    ways = chosen.corruptions, chosen.severities
    if chosen.archive is None:
        corruptions = corrupted_images(test.images, *ways)
    else:
        require_archive(chosen.archive)
        corruptions = archived_images(test, *ways, archive=chosen.archive)
    write_tensors({f"{name}/{severity}": images for (name, severity), images in corruptions}, corrupted)
