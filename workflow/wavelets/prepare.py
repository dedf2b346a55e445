"""Read a data set of labeled images."""

from srop.data.labeled_sources import labeled_images
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["wavelets.data"])
def main(values, *, labeled, data):
    chosen = values.wavelets.data
    images = labeled_images(
        chosen.source,
        chosen.count,
        root=data.root,
        folder=chosen.folder,
        size=chosen.size,
        download=data.download,
    )
    write_tensors({"images": images.images, "labels": images.labels}, labeled)
