"""A pretended device without memory for a batch: measurements halve it, a training says what to do."""

import os
import subprocess
import sys

import pandas as pd
import pytest
import torch
from runs import copy_project, edit
from torch import nn

import srop
from srop.halving import by_halves
from srop.profiles import profile

IMAGES = torch.rand(7, 3, 16, 16, generator=torch.Generator().manual_seed(0))

# Outside of the network, which is left as it was.
SEEN: list[int] = []


class Small(nn.Module):
    """A layer on a device that holds few images."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        SEEN.append(len(images))
        return images


def network(most: int) -> nn.Module:
    torch.manual_seed(1)
    first, second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 5, 3, padding=1)
    return nn.Sequential(first, nn.ReLU(), Small(most), second, nn.ReLU(), nn.Flatten(), nn.Linear(5 * 256, 3))


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_profile_by_halves_is_the_profile(most):
    """The first layer has seen a batch whose second layer did not fit: no map counts twice."""
    tables = [
        profile(network(number), IMAGES.split(5), {"first": "1", "second": "4"}, by_image=True, origin="")
        for number in (len(IMAGES), most)
    ]
    for whole, halved in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(whole, halved, rtol=1e-5, atol=1e-5)


def test_a_profile_whose_measure_runs_out_of_memory_is_the_profile(monkeypatch):
    measured = srop.profiles.rolloff_points

    def points(maps, **options):
        if len(maps) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return measured(maps, **options)

    whole = profile(network(9), [IMAGES], ["1", "4"], origin="")
    monkeypatch.setattr(srop.profiles, "rolloff_points", points)
    pd.testing.assert_frame_equal(whole, profile(network(9), [IMAGES], ["1", "4"], origin=""), rtol=1e-5, atol=1e-5)


def test_what_did_not_fit_once_is_not_tried_again():
    SEEN.clear()
    profile(network(2), IMAGES.split(4) * 3, ["4"], origin="")
    assert max(SEEN) == 2
    assert len(SEEN) == 3 * 4, "nothing runs twice behind the layer that does not fit"


def test_amplitudes_and_channels_by_halves_are_the_same():
    for measure in (
        lambda model: srop.layer_amplitudes(model, [IMAGES], ["1", "4"]),
        lambda model: srop.describe_channels(model, [IMAGES], "4"),
    ):
        pd.testing.assert_frame_equal(measure(network(7)), measure(network(2)), rtol=1e-4, atol=1e-5)


def test_occluded_frequencies_by_halves_are_the_same():
    labels = torch.arange(7) % 3
    maps = [srop.fourier_heatmap(network(most), IMAGES, labels, norm=1.0).error for most in (7, 3)]
    torch.testing.assert_close(*maps)


def test_an_image_that_does_not_fit_alone_is_an_error_with_advice():
    with pytest.raises(torch.OutOfMemoryError, match=r"does not hold one image of \(3, 16, 16\): give smaller images"):
        profile(network(0), [IMAGES], ["4"], origin="")


def test_an_error_of_another_kind_halves_nothing():
    calls = []

    def work(images):
        calls.append(len(images))
        raise RuntimeError("another")

    with pytest.raises(RuntimeError, match="another"):
        by_halves(work, IMAGES)
    assert calls == [7]


def test_a_training_that_runs_out_of_memory_says_what_to_do(tmp_path):
    project = copy_project(tmp_path / "project")
    edit(
        "srop/networks/training.py",
        "    device = task.device\n",
        "    raise torch.OutOfMemoryError('CUDA out of memory')\n",
    )(project)
    environment = os.environ | {"PYTHONPATH": str(project)}
    call = [sys.executable, "workflow/digits/prepare.py", "preset=smoke", "digits=digits.safetensors"]
    subprocess.run(call, cwd=project, env=environment, check=True)
    files = ["model_file=m.safetensors", "metrics_file=m.parquet", "weights_file=w.safetensors"]
    call = [sys.executable, "workflow/digits/train.py", "preset=smoke", "case=none", "w=0", "seed=0", "device=cpu"]
    done = subprocess.run(
        [*call, "digits=digits.safetensors", "checkpoint=state.pt", *files],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "the device ran out of memory. Let fewer jobs share it (--resources gpu=1)" in done.stderr
    assert "a training goes on from its last epoch" in done.stderr
