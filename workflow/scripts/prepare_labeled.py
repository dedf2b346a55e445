"""Read a data set of labeled images."""

from srop.data.labeled_sources import labeled_images
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage
def main(values, run):
    chosen = values.wavelets.data
    data = labeled_images(
        chosen.source,
        chosen.count,
        root=run.root,
        folder=chosen.folder,
        size=chosen.size,
        download=run.download,
    )
    write_tensors({"images": data.images, "labels": data.labels}, run.labeled)
