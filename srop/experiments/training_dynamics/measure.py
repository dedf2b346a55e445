"""Trainings of the digit network under a monitor."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import torch
from torch import nn

from srop.data.digits import Digits
from srop.guest import random_states_kept, visiting
from srop.monitor import Monitor
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_task import digit_task, is_convolution
from srop.networks.training import evaluate, train

log = logging.getLogger(__name__)

SIGNALS = {"mean": "mean", "std": "spread", "dead_share": "dead share"}
"""The watched quantities of a layer, by their names in the monitor's table: mean and standard deviation over the
channels of the SROPs of live maps, and the share of dead maps."""


@random_states_kept()
def watched_training(
    digits: Digits,
    *,
    seed: int,
    rate: float,
    bias_drift: float,
    permuted_labels: bool,
    training: Mapping[str, Any],
    probe: int,
    every: int,
    layers: Sequence[str],
) -> pd.DataFrame:
    """Train a digit network without a frog, and measure it before the first step and after every ``every`` steps.

    Args:
        digits: Training and test set, on the device to train on.
        seed: Seed of the network, the order of the digits, and the permutation.
        rate: Factor of the learning rate.
        bias_drift: Each bias of the convolutions falls by this after each step, so that their ReLUs die one by one.
        permuted_labels: Whether the training digits' labels are permuted.
        training: Arguments of :func:`srop.networks.training.train`: ``optimizer``, ``lr``, ``batch_size``, ``epochs``,
            ``precision``.
        probe: How many of the first test digits are measured.
        every: Steps between two measurements.
        layers: Names of the layers.

    Returns:
        A row per measurement, quantity and layer: ``step``, ``quantity`` (``"accuracy"`` and ``"loss"`` of the test
        digits, whose layer is empty, or one of :data:`SIGNALS`), ``layer``, ``value``. Mean and spread are NaN if
        every map is dead. A training whose loss is no longer finite ends with its last measurement before that.

    Reference:
        Yu et al. 2021, Sec. 6, names the use; the regimes are ours.
    """
    if permuted_labels:
        order = torch.randperm(len(digits.train_labels), generator=torch.Generator().manual_seed(seed))
        digits = replace(digits, train_labels=digits.train_labels[order.to(digits.train_labels.device)])
    torch.manual_seed(seed)
    model = digit_cnn().to(digits.frog.device)
    task = digit_task(digits, case="none", w=0.0)
    images = torch.cat([inputs for inputs, _ in task.test()])[:probe]
    monitor = Monitor(model, images, layers, every=every)
    scores = []

    def score() -> None:
        with visiting(model):
            loss, accuracy = evaluate(model, task.test())
        scores.append({"step": monitor.steps, "accuracy": accuracy, "loss": loss})

    def after_step(model: nn.Module) -> None:
        _drift(model, bias_drift)
        if monitor.step():
            score()

    try:
        with monitor:
            score()
            train(model, task, seed=seed, **{**training, "lr": rate * training["lr"]}, after_step=after_step)
    except FloatingPointError as error:
        log.warning("seed=%d ends early: %s", seed, error)
    accuracy = pd.DataFrame(scores).melt("step", var_name="quantity").assign(layer="")
    signals = monitor.table.melt(["step", "layer"], list(SIGNALS), var_name="quantity")
    table = pd.concat([accuracy, signals.replace({"quantity": SIGNALS})], ignore_index=True)
    return table.loc[table["step"] % every == 0, ["step", "quantity", "layer", "value"]].reset_index(drop=True)


@torch.no_grad()
def _drift(model: nn.Module, drift: float) -> None:
    for name, parameter in model.named_parameters():
        if is_convolution(name) and name.endswith("bias"):
            parameter -= drift
