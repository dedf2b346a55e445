"""Read CIFAR-10's images with their classes."""

from srop.data.labeled_sources import labeled_images
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage
def main(values, run):
    chosen = values.occlusion.cifar
    data = labeled_images(chosen.source.name, chosen.count, root=run.root, folder=None, size=32, download=run.download)
    write_tensors({"images": data.images, "labels": data.labels}, run.labeled)
