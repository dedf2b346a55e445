"""Train networks whose first-layer filters are held or modulated, and test them on corrupted images."""

from hashlib import sha256
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from srop.data.cifar10c import require_archive
from srop.data.labeled import LabeledImages
from srop.experiments.filters.measure import (
    archived_tests,
    arms,
    corrupted_tests,
    network_row,
    robustness_table,
    trained_arm,
)
from srop.networks.checkpoint import Checkpoint
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    device, chosen, tracked = select_device(run.device), values.filters, plain(run.tracked)
    found = {name: tensor.to(device) for name, tensor in read_tensors(run.images).items()}
    data, test = (LabeledImages(found[f"{part}_images"], found[f"{part}_labels"]) for part in ("train", "test"))
    training = {**values.digits.training, "epochs": chosen.epochs}
    training |= {key: training[key].name for key in ("optimizer", "precision")}
    options = {"network": chosen.network.name, "cutoff": chosen.cutoff, "size": chosen.size, "training": training}
    if chosen.archive is None:
        tests = list(corrupted_tests(test, chosen.corruptions, chosen.severities))
    else:
        require_archive(chosen.archive)
        tests = list(archived_tests(test, chosen.corruptions, chosen.severities, archive=chosen.archive))
    identity = {"images": sha256(Path(run.images).read_bytes()).hexdigest(), "device": device.type, **tracked}
    of_group = arms(chosen.proportions, chosen.noise)[run.group]
    robustness, networks, files = [], [], []
    for arm, seed in tqdm([(arm, seed) for arm in of_group for seed in chosen.seeds], desc="trainings", disable=None):
        files.append(Path(run.checkpoints) / f"{arm.name}-seed{seed}.pt")
        checkpoint = Checkpoint(files[-1], {"arm": arm.name, "seed": seed, **identity})
        model = trained_arm(arm, data, test, seed=seed, checkpoint=checkpoint, **options)
        keys = {"group": run.group, "arm": arm.name, "proportion": arm.proportion, "seed": seed}
        robustness.append(robustness_table(model, tests).assign(**keys))
        row = network_row(model, test, cutoffs=chosen.cutoffs, size=chosen.size, images=chosen.images)
        networks.append(keys | row)
    origin = {**software(tracked), "device": str(device)}
    write_table(pd.concat(robustness, ignore_index=True), run.robustness, provenance=origin)
    write_table(pd.DataFrame(networks), run.networks, provenance=origin)
    for file in files:
        file.unlink(missing_ok=True)
