"""Train one digit network, from its checkpoint if there is one."""

from pathlib import Path

import torch

from srop.data.digits import Digits
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_task import digit_task, is_convolution
from srop.networks.training import train
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table, write_tensors
from srop.pipeline.provenance import file_hash, software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    device = select_device(run.device)
    digits = Digits(**read_tensors(run.digits))
    setting = {"case": run.case, "w": float(run.w), "seed": run.seed}
    tracked = plain(run.tracked)
    identity = {**setting, "digits": digits.digest(), "device": device.type, **tracked}
    checkpoint = Checkpoint(Path(run.checkpoint), identity)
    torch.manual_seed(run.seed)
    model = digit_cnn().to(device)
    training = {**values.digits.training}
    task = digit_task(digits.to(device), case=run.case, w=float(run.w))
    metrics, weights = train(model, task, seed=run.seed, **training, keep=is_convolution, checkpoint=checkpoint)
    write_tensors(weights, run.conv_weights_by_epoch)
    write_tensors(model.state_dict(), run.model)
    # By these a run that takes the network knows that all three files are of one training.
    files = {"model": file_hash(run.model), "conv_weights_by_epoch": file_hash(run.conv_weights_by_epoch)}
    origin = {**software(tracked), "device": str(device), "digits": digits.digest(), "files": files}
    write_table(metrics.assign(**setting), run.metrics, provenance=origin)
    checkpoint.delete()
