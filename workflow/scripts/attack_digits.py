"""Attack a digit network, and measure which frequencies of the digits changed."""

from hashlib import sha256
from pathlib import Path

from srop.data.digits import Digits
from srop.experiments.adversarial.attacks import attack_all
from srop.experiments.adversarial.tables import attacks_table, changes_and_maps
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table, write_tensors
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    device, tracked = select_device(run.device), plain(run.tracked)
    options = plain(values.occlusion.attacks)
    digits = Digits(**read_tensors(run.digits)).to(device)
    network = digit_cnn().to(device)
    network.load_state_dict(read_tensors(run.model))
    count = options["images"]
    images, labels = digits.test_images[:count], digits.test_labels[:count].long()
    identity = {
        "digits": digits.digest(),
        "model": sha256(Path(run.model).read_bytes()).hexdigest(),
        "device": device.type,
        **tracked,
    }
    checkpoint = Checkpoint(Path(run.checkpoint), identity)
    attacked = attack_all(network, images, labels, options=options, checkpoint=checkpoint)
    names = {"eps": float(run.eps)}
    origin = {**software(tracked), "device": str(device), "digits": digits.digest()}
    changes, maps = changes_and_maps(attacked, seed=options["seed"])
    write_table(attacks_table(attacked, labels).assign(**names), run.attacks, provenance=origin)
    write_table(changes.assign(**names), run.changes, provenance=origin)
    write_table(maps.assign(**names), run.maps, provenance=origin)
    write_tensors({f"{case.reading} {case.attack}": case.changed.cpu() for case in attacked}, run.examples)
    checkpoint.delete()
