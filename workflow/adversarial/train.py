"""Train digit networks under one attack, and test them under several."""

from pathlib import Path

import pandas as pd

from srop.data.digits import first_digits, prepared_digits
from srop.experiments.adversarial.training import robust_training
from srop.networks.checkpoint import Checkpoint
from srop.networks.pixel_network import accuracy_under_attack, digit_pixels
from srop.pipeline.io import write_table, write_tensors
from srop.pipeline.stage import stage


@stage(
    reads=[
        "digits.training.{optimizer,lr,batch_size,precision}",
        "occlusion.images",
        "adversarial.training.{train,epochs,steps,step,under,test_steps}",
    ]
)
def main(values, *, eps, seeds, device="auto", digits, checkpoints, models, accuracy, origin, tracked):
    chosen = values.adversarial.training
    digits, eps = prepared_digits(digits), float(eps)
    digits = first_digits(digits, train=chosen.train, test=values.occlusion.images).to(device)
    training = {**values.digits.training, "epochs": chosen.epochs}
    images, labels = digit_pixels(digits.test_images), digits.test_labels.long()
    identity = {"eps": eps, "digits": digits.digest(), "device": device.type, **tracked}
    tables = []
    for seed, file in zip(seeds, models, strict=True):
        checkpoint = Checkpoint(Path(checkpoints) / f"seed{seed}.pt", {"seed": seed, **identity})
        options = {"eps": eps, "seed": seed, "steps": chosen.steps, "step": chosen.step, "training": training}
        network, _ = robust_training(digits, **options, checkpoint=checkpoint)
        under = {"eps": [0.0, *chosen.under], "steps": chosen.test_steps, "seed": seed}
        tables.append(accuracy_under_attack(network, images, labels, **under).assign(seed=seed, eps=eps))
        write_tensors(network.state_dict(), file)
    origin = {**origin, "digits": digits.digest()}
    write_table(pd.concat(tables, ignore_index=True), accuracy, provenance=origin)
    for seed in seeds:
        (Path(checkpoints) / f"seed{seed}.pt").unlink(missing_ok=True)
