"""Write the digits and the frog as tensors."""

from srop.data.digits import read_digits, read_frog
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage
def main(values, run):
    data = values.digits.data
    place = {"root": run.root, "download": run.download}
    digits = read_digits(data.source, data.train, data.test, **place)
    frog = read_frog(data.frog.source, data.frog.index, **place)
    write_tensors({**digits, "frog": frog}, run.digits)
