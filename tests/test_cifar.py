"""CIFAR networks: their attack, data, trainings and guard, and the low-pass before them."""

import io
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from srop.data.jpeg_table import jpeg_table
from srop.data.labeled import LabeledImages
from srop.experiments.cifar.figures import arm_colors, figure_cifar
from srop.experiments.cifar.measure import LowPassed, accuracy_table, cutoffs_table, low_passed, network_from
from srop.experiments.cifar.training import Guard, split, trained_network, varied
from srop.networks.attack import accuracy_under, attacked
from srop.networks.checkpoint import Checkpoint
from srop.networks.training import Task, classification_loss, train
from srop.occlusion import shells, transformed
from srop.pipeline.stage import compose

CONFIG = Path(__file__).parents[1] / "config"
TRAINING = {"lr": 0.05, "rise": 0.3, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 8, "precision": "float32"}
GUARD = {"steps": 1, "images": 4, "least": 0.0}
ARM = {"epochs": 3, "eps": 0, "steps": 1, "step": None, "corruption": None, "severity": 1}
ARM |= {"antialiased": False}


@pytest.fixture(autouse=True)
def _one_thread():
    """As in a run; more of them wait for each other where networks are this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pictures(count: int, *, size: int = 8, seed: int = 0) -> LabeledImages:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 3, size, size), generator=generator, dtype=torch.uint8)
    return LabeledImages(images, torch.arange(count) % 10)


class Linear(nn.Module):
    """Two logits, the mean of the left half of the pixels and that of the right."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        half = pixels.shape[-1] // 2
        return torch.stack([pixels[..., :half].mean(dim=(1, 2, 3)), pixels[..., half:].mean(dim=(1, 2, 3))], dim=1)


@given(eps=st.floats(0, 0.3), step=st.floats(0.001, 1), steps=st.integers(0, 3), seed=st.integers(0, 99))
def test_an_attack_stays_near_the_image_and_in_its_range(eps, step, steps, seed):
    torch.manual_seed(seed)
    pixels = torch.rand(3, 3, 8, 8).round(decimals=1)
    changed = attacked(Linear(), pixels, torch.tensor([0, 1, 0]), eps=eps, step=step, steps=steps)
    assert (changed - pixels).abs().max() <= eps + 1e-6
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_one_step_on_a_linear_network_is_its_sign():
    """The loss of class 0 rises to the left where pixels fall, and to the right where they rise, as far as it may."""
    pixels = torch.full((2, 3, 4, 4), 0.5)
    changed = attacked(Linear(), pixels, torch.tensor([0, 1]), eps=0.1, step=0.2, steps=1)
    expected = torch.full((2, 3, 4, 4), 0.1)
    expected[0, ..., :2] = expected[1, ..., 2:] = -0.1
    assert torch.allclose(changed - pixels, expected)


def test_an_attack_gives_parameters_no_gradients():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    attacked(model, torch.rand(2, 3, 2, 2), torch.tensor([0, 1]), eps=0.1, step=0.1, steps=2)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_network_whose_first_layer_writes_to_its_input_is_attacked_like_another():
    pixels = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    results = []
    for is_in_place in (True, False):
        torch.manual_seed(0)
        model = nn.Sequential(nn.ReLU(inplace=is_in_place), nn.Flatten(), nn.Linear(48, 3))
        results.append(attacked(model, pixels, torch.tensor([0, 1]), eps=0.1, step=0.1, steps=2))
    assert torch.equal(*results)


def test_accuracy_under_an_attack_has_a_closed_form():
    """Halves that differ by d lose to an attack of more than d / 2."""
    images = torch.full((6, 3, 4, 4), 100, dtype=torch.uint8)
    images[:, :, :, :2] += torch.tensor([10, 10, 10, 40, 40, 40], dtype=torch.uint8)[:, None, None, None]
    labels = torch.zeros(6, dtype=torch.long)
    options = {"step": 1.0, "steps": 1, "seed": 0}
    accuracies = [accuracy_under(Linear(), images, labels, eps=eps / 255, **options) for eps in (0, 4, 6, 19, 21)]
    assert accuracies == [1, 1, 0.5, 0.5, 0]


def jpeg(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=95)
    return content.getvalue()


