"""Train digit networks under one attack, and test them under several."""

from pathlib import Path

import pandas as pd

from srop.data.digits import Digits, first_digits
from srop.experiments.adversarial.training import accuracy_under_attack, digit_pixels, robust_training
from srop.networks.checkpoint import Checkpoint
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table, write_tensors
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    device, chosen = select_device(run.device), values.occlusion.robust
    digits, eps, tracked = Digits(**read_tensors(run.digits)), float(run.eps), plain(run.tracked)
    digits = first_digits(digits, train=chosen.train, test=values.occlusion.images).to(device)
    training = {**values.digits.training, "epochs": chosen.epochs}
    training |= {key: training[key].name for key in ("optimizer", "precision")}
    images, labels = digit_pixels(digits.test_images), digits.test_labels.long()
    identity = {"eps": eps, "digits": digits.digest(), "device": device.type, **tracked}
    tables = []
    for seed, file in zip(run.seeds, run.models, strict=True):
        checkpoint = Checkpoint(Path(run.checkpoints) / f"seed{seed}.pt", {"seed": seed, **identity})
        options = {"eps": eps, "seed": seed, "steps": chosen.steps, "step": chosen.step, "training": training}
        network, _ = robust_training(digits, **options, checkpoint=checkpoint)
        under = {"eps": [0.0, *chosen.under], "steps": chosen.test_steps, "seed": seed}
        tables.append(accuracy_under_attack(network, images, labels, **under).assign(seed=seed, eps=eps))
        write_tensors(network.state_dict(), file)
    origin = {**software(tracked), "device": str(device), "digits": digits.digest()}
    write_table(pd.concat(tables, ignore_index=True), run.accuracy, provenance=origin)
    for seed in run.seeds:
        (Path(run.checkpoints) / f"seed{seed}.pt").unlink(missing_ok=True)
