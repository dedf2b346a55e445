"""Train one digit network."""

import torch
from omegaconf import DictConfig

from srop.config import stage
from srop.data import Digits
from srop.io import read_tensors, write_table, write_tensors
from srop.models import digit_cnn
from srop.training import select_device, train


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    """Run the stage."""
    training = values.digits.training
    device = select_device(run.device)
    digits = Digits(**read_tensors(run.digits)).to(device)
    torch.manual_seed(run.seed)
    model = digit_cnn().to(device)
    metrics = train(
        model,
        digits,
        case=run.case,
        w=run.w,
        seed=run.seed,
        optimizer=training.optimizer.name,
        lr=training.lr,
        batch_size=training.batch_size,
        epochs=training.epochs,
        precision=training.precision.name,
    )
    write_table(metrics.assign(case=run.case, w=float(run.w), seed=run.seed), run.metrics)
    write_tensors(model.state_dict(), run.model)


if __name__ == "__main__":
    main()
