"""Removed channels, missing classes and penalties do what they say."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from srop.data.digits import Digits
from srop.experiments.uses.omission import omission_table, own_srops
from srop.experiments.uses.penalty import penalized_network, penalty_row
from srop.experiments.uses.removal import filter_before, live_orders, removal_table
from srop.rolloff import rolloff_points


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


class Blurs(nn.Module):
    """Channels from smooth to fine, and a dead one; the classes are the signs of channel 0's and channel 1's means."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5, padding=2, bias=False)
        weight = torch.zeros(4, 1, 5, 5)
        weight[0, 0] = 0.1
        weight[1, 0, 1:4, 1:4] = 0.3
        weight[2, 0, 2, 2] = 5.0
        self.conv.weight.data = weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.conv(x)
        return torch.stack([maps[:, 0].mean((1, 2)), maps[:, 1].mean((1, 2)), 0 * maps[:, 2].mean((1, 2))], dim=1)


def test_orders_hold_live_channels_by_srop_and_by_filter():
    orders = live_orders(Blurs(), noise(6, 1, 24, 24), "conv", draws=2, seed=0)
    assert orders["lowest", 0] == [0, 1, 2]
    assert orders["highest", 0] == [2, 1, 0]
    norms = Blurs().conv.weight.detach().flatten(1).norm(dim=1)
    assert orders["norm", 0] == sorted([0, 1, 2], key=lambda channel: norms[channel])
    assert sorted(orders["random", 0]) == sorted(orders["random", 1]) == [0, 1, 2]
    assert live_orders(Blurs(), noise(6, 1, 24, 24), "conv", draws=2, seed=0) == orders


class Residual(nn.Module):
    """A block like torchvision's: its shortcut stands last among the modules, and one ReLU runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.second, self.first = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(1, 4, 3, padding=1)
        self.norm, self.shortcut = nn.BatchNorm2d(4), nn.Conv2d(1, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = self.shortcut(x)
        return self.relu(shortcut + self.norm(self.second(self.relu(self.first(x)))))


def test_the_filter_of_a_layer_is_that_of_the_convolution_that_ran_last():
    network, images = (
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3)),
        noise(2, 1, 8, 8),
    )
    for layer, place in (("0", 0), ("1", 0), ("2", 0), ("3", 3)):
        assert torch.equal(filter_before(network, images, layer, 4), network[place].weight)
    block = Residual()
    for layer, name in (("relu#1", "first"), ("relu#2", "second"), ("norm", "second"), ("shortcut", "shortcut")):
        assert torch.equal(filter_before(block, images, layer, 4), getattr(block, name).weight), layer
    assert torch.equal(filter_before(nn.Sequential(block), images, "0", 4), block.second.weight)
    with pytest.raises(ValueError, match="no layer 'pool'"):
        filter_before(network, images, "pool", 4)
    with pytest.raises(ValueError, match="no convolution before '2' makes 5 channels"):
        filter_before(network, images, "2", 5)


def test_removal_of_what_does_not_count_changes_nothing():
    network, images = Blurs(), noise(30, 1, 24, 24)
    labels = network(images).argmax(dim=1)
    orders = {("highest", 0): [2, 1, 0], ("lowest", 0): [0, 1, 2]}
    table = removal_table(network, [(images[:20], labels[:20]), (images[20:], labels[20:])], "conv", orders, [0.34, 1])
    rows = table.set_index(["order", "share"])
    assert rows.loc[("none", 0), ["accuracy", "agreement", "change"]].tolist() == [1, 1, 0]
    assert rows.loc[("highest", 0.34), ["removed", "accuracy", "change"]].tolist() == [1, 1, 0]
    without = network(images).clone()
    without[:, 0] = 0
    expected = (without.argmax(dim=1) == labels).double().mean().item()
    assert rows.loc[("lowest", 0.34), "accuracy"] == pytest.approx(expected)
    assert rows.loc[("lowest", 0.34), "change"] > 0.1
    assert rows.loc[("lowest", 1), "agreement"] == rows.loc[("highest", 1), "agreement"]
    unlabeled = removal_table(network, [(images, None)], "conv", orders, [0.34])
    assert unlabeled["accuracy"].isna().all()


def test_a_missing_class_is_told_where_it_has_srops_of_its_own():
    labels = np.arange(2000) % 10
    srops = np.random.default_rng(0).normal(size=2000)
    options = {"digit": 1, "kept": [1, 0.5, 0], "repeats": 50, "seed": 3}
    alike = omission_table(srops, labels, **options).set_index("kept")["detections"]
    assert alike.max() <= 5
    apart = omission_table(np.where(labels == 1, 9, srops), labels, **options).set_index("kept")["detections"]
    assert apart[0] == 50
    assert apart[1] <= 5
    with_gaps = np.where(np.arange(2000) < 100, np.nan, srops)
    pd.testing.assert_frame_equal(
        omission_table(with_gaps, labels, **options), omission_table(srops[100:], labels[100:], **options)
    )


def test_images_have_their_own_srops():
    images = (noise(300, 28, 28).clamp(0, 1) * 255).to(torch.uint8)
    assert own_srops(images) == pytest.approx(rolloff_points(images.float()).numpy())


def test_a_penalty_lowers_the_srop():
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (96, 28, 28), generator=random, dtype=torch.uint8)
    labels = torch.arange(96) % 10
    digits = Digits(images, labels, images[:20], labels[:20], images[0])
    training = {"optimizer": "adam", "lr": 0.002, "batch_size": 32, "epochs": 3, "precision": "float32"}
    rows = {}
    for weight in (0.0, 30.0):
        model = penalized_network(digits, weight=weight, layer="relu2", ring=4, seed=0, training=training)
        before = torch.get_rng_state()
        rows[weight] = penalty_row(model, digits, layer="relu2", noise=0.1, eps=0.1, steps=1, seed=0)
        assert torch.equal(torch.get_rng_state(), before)
    assert rows[30.0]["srop"] < rows[0.0]["srop"] - 0.05
    assert all(0 <= rows[weight][name] <= 1 for weight in rows for name in ("accuracy", "noise", "pgd", "dead_share"))
