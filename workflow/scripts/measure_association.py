"""Choose coefficients, cluster the images, and compare clusters with classes."""

from srop.data.labelled import LabelledImages
from srop.experiments.wavelets.association import associations
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    select_device("cpu")
    chosen = values.wavelets
    found = associations(
        LabelledImages(**read_tensors(run.labelled)),
        wavelet=chosen.wavelet,
        level=chosen.levels[0],
        coefficients=chosen.coefficients,
        condition=chosen.condition,
        neighbors=chosen.neighbors,
        eigenvectors=chosen.eigenvectors,
        clusters=chosen.clusters,
        permutations=chosen.permutations,
        subsets=chosen.subsets,
    )
    write_table(found.association, run.association)
    write_table(found.spectrum, run.spectrum)
    write_table(found.selection, run.selection)
