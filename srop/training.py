"""Training and evaluation of the digit networks."""

import logging
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from srop.data import Digits, evaluation_batches, network_input
from srop.io import read_checkpoint, write_checkpoint

log = logging.getLogger(__name__)

_OPTIMIZERS = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adadelta": torch.optim.Adadelta,
    "sgd": partial(torch.optim.SGD, fused=True),
}


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds the state of one training between epochs.

    Attributes:
        path: The file.
        identity: What the training depends on, as plain values. A state of another identity is not used, and replaced
            after the next epoch.
    """

    path: Path
    identity: dict[str, Any]

    def read(self) -> dict[str, Any] | None:
        """Read the state if there is one of this identity.

        Raises:
            ValueError: If the file is damaged.
        """
        if not self.path.exists():
            return None
        saved = read_checkpoint(self.path)
        if saved["identity"] != self.identity:
            log.warning("%s belongs to other settings, data or code; this training starts anew", self.path)
            return None
        return saved["state"]

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state."""
        write_checkpoint({"identity": self.identity, "state": state}, self.path)

    def delete(self) -> None:
        """Delete the file, if there is one."""
        self.path.unlink(missing_ok=True)


class Training(NamedTuple):
    """What a training leaves beside the network.

    Attributes:
        metrics: A row per epoch: ``epoch``, ``train_loss``, ``test_loss``, ``test_accuracy``.
        convolutions: Parameters of the convolutions, by name, ``(epochs + 1, ...)``: before the first epoch and after
            each. They are all that the SROPs of an epoch depend on.
    """

    metrics: pd.DataFrame
    convolutions: dict[str, torch.Tensor]


def train(
    model: nn.Module,
    digits: Digits,
    *,
    case: str,
    w: float,
    seed: int,
    optimizer: str,
    lr: float,
    batch_size: int,
    epochs: int,
    precision: str,
    checkpoint: Checkpoint | None = None,
) -> Training:
    """Train a digit network on one case and weight, images blended as they are used.

    Args:
        model: The network, on the device of the digits; trained in place.
        digits: Training and test set, and the frog.
        case: One of :data:`srop.data.CASES`.
        w: Weight of the frog in [0, 1].
        seed: Seed of the order of the images; dropout draws from the global random state.
        optimizer: ``"adam"``, ``"adadelta"`` or ``"sgd"``, with torch's defaults but for the learning rate.
        lr: Learning rate.
        batch_size: Images a step.
        epochs: Passes over the training set.
        precision: ``"float32"``, or ``"bfloat16"`` for automatic mixed precision.
        checkpoint: Where the state is kept after each epoch and taken up again if it is there. On the CPU a resumed
            training equals an undisturbed one bit for bit.

    Returns:
        Metrics and convolutions of each epoch.

    Raises:
        FloatingPointError: If the loss is no number; the message names case, w, seed and epoch.

    Reference:
        Yu et al. 2021, Sec. 4.1.
    """
    device = digits.frog.device
    optimiser = _OPTIMIZERS[optimizer](model.parameters(), lr=lr)
    order = torch.Generator().manual_seed(seed)
    rows, history = [], [_convolutions(model)]
    if checkpoint and (state := checkpoint.read()):
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        order.set_state(state["order"])
        _set_random_state(state["random"], device)
        rows, history = state["rows"], state["history"]
        log.info("%s w=%g seed=%d goes on after epoch %d", case, w, seed, len(rows))
    images, labels = digits.train_images, digits.train_labels
    steps = math.ceil(len(labels) / batch_size)
    progress = tqdm(total=epochs * steps, initial=len(rows) * steps, unit="batch", leave=False, disable=None)
    for epoch in range(len(rows) + 1, epochs + 1):
        model.train()
        progress.set_description(f"epoch {epoch}/{epochs}")
        total = torch.zeros((), device=device)
        for batch in torch.randperm(len(labels), generator=order).to(device).split(batch_size):
            x = network_input(images[batch], labels[batch], digits.frog, case=case, w=w)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
                loss = cross_entropy(model(x), labels[batch].long())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(batch)
            progress.update()
        train_loss = total.item() / len(labels)
        test_loss, test_accuracy = evaluate(model, digits, case=case, w=w)
        if not (math.isfinite(train_loss) and math.isfinite(test_loss)):
            raise FloatingPointError(
                f"case={case}, w={w:g}, seed={seed}: the loss of epoch {epoch} is {train_loss} in training and "
                f"{test_loss} in the test; lower digits.training.lr ({lr:g})"
            )
        log.info(
            "%s w=%g seed=%d epoch %d/%d: training loss %.4f, test loss %.4f, test accuracy %.4f",
            *(case, w, seed, epoch, epochs, train_loss, test_loss, test_accuracy),
        )
        rows.append({"epoch": epoch, "train_loss": train_loss, "test_loss": test_loss, "test_accuracy": test_accuracy})
        history.append(_convolutions(model))
        if checkpoint:
            checkpoint.write(
                {
                    "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "order": order.get_state(),
                    "random": _random_state(device),
                    "rows": rows,
                    "history": history,
                }
            )
    progress.close()
    stacked = {name: torch.stack([state[name] for state in history]) for name in history[0]}
    return Training(pd.DataFrame(rows), stacked)


def _convolutions(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.named_parameters() if name.startswith("conv")}


def _random_state(device: torch.device) -> torch.Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_random_state(state: torch.Tensor, device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


@torch.inference_mode()
def evaluate(model: nn.Module, digits: Digits, *, case: str, w: float) -> tuple[float, float]:
    """Evaluate a digit network on the test set of a case and weight.

    Returns:
        Mean cross-entropy and share of correct answers.
    """
    model.eval()
    loss = torch.zeros((), device=digits.frog.device)
    correct = torch.zeros((), device=digits.frog.device)
    for images, labels in evaluation_batches(digits, case=case, w=w):
        logits = model(images)
        loss += cross_entropy(logits, labels.long(), reduction="sum")
        correct += (logits.argmax(dim=1) == labels).sum()
    return loss.item() / len(digits.test_labels), correct.item() / len(digits.test_labels)
