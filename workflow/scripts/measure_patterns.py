"""Count the rank-1 patterns of each image."""

from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.tables import energy_table, patterns_by_image, patterns_table
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    select_device("cpu")
    data, chosen = LabeledImages(**read_tensors(run.labeled)), values.wavelets
    by_image = patterns_by_image(data, wavelet=chosen.wavelet, levels=list(chosen.levels), shares=list(chosen.shares))
    write_table(by_image, run.by_image, provenance={**software(plain(run.tracked)), "device": "cpu"})
    write_table(patterns_table(by_image), run.patterns)
    write_table(energy_table(data), run.energy)
