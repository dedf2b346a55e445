"""Count the rank-1 patterns of each image."""

from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.tables import energy_table, patterns_by_image, patterns_table
from srop.pipeline.device import select_device
from srop.pipeline.io import export_table, read_tensors, write_table
from srop.pipeline.stage import plain, stage


@stage(reads=["wavelets.{wavelet,levels,shares}"])
def main(values, *, labeled, by_image_file, patterns, energy, origin):
    select_device("cpu")
    data = LabeledImages(**read_tensors(labeled))
    by_image = patterns_by_image(data, **plain(values.wavelets))
    write_table(by_image, by_image_file, provenance=origin)
    export_table(patterns_table(by_image), patterns)
    export_table(energy_table(data), energy)
