"""Train one network on CIFAR-10, from its checkpoint if there is one."""

from pathlib import Path

from srop.data.labeled import LabeledImages
from srop.experiments.cifar.training import trained_network
from srop.files import sha256_of
from srop.networks.checkpoint import Checkpoint
from srop.pipeline.io import read_tensors, write_table, write_tensors
from srop.pipeline.stage import plain, stage


@stage(reads=["cifar.data.held_out", "cifar.training", "cifar.guard"])
def main(values, *, name, arm, seed, device="auto", checkpoint, images, model, metrics, origin, tracked):
    chosen = plain(values.cifar)
    tensors = read_tensors(images)
    data = LabeledImages(*(tensors[f"train_{part}"].to(device) for part in ("images", "labels")))
    identity = {"arm": arm, "seed": seed, "images": sha256_of(images), "device": device.type, **tracked}
    checkpoint = Checkpoint(Path(checkpoint), identity)
    options = {"held_out": chosen["data"]["held_out"], "training": chosen["training"], "guard": chosen["guard"]}
    network, epochs = trained_network(data, name=name, arm=arm, seed=seed, **options, checkpoint=checkpoint)
    write_tensors({key: value.contiguous() for key, value in network.state_dict().items()}, model)
    write_table(epochs.assign(arm=name, seed=seed), metrics, provenance=origin)
    checkpoint.delete()
