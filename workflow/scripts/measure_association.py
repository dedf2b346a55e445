"""Choose coefficients, cluster the images, and compare clusters with classes."""

from threadpoolctl import threadpool_limits

from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.association import associations
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    select_device("cpu")
    chosen = values.wavelets
    names = ("wavelet", "coefficients", "condition", "neighbors", "eigenvectors", "clusters", "permutations", "subsets")
    # Threads add up in any order, and a job has one core.
    with threadpool_limits(1):
        found = associations(LabeledImages(**read_tensors(run.labeled)), **{name: chosen[name] for name in names})
    write_table(found.association, run.association)
    write_table(found.spectrum, run.spectrum)
    write_table(found.selection, run.selection)
