"""Train networks whose first-layer filters are held or modulated, and test them on corrupted images."""

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from srop.data.labeled import LabeledImages
from srop.experiments.filters.arms import arm_named
from srop.experiments.filters.measure import network_row, robustness_table, trained_arm
from srop.files import sha256_of
from srop.networks.checkpoint import Checkpoint
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import stage


@stage(
    reads=[
        "filters.{network,epochs,seeds,size,cutoffs,cutoff,noise,severities,corruptions,images}",
        "digits.training.{optimizer,lr,batch_size,precision}",
    ]
)
def main(
    values, *, arm, device="auto", images, corrupted, checkpoints, robustness_file, networks_file, origin, tracked
):
    chosen = values.filters
    tensors = {name: tensor.to(device) for name, tensor in read_tensors(images).items()}
    data, test = (LabeledImages(tensors[f"{part}_images"], tensors[f"{part}_labels"]) for part in ("train", "test"))
    corrupted = read_tensors(corrupted)
    ways = [(name, severity) for name in chosen.corruptions for severity in chosen.severities]
    corrupted = {(name, severity): corrupted[f"{name}/{severity}"].to(device) for name, severity in ways}
    training = {**values.digits.training, "epochs": chosen.epochs}
    options = {"network": chosen.network, "cutoff": chosen.cutoff, "size": chosen.size, "training": training}
    identity = {"images": sha256_of(images), "device": device.type, **tracked}
    arm = arm_named(arm, chosen.noise)
    robustness, networks, unfinished = [], [], []
    for seed in tqdm(chosen.seeds, desc="trainings", disable=None):
        identified = {"arm": arm.name, "seed": seed, **identity}
        unfinished.append(Checkpoint(Path(checkpoints) / f"{arm.name}-seed{seed}.pt", identified))
        model = trained_arm(arm, data, test, seed=seed, checkpoint=unfinished[-1], **options)
        keys = {"group": arm.group, "arm": arm.name, "proportion": arm.proportion, "seed": seed}
        robustness.append(robustness_table(model, test, corrupted).assign(**keys))
        row = network_row(model, test, cutoffs=chosen.cutoffs, size=chosen.size, images=chosen.images)
        networks.append(keys | row)
    write_table(pd.concat(robustness, ignore_index=True), robustness_file, provenance=origin)
    write_table(pd.DataFrame(networks), networks_file, provenance=origin)
    for checkpoint in unfinished:
        checkpoint.delete()
