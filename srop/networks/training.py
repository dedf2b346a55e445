"""Training and evaluation of a classifier, on any batches."""

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import OneCycleLR
from tqdm import tqdm

from srop.networks.checkpoint import Checkpoint

log = logging.getLogger(__name__)

Batches = Iterable[tuple[Tensor, Tensor]]
"""Pairs of network input ``(n, ...)`` and labels ``(n,)``."""

_OPTIMIZERS = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adadelta": torch.optim.Adadelta,
    "sgd": partial(torch.optim.SGD, fused=True),
}


@dataclass(frozen=True)
class Task:
    """The data that a network is trained and tested on.

    Attributes:
        name: The name in messages.
        count: The number of training images.
        batch: Makes network input and labels from the indices ``(n,)`` of training images, when a step needs them.
        test: Gives the batches of the test set.
        device: The device of all tensors.
    """

    name: str
    count: int
    batch: Callable[[Tensor], tuple[Tensor, Tensor]]
    test: Callable[[], Batches]
    device: torch.device


class Training(NamedTuple):
    """The results of a training besides the network.

    Attributes:
        metrics: A row per epoch: ``epoch``, ``train_loss``, ``test_loss``, ``test_accuracy``.
        weights_by_epoch: The kept parameters by name, ``(epochs + 1, ...)``: before the first epoch and after each
            epoch.
    """

    metrics: pd.DataFrame
    weights_by_epoch: dict[str, Tensor]


