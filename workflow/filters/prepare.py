"""Read the images that networks with chosen filters learn."""

from srop.data.digits import first_digits, prepared_digits
from srop.data.labeled_sources import training_and_test
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["filters.data"])
def main(values, *, digits, images, data):
    chosen = values.filters.data
    counts = {"train": chosen.train, "test": chosen.test}
    if chosen.source == "digits":
        digits = first_digits(prepared_digits(digits), **counts)
        tensors = {"train_images": digits.train_images[:, None], "train_labels": digits.train_labels.long()}
        tensors |= {"test_images": digits.test_images[:, None], "test_labels": digits.test_labels.long()}
    else:
        options = {"root": data.root, "folder": chosen.folder, "size": 32, "download": data.download}
        train, test = training_and_test(chosen.source, **counts, **options)
        tensors = {"train_images": train.images, "train_labels": train.labels}
        tensors |= {"test_images": test.images, "test_labels": test.labels}
    write_tensors({name: tensor.contiguous() for name, tensor in tensors.items()}, images)
