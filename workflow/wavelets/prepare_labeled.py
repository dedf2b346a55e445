"""Read a data set of labeled images."""

from srop.data.labeled_sources import labeled_images
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["wavelets.data"])
def main(values, *, labeled, data):
    chosen = values.wavelets.data
    options = {"folder": chosen.folder, "size": chosen.size, "root": data.root, "download": data.download}
    images = labeled_images(chosen.source, chosen.count, **options)
    write_tensors({"images": images.images, "labels": images.labels}, labeled)