@pytest.fixture
def parquet(tmp_path):
    rows = [
        {"split": part, "label": label, "jpeg": jpeg(np.full((8, 8, 3), 20 * label, dtype=np.uint8))}
        for part in ("train", "test")
        for label in range(4 if part == "train" else 2)
    ]
    file = tmp_path / "images.parquet"
    pd.DataFrame(rows).to_parquet(file)
    return file


def test_a_table_of_jpegs_is_read(parquet):
    train, test = jpeg_table(parquet, "train"), jpeg_table(parquet, "test")
    assert (train.images.shape, train.images.dtype) == ((4, 3, 8, 8), torch.uint8)
    assert train.labels.tolist() == [0, 1, 2, 3]
    assert test.labels.tolist() == [0, 1]
    assert (train.images.float().mean(dim=(1, 2, 3)) - 20 * train.labels).abs().max() <= 1
    assert jpeg_table(parquet, "train", 2).labels.tolist() == [0, 2]


def test_bad_tables_of_jpegs_are_named(parquet, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.parquet: there is no such file"):
        jpeg_table(tmp_path / "no.parquet", "train")
    with pytest.raises(ValueError, match=r"images\.parquet has 2 images of the split 'test', not 3"):
        jpeg_table(parquet, "test", 3)
    table = pd.read_parquet(parquet)
    narrow = jpeg(np.zeros((4, 8, 3), dtype=np.uint8))
    messages = {
        b"none": "image 1 of the split 'test' cannot be read",
        narrow: r"has the shape \(4, 8, 3\), not \(8, 8, 3\)",
    }
    for wrong, message in messages.items():
        table.assign(jpeg=[*table["jpeg"][:-1], wrong]).to_parquet(tmp_path / "wrong.parquet")
        with pytest.raises(ValueError, match=message):
            jpeg_table(tmp_path / "wrong.parquet", "test")
    table.drop(columns="label").to_parquet(tmp_path / "less.parquet")
    with pytest.raises(ValueError, match=r"less\.parquet lacks the columns label"):
        jpeg_table(tmp_path / "less.parquet", "test")


def test_images_are_shifted_and_flipped():
    torch.manual_seed(0)
    images = pictures(64, size=16).images
    out = varied(images)
    assert out.is_contiguous(memory_format=torch.channels_last)
    padded = nn.functional.pad(images, (4,) * 4)
    flips = 0
    for number, image in enumerate(out):
        matches = [
            flip
            for flip in (False, True)
            for down in range(9)
            for right in range(9)
            if torch.equal(image.flip(-1) if flip else image, padded[number, :, down : down + 16, right : right + 16])
        ]
        assert len(matches) == 1
        flips += matches[0]
    assert 16 < flips < 48


def test_held_out_images_are_not_learned():
    data = LabeledImages(torch.arange(20, dtype=torch.uint8).view(20, 1, 1, 1), torch.arange(20))
    learned, watched = split(data, 5)
    assert watched.labels.tolist() == [0, 4, 8, 12, 16]
    assert sorted([*learned.labels.tolist(), *watched.labels.tolist()]) == list(range(20))
    assert torch.equal(learned.images.flatten().long(), learned.labels)


@given(seed=st.integers(0, 99), cutoff=st.integers(0, 22))
def test_a_low_pass_is_a_projection_onto_rings(seed, cutoff):
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    low = low_passed(images, cutoff)
    assert torch.allclose(low_passed(low, cutoff), low)
    spectrum, rings = transformed(low, "dft"), shells(32, "dft")
    assert spectrum[..., rings > cutoff].abs().sum() < 1e-9
    assert torch.allclose(spectrum[..., rings <= cutoff], transformed(images, "dft")[..., rings <= cutoff])
    # What is removed is orthogonal to what stays.
    assert abs(((images - low) * low).sum()) < 1e-9


def test_a_low_pass_of_waves_has_a_closed_form():
    place = torch.arange(32) * 2 * math.pi / 32
    coarse, fine = ((number * place).cos().expand(1, 3, 32, 32) for number in (3, 9))
    assert torch.allclose(low_passed(0.5 + coarse + fine, 8), 0.5 + coarse, atol=1e-5)
    assert torch.allclose(low_passed(0.5 + coarse + fine, 2), torch.tensor(0.5), atol=1e-5)
    assert torch.allclose(low_passed(coarse + fine, 22), coarse + fine, atol=1e-5)


def test_a_network_behind_a_low_pass_is_attacked_with_its_filter():
    """The gradient passes the filter: what the attack wants to change, the filter lets through."""
    filtered = LowPassed(Linear(), 0)
    pixels = torch.rand(1, 3, 8, 8, requires_grad=True)
    (slope,) = torch.autograd.grad(filtered(pixels)[0, 0], pixels)
    assert torch.allclose(slope, slope.mean().expand_as(slope))


def run(data: LabeledImages, checkpoint: Checkpoint | None = None, **changes):
    options = {"name": "arm", "arm": ARM | changes, "seed": 3, "held_out": 6, "training": TRAINING, "guard": GUARD}
    return trained_network(data, **options, checkpoint=checkpoint)


class StoppedError(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize(
    "changes", [{}, {"eps": 8}, {"corruption": "gaussian_noise"}], ids=["natural", "robust", "noise"]
)
def test_resumed_training_equals_an_undisturbed_one(tmp_path, monkeypatch, changes):
    data = pictures(26)
    expected, metrics = run(data, **changes)
    checkpoint, write = Checkpoint(tmp_path / "state.pt", {}), Checkpoint.write

    def write_and_stop(self: Checkpoint, state: dict) -> None:
        write(self, state)
        raise StoppedError

    for _ in range(2):
        monkeypatch.setattr(Checkpoint, "write", write_and_stop)
        with pytest.raises(StoppedError):
            run(data, checkpoint, **changes)
    monkeypatch.setattr(Checkpoint, "write", write)
    resumed, again = run(data, checkpoint, **changes)
    assert again.equals(metrics)
    states = zip(expected.state_dict().values(), resumed.state_dict().values(), strict=True)
    assert all(torch.equal(first, second) for first, second in states)


def test_each_arm_trains_in_its_own_way():
    data = pictures(14)
    changes = (
        {},
        {"eps": 8},
        {"eps": 2},
        {"eps": 8, "steps": 2},
        {"corruption": "jpeg_compression"},
        {"antialiased": True},
    )
    losses = [run(data, epochs=1, **change)[1]["train_loss"].item() for change in changes]
    assert len(set(losses)) == len(losses)
    columns = [set(run(data, epochs=1, **change)[1]) for change in changes[:2]]
    assert columns[1] - columns[0] == {"attacked_accuracy", "taken_back"}


def test_the_guard_sees_a_collapse():
    data = LabeledImages(torch.full((4, 3, 4, 4), 100, dtype=torch.uint8), torch.tensor([0, 0, 0, 0]))
    data.images[:3, :, :, :2] += 20
    guard = Guard(data, eps=1 / 255, steps=1, least=0.5)
    rows = [{}]
    assert guard(Linear(), rows)
    assert rows == [{"attacked_accuracy": 0.75, "taken_back": False}]
    data.images[1:3, :, :, :2] -= 20
    rows.append({})
    assert not guard(Linear(), rows)
    assert rows[1] == {"attacked_accuracy": 0.25, "taken_back": True}
    # What was taken back sets no mark.
    rows[1]["attacked_accuracy"] = 1.0
    data.images[1, :, :, :2] += 20
    rows.append({})
    assert guard(Linear(), rows)


def halves() -> Task:
    points = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    labels = (points[:, 0] > 0).long()
    return Task("halves", 40, lambda i: (points[i], labels[i]), lambda: [(points, labels)], torch.device("cpu"))


def test_an_epoch_that_is_not_accepted_is_taken_back(caplog):
    """The third epoch begins where the first one ended."""
    starts, ends = [], []

    def note(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        starts.append(model.weight.detach().clone())
        return classification_loss(model, inputs, labels)

    def refuse_the_second(model: nn.Module, rows: list[dict]) -> bool:
        ends.append(model.weight.detach().clone())
        return len(rows) != 2

    torch.manual_seed(0)
    settings = {"optimizer": "sgd", "lr": 0.1, "batch_size": 40, "epochs": 3, "precision": "float32"}
    options = {"options": {"momentum": 0.9}, "loss_of": note, "accept": refuse_the_second}
    train(nn.Linear(2, 2), halves(), seed=0, **settings, **options)
    assert torch.equal(starts[1], ends[0])
    assert torch.equal(starts[2], ends[0])
    assert not torch.equal(ends[1], ends[0])
    # So does its momentum: a batch is the whole set, and the steps are alike.
    assert torch.allclose(ends[2], ends[1])
    assert "halves, seed=0: epoch 2 is taken back" in caplog.text


def test_one_cycle_ends_near_zero():
    steps = []

    def note(model: nn.Module) -> None:
        steps.append(model.weight.detach().clone())

    torch.manual_seed(0)
    settings = {"optimizer": "sgd", "lr": 0.5, "batch_size": 10, "epochs": 5, "precision": "float32", "rise": 0.3}
    train(nn.Linear(2, 2), halves(), seed=0, **settings, after_step=note)
    moved = [(after - before).norm().item() for before, after in pairwise(steps)]
    assert len(steps) == 20
    assert max(moved[2:8]) > 100 * moved[-1]


@pytest.mark.parametrize("antialiased", [False, True])
def test_networks_are_read_back_and_measured(antialiased):
    data = pictures(20)
    model, _ = run(data, epochs=1, antialiased=antialiased)
    again = network_from(model.state_dict(), torch.device("cpu"))
    pixels = data.images.float() / 255
    with torch.no_grad():
        assert torch.equal(model(pixels), again(pixels))
    attack = {"eps": 8, "step": 2, "steps": 1, "images": 5}
    table = accuracy_table(again, data, attack=attack, seed=0)
    assert table[["under", "images"]].to_numpy().tolist() == [[0, 20], [8, 5]]
    first = LabeledImages(data.images[:5], data.labels[:5])
    cutoffs = cutoffs_table(again, first, cutoffs=[4, 22], images=5, attack=attack, seed=0)
    assert cutoffs[["cutoff", "under"]].to_numpy().tolist() == [[4, 0], [4, 8], [22, 0], [22, 8]]


def test_the_figure_has_a_line_per_network():
    layers = pd.DataFrame(
        [(arm, 0, depth, f"layer{depth}", 0.3) for arm in ("random", "robust", "natural") for depth in (0, 1)],
        columns=["weights", "seed", "depth", "layer", "mean"],
    )
    shares = pd.DataFrame(
        [(arm, 0, "printed", -1, k, 0.5) for arm in ("random", "robust", "natural") for k in (0, 1)],
        columns=["weights", "seed", "reading", "label", "frequency", "share"],
    )
    cutoffs = pd.DataFrame(
        [(arm, 0, cutoff, under, 0.5) for arm in ("robust", "natural") for cutoff in (4, 22) for under in (0, 8)],
        columns=["arm", "seed", "cutoff", "under", "accuracy"],
    )
    accuracy = pd.DataFrame([("natural", 0, 8, 0.1)], columns=["arm", "seed", "under", "accuracy"])
    figure = figure_cifar(accuracy, cutoffs, layers, shares, data="CIFAR-10 as JPEG")
    profile, scores, rings = figure.axes
    assert [len(ax.lines) for ax in (profile, scores, rings)] == [3, 3, 5]
    assert profile.get_title() == "CIFAR-10 as JPEG"
    assert "8/255" in rings.get_title()
    assert list(arm_colors(["robust", "natural", "random"])) == ["random", "natural", "robust"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("cifar.trained=[nobody]", "there are the arms natural, robust"),
        ("cifar.data.source=jpeg", "give a Parquet file with the columns split, label and jpeg"),
        ("cifar.data.file=x.parquet", "it goes with source=jpeg, and only with it"),
        ("cifar.arms.robust.eps=300", r"cifar\.arms\.robust\.eps=300: must be a number in \[0, 255\)"),
        ("+cifar.arms.robust.epochen=3", "there is no such key; there are epochs, eps"),
        ("cifar.guard.images=2000", "they are among cifar.data.held_out"),
        ("cifar.data.held_out=50000", "they are among the training images, not all of them"),
        ("cifar.low_pass.cutoffs=[23]", r"must be a list of whole numbers in \[0, 22\]"),
    ],
)
def test_bad_keys_are_named(override, message):
    with pytest.raises(ValueError, match=message):
        compose(CONFIG, "base", [override])
