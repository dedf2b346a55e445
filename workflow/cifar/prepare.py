"""Read the images that natural and robust networks learn, and those on which they are tested."""

from srop.data.jpeg_table import jpeg_table
from srop.data.labeled_sources import training_and_test
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["cifar.data.{source,file,train,test}"])
def main(values, *, images, data):
    chosen = values.cifar.data
    if chosen.source == "jpeg":
        sets = [jpeg_table(chosen.file, part, chosen[part]) for part in ("train", "test")]
    else:
        options = {"root": data.root, "folder": None, "size": 32, "download": data.download}
        sets = training_and_test(chosen.source, train=chosen.train, test=chosen.test, **options)
    tensors = {}
    for part, labeled in zip(("train", "test"), sets, strict=True):
        tensors |= {f"{part}_images": labeled.images.clone(), f"{part}_labels": labeled.labels.clone()}
    write_tensors(tensors, images)
