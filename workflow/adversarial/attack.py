"""Attack a digit network, and measure which frequencies of the digits changed."""

from pathlib import Path

from srop.data.digits import prepared_digits
from srop.experiments.adversarial.attacks import attack_all
from srop.experiments.adversarial.tables import attacks_table, changes_and_maps
from srop.files import sha256_of
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import read_tensors, write_table, write_tensors
from srop.pipeline.stage import plain, stage


@stage(reads=["adversarial.attacks"])
def main(values, *, eps, device="auto", digits, model, checkpoint, tables, examples, origin, tracked):
    options = plain(values.adversarial.attacks)
    digits = prepared_digits(digits).to(device)
    network = digit_cnn().to(device)
    network.load_state_dict(read_tensors(model))
    count = options["images"]
    images, labels = digits.test_images[:count], digits.test_labels[:count].long()
    identity = {"digits": digits.digest(), "model": sha256_of(model), "device": device.type, **tracked}
    checkpoint = Checkpoint(Path(checkpoint), identity)
    attacked = attack_all(network, images, labels, options=options, checkpoint=checkpoint)
    origin = {**origin, "digits": digits.digest()}
    measured = (attacks_table(attacked, labels), *changes_and_maps(attacked, seed=options["seed"]))
    for table, file in zip(measured, tables, strict=True):
        write_table(table.assign(eps=float(eps)), file, provenance=origin)
    write_tensors({f"{case.reading} {case.attack}": case.changed.cpu() for case in attacked}, examples)
    checkpoint.delete()
