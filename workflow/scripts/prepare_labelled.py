"""Read a data set of labelled images."""

from srop.data.labelled_sources import labelled_images
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage
def main(values, run):
    chosen = values.wavelets.data
    data = labelled_images(
        chosen.source.name,
        chosen.count,
        root=run.root,
        folder=chosen.folder,
        size=chosen.size,
        download=run.download,
    )
    write_tensors({"images": data.images, "labels": data.labels}, run.labelled)
