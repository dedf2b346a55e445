"""Choose coefficients, cluster the images, and compare clusters with classes."""

from threadpoolctl import threadpool_limits

from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.association import associations
from srop.pipeline.device import select_device
from srop.pipeline.io import export_table, read_tensors
from srop.pipeline.stage import stage


@stage(reads=["wavelets.{wavelet,coefficients,condition,neighbors,eigenvectors,clusters,permutations,subsets}"])
def main(values, *, labeled, association, spectrum, selection):
    select_device("cpu")
    # Threads add up in any order, and a job has one core.
    with threadpool_limits(1):
        tables = associations(LabeledImages(**read_tensors(labeled)), **values.wavelets)
    export_table(tables.association, association)
    export_table(tables.spectrum, spectrum)
    export_table(tables.selection, selection)
