"""Train one digit network, from its checkpoint if there is one."""

from pathlib import Path

import torch

from srop.data.digits import prepared_digits
from srop.files import sha256_of
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_task import digit_task, is_convolution
from srop.networks.training import train
from srop.pipeline.io import write_table, write_tensors
from srop.pipeline.stage import stage


@stage(reads=["digits.training"])
def main(
    values, *, case, w, seed, device="auto", checkpoint, digits, model_file, metrics_file, weights_file, origin, tracked
):
    digits = prepared_digits(digits)
    setting = {"case": case, "w": float(w), "seed": seed}
    identity = {**setting, "digits": digits.digest(), "device": device.type, **tracked}
    checkpoint = Checkpoint(Path(checkpoint), identity)
    torch.manual_seed(seed)
    model = digit_cnn().to(device)
    training = {**values.digits.training}
    task = digit_task(digits.to(device), case=case, w=float(w))
    metrics, weights = train(model, task, seed=seed, **training, keep=is_convolution, checkpoint=checkpoint)
    write_tensors(weights, weights_file)
    write_tensors(model.state_dict(), model_file)
    # By these a run that takes the network knows that all three files are of one training.
    files = {"model": sha256_of(model_file), "conv_weights_by_epoch": sha256_of(weights_file)}
    origin = {**origin, "digits": digits.digest(), "files": files}
    write_table(metrics.assign(**setting), metrics_file, provenance=origin)
    checkpoint.delete()
