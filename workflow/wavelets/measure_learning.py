"""Let classifiers learn true and permuted labels of images that are rebuilt from their first patterns."""

from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.learning import learning_table
from srop.pipeline.device import select_device
from srop.pipeline.io import export_table, read_tensors
from srop.pipeline.stage import stage


@stage(reads=["wavelets.wavelet", "wavelets.learning", "digits.training.{optimizer,lr,precision}"])
def main(values, *, labeled, table_file):
    select_device("cpu")
    training, chosen = {**values.digits.training}, values.wavelets.learning
    training |= {"batch_size": chosen.batch_size}
    table = learning_table(
        LabeledImages(**read_tensors(labeled)),
        wavelet=values.wavelets.wavelet,
        ranks=chosen.ranks,
        seeds=chosen.seeds,
        patterns={**training, "images": chosen.images, "epochs": chosen.epochs},
        network={**training, "images": chosen.network_images, "epochs": chosen.network_epochs},
    )
    export_table(table, table_file)
