"""Training and evaluation of the digit networks."""

import logging
import math

import pandas as pd
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from srop.data import Digits, evaluation_batches, network_input

log = logging.getLogger(__name__)

_OPTIMIZERS = {"adam": torch.optim.Adam, "adadelta": torch.optim.Adadelta, "sgd": torch.optim.SGD}


def select_device(name: str) -> torch.device:
    """Choose the device of a run, and make what runs on it repeatable.

    On the CPU every run uses one thread, because the number of threads changes the rounding of sums; the workflow runs
    several side by side instead.

    Args:
        name: ``"auto"`` (CUDA if there is one), or any name that torch knows.

    Returns:
        The device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cpu":
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
    return device


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
) -> pd.DataFrame:
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

    Returns:
        A row per epoch: ``epoch``, ``train_loss``, ``test_loss``, ``test_accuracy``.

    Raises:
        FloatingPointError: If the loss is no number; the message names case, w, seed and epoch.

    Reference:
        Yu et al. 2021, Sec. 4.1.
    """
    device = digits.frog.device
    optimiser = _OPTIMIZERS[optimizer](model.parameters(), lr=lr)
    order = torch.Generator().manual_seed(seed)
    rows = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = torch.zeros((), device=device)
        batches = torch.randperm(len(digits.train_labels), generator=order).to(device).split(batch_size)
        for batch in tqdm(batches, desc=f"epoch {epoch}/{epochs}", unit="batch", leave=False, disable=None):
            labels = digits.train_labels[batch]
            images = network_input(digits.train_images[batch], labels, digits.frog, case=case, w=w)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
                loss = cross_entropy(model(images), labels.long())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(batch)
        train_loss = total.item() / len(digits.train_labels)
        if not math.isfinite(train_loss):
            raise FloatingPointError(
                f"the training loss of case={case}, w={w:g}, seed={seed} is {train_loss} in epoch {epoch}; "
                f"lower digits.training.lr ({lr:g})"
            )
        test_loss, test_accuracy = evaluate(model, digits, case=case, w=w)
        log.info(
            "%s w=%g seed=%d epoch %d/%d: training loss %.4f, test loss %.4f, test accuracy %.4f",
            *(case, w, seed, epoch, epochs, train_loss, test_loss, test_accuracy),
        )
        rows.append({"epoch": epoch, "train_loss": train_loss, "test_loss": test_loss, "test_accuracy": test_accuracy})
    return pd.DataFrame(rows)


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
