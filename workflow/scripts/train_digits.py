"""Train one digit network, from its checkpoint if there is one."""

from pathlib import Path

import torch
from omegaconf import DictConfig

from srop.config import plain, stage
from srop.data import Digits
from srop.device import select_device
from srop.io import read_tensors, write_table, write_tensors
from srop.models import digit_cnn
from srop.provenance import software
from srop.training import Checkpoint, train


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    device = select_device(run.device)
    digits = Digits(**read_tensors(run.digits))
    setting = {"case": run.case, "w": float(run.w), "seed": run.seed}
    tracked = plain(run.tracked)
    identity = {**setting, "digits": digits.digest(), "device": device.type, **tracked}
    checkpoint = Checkpoint(Path(run.checkpoint), identity)
    torch.manual_seed(run.seed)
    model = digit_cnn().to(device)
    training = {**values.digits.training}
    training |= {key: training[key].name for key in ("optimizer", "precision")}
    metrics, convolutions = train(model, digits.to(device), **setting, **training, checkpoint=checkpoint)
    write_table(metrics.assign(**setting), run.metrics, provenance={**software(tracked), "device": str(device)})
    write_tensors(convolutions, run.convolutions)
    write_tensors(model.state_dict(), run.model)
    checkpoint.delete()
