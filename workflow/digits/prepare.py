"""Write the digits and the frog as tensors."""

from srop.data.digits import read_digits, read_frog
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["digits.data"])
def main(values, *, digits, data):
    source, place = values.digits.data, {"root": data.root, "download": data.download}
    tensors = read_digits(source.source, source.train, source.test, **place)
    frog = read_frog(source.frog.source, source.frog.index, **place)
    write_tensors({**tensors, "frog": frog}, digits)
