"""Compare the spectra of photographs with those of the same ones, enlarged, compressed or blurred."""

from srop.experiments.beyond.measure import against_first, changed_photographs, gray
from srop.pipeline.io import export_table, read_tensors
from srop.pipeline.stage import plain, stage


@stage(reads=["beyond.photographs"])
def main(values, *, images, table):
    sets = changed_photographs(read_tensors(images)["images"], **plain(values.beyond.photographs))
    export_table(against_first({name: gray(each) for name, each in sets.items()}), table)