def classification_loss(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean cross-entropy of a batch."""
    return cross_entropy(model(inputs), labels.long())


def train(
    model: nn.Module,
    task: Task,
    *,
    seed: int,
    optimizer: str,
    lr: float,
    batch_size: int,
    epochs: int,
    precision: str,
    options: Mapping[str, float] | None = None,
    rise: float | None = None,
    loss_of: Callable[[nn.Module, Tensor, Tensor], Tensor] = classification_loss,
    after_step: Callable[[nn.Module], None] | None = None,
    after_epoch: Callable[[nn.Module, dict[str, Any]], None] | None = None,
    accept: Callable[[nn.Module, list[dict[str, Any]]], bool] | None = None,
    keep: Callable[[str], bool] = lambda name: False,
    checkpoint: Checkpoint | None = None,
) -> Training:
    """Train a classifier; the images of a batch are made when the step needs them.

    Args:
        model: The network, on the task's device; it is trained in place.
        task: The training and test data.
        seed: Seed of the order of the images; dropout uses the global random state.
        optimizer: ``"adam"``, ``"adadelta"`` or ``"sgd"``, with torch's defaults except for learning rate and options.
        lr: Learning rate; with ``rise``, the highest one.
        batch_size: Images per step.
        epochs: Passes over the training set.
        precision: ``"float32"``, or ``"bfloat16"`` for automatic mixed precision.
        options: Further arguments of the optimizer, such as ``momentum`` and ``weight_decay``.
        rise: The share of all steps in which the learning rate rises in one cycle, before it falls to nearly 0
            (:class:`torch.optim.lr_scheduler.OneCycleLR`, without cycles of momentum). None keeps the rate constant.
        loss_of: Computes the loss of a batch from model, input and labels; for an attack it may change the input first.
        after_step: Called with the model after each step, for example to project its weights.
        after_epoch: Called after each epoch with the model, in evaluation mode, and with the row of the metrics. It may
            add values to the row. It is not called again for the epochs before a resume.
        accept: Called after that with the model and the rows of all epochs until then. It may add values to the last
            row. If it returns False, model and optimizer go back to their state before the epoch; schedule, order of
            the images and random state go on.
        keep: Decides by a parameter's name whether the parameter is kept for every epoch.
        checkpoint: The file that holds the state after each epoch; if it exists, the training resumes from it. On the
            CPU a resumed training equals an uninterrupted one bit for bit.

    Returns:
        Metrics and kept parameters of each epoch.

    Raises:
        FloatingPointError: If the loss is not finite; the message names task, seed and epoch.

    Reference:
        Yu et al. 2021, Sec. 4.1, for the digit tasks.
    """
    device = task.device
    updater = _OPTIMIZERS[optimizer](model.parameters(), lr=lr, **(options or {}))
    steps = math.ceil(task.count / batch_size)
    schedule = rise and OneCycleLR(updater, lr, epochs * steps, pct_start=rise, cycle_momentum=False)
    order = torch.Generator().manual_seed(seed)
    rows, history = [], [_kept(model, keep)]
    if checkpoint and (state := checkpoint.read()):
        model.load_state_dict(state["model"])
        updater.load_state_dict(state["optimizer"])
        if schedule:
            schedule.load_state_dict(state["schedule"])
        order.set_state(state["order"])
        _set_random_state(state["random"], device)
        rows, history = state["rows"], state["history"]
        log.info("%s, seed=%d: the training resumes after epoch %d", task.name, seed, len(rows))
    progress = tqdm(total=epochs * steps, initial=len(rows) * steps, unit="batch", leave=False, disable=None)
    for epoch in range(len(rows) + 1, epochs + 1):
        before = deepcopy((model.state_dict(), updater.state_dict()["state"])) if accept else None
        model.train()
        progress.set_description(f"epoch {epoch}/{epochs}")
        total = torch.zeros((), device=device)
        for batch in torch.randperm(task.count, generator=order).to(device).split(batch_size):
            inputs, labels = task.batch(batch)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
                loss = loss_of(model, inputs, labels)
            updater.zero_grad()
            loss.backward()
            updater.step()
            if schedule:
                schedule.step()
            if after_step:
                after_step(model)
            total += loss.detach() * len(batch)
            progress.update()
        train_loss = total.item() / task.count
        test_loss, test_accuracy = evaluate(model, task.test())
        if not (math.isfinite(train_loss) and math.isfinite(test_loss)):
            raise FloatingPointError(
                f"{task.name}, seed={seed}: the loss of epoch {epoch} is {train_loss} on the training set and "
                f"{test_loss} on the test set; give a lower learning rate than lr={lr:g}"
            )
        log.info(
            "%s, seed=%d, epoch %d/%d: training loss %.4f, test loss %.4f, test accuracy %.4f",
            *(task.name, seed, epoch, epochs, train_loss, test_loss, test_accuracy),
        )
        rows.append({"epoch": epoch, "train_loss": train_loss, "test_loss": test_loss, "test_accuracy": test_accuracy})
        history.append(_kept(model, keep))
        if after_epoch:
            after_epoch(model, rows[-1])
        if accept and not accept(model, rows):
            log.warning("%s, seed=%d: epoch %d is taken back", task.name, seed, epoch)
            model.load_state_dict(before[0])
            updater.load_state_dict({**updater.state_dict(), "state": before[1]})
        if checkpoint:
            checkpoint.write(
                {
                    "model": model.state_dict(),
                    "optimizer": updater.state_dict(),
                    **({"schedule": schedule.state_dict()} if schedule else {}),
                    "order": order.get_state(),
                    "random": _random_state(device),
                    "rows": rows,
                    "history": history,
                }
            )
    progress.close()
    stacked = {name: torch.stack([state[name] for state in history]) for name in history[0]}
    return Training(pd.DataFrame(rows), stacked)


@torch.no_grad()
def evaluate(model: nn.Module, batches: Batches) -> tuple[float, float]:
    """Evaluate a classifier.

    Args:
        model: The classifier; it stays in evaluation mode.
        batches: At least one batch.

    Returns:
        Mean cross-entropy, and share of correct answers.
    """
    model.eval()
    count, loss, correct = 0, 0.0, 0.0
    for inputs, labels in batches:
        logits = model(inputs)
        loss += cross_entropy(logits, labels.long(), reduction="sum")
        correct += (logits.argmax(dim=1) == labels).sum()
        count += len(labels)
    return loss.item() / count, correct.item() / count


def _kept(model: nn.Module, keep: Callable[[str], bool]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.named_parameters() if keep(name)}


def _random_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_random_state(state: Tensor, device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)
