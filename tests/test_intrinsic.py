"""Intrinsic dimension: known dimensions, a slow oracle, and profiles over depth."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from skdim.id import TwoNN
from torch import nn

from srop import CONVENTIONS, layer_statistics, profile
from srop.experiments.intrinsic.measure import dimension_profile, intrinsic_dimension, neighbor_distances


def cube(points: int, dimension: int, features: int = 40, seed: int = 0) -> torch.Tensor:
    """Points of a cube of that dimension, turned into a space of more."""
    generator = torch.Generator().manual_seed(seed)
    turn, _ = torch.linalg.qr(torch.randn(features, features, generator=generator))
    return torch.rand(points, dimension, generator=generator) @ turn[:dimension]


@pytest.mark.parametrize("dimension", [1, 2, 5, 10])
def test_dimension_of_a_cube(dimension):
    # The edges of a cube take some off a high dimension.
    assert intrinsic_dimension(cube(4000, dimension)) == pytest.approx(dimension, rel=0.05 + dimension / 100)


@given(st.integers(3, 40), st.integers(1, 60), st.integers(0, 2**16))
def test_distances_are_those_of_a_tree(points, features, seed):
    x = torch.randn(points, features, generator=torch.Generator().manual_seed(seed))
    expected, _ = cKDTree(x.double().numpy()).query(x.double().numpy(), k=3)
    # A square is a difference of norms, and rounds as they do.
    rounding = 64 * np.finfo(float).eps * 4 * x.double().square().sum(1).max().item()
    np.testing.assert_allclose(neighbor_distances(x).square(), expected[:, 1:] ** 2, rtol=1e-12, atol=rounding)


def test_distances_of_many_features_come_in_parts(monkeypatch):
    x = torch.randn(20, 101, generator=torch.Generator().manual_seed(0))
    whole = neighbor_distances(x)
    monkeypatch.setattr("srop.experiments.intrinsic.measure._CHUNK", 20 * 8)
    torch.testing.assert_close(neighbor_distances(x), whole, rtol=1e-12, atol=0)


def test_dimension_is_the_librarys():
    """The library's own search for neighbors, over the same points."""
    x = cube(600, 4)
    assert intrinsic_dimension(x) == pytest.approx(TwoNN().fit(x.double().numpy()).dimension_, rel=1e-6)


@given(st.floats(1e-3, 1e3), st.integers(0, 100))
def test_dimension_does_not_change_with_scale_and_turn(scale, seed):
    x = cube(500, 3)
    turn, _ = torch.linalg.qr(torch.randn(40, 40, generator=torch.Generator().manual_seed(seed)))
    assert intrinsic_dimension(scale * x @ turn) == pytest.approx(intrinsic_dimension(x), rel=1e-3)


def test_repeats_count_once():
    x = cube(600, 3)
    expected = intrinsic_dimension(x)
    assert intrinsic_dimension(torch.cat([x, x[:180]])) == pytest.approx(expected, rel=1e-9)
    assert intrinsic_dimension(torch.cat([x, x])) == pytest.approx(expected, rel=1e-9)
    # Fewer than nine tenths of 500 are different.
    assert np.isnan(intrinsic_dimension(torch.cat([x[:440], x[:100]])))
    assert np.isnan(intrinsic_dimension(torch.ones(600, 30)))


PLANE = cube(800, 2, features=64)
SPREAD = PLANE.std().item()
STANDARD_ERROR = 2 / 800**0.5
"""Of TwoNN: the dimension over the root of the number of points."""


@pytest.mark.parametrize("offset", [0, 1e2, 1e4])
@pytest.mark.parametrize("repeats", [0, 240])
@pytest.mark.parametrize("far", [0, 1e5])
def test_offsets_repeats_and_a_point_far_away_change_no_more_than_the_standard_error(offset, repeats, far):
    x = torch.cat([PLANE, PLANE[:repeats]])
    if far:
        x = torch.cat([x, PLANE[:1] + far * SPREAD])
    dimension = intrinsic_dimension((x + offset * SPREAD).float())
    assert abs(dimension - intrinsic_dimension(PLANE)) < STANDARD_ERROR


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="at least 500 points, not 499"):
        intrinsic_dimension(torch.rand(499, 3))


def test_values_that_are_not_finite_are_refused():
    x = cube(500, 3)
    x[7, 2] = torch.inf
    with pytest.raises(ValueError, match="not finite"):
        intrinsic_dimension(x)


LAYERS = {"conv": "0", "relu": "1", "pool": "2", "flat": "3"}


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 7)
    )


@pytest.fixture(scope="module")
def inputs() -> torch.Tensor:
    return torch.randn(500, 1, 12, 12, generator=torch.Generator().manual_seed(0))


def measured(inputs, batch=100):
    return dimension_profile(network(), inputs, LAYERS, conventions=["published", "half_pixel"], batch=batch)


def test_profile_goes_from_input_to_output(inputs):
    table = measured(inputs)
    layers = table.drop_duplicates("layer")
    assert layers["layer"].tolist() == ["input", *LAYERS, "output"]
    assert layers["relative_depth"].tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert layers["features"].tolist() == [144, 576, 576, 144, 144, 7]
    assert len(table) == 6 * 2 * 2
    assert not table.duplicated(["layer", "convention", "dead"]).any()
    dimensions = layers.set_index("layer")["intrinsic_dimension"]
    assert dimensions["input"] == intrinsic_dimension(inputs.flatten(1))
    # Flattening moves nothing, and a ReLU that works in place does not change what was seen before it.
    assert dimensions["flat"] == dimensions["pool"]
    # Convolutions of 100 images and of 500 may round otherwise.
    assert dimensions["conv"] == pytest.approx(intrinsic_dimension(network()[0](inputs).flatten(1)), rel=1e-4)
    assert dimensions["conv"] != dimensions["relu"]


def test_profile_has_the_srops_of_maps(inputs):
    table = measured(inputs)
    chosen = {name: CONVENTIONS[name] for name in ("published", "half_pixel")}
    maps = {name: LAYERS[name] for name in ("conv", "relu", "pool")}
    expected = layer_statistics(profile(network(), [inputs], maps, convention=chosen))
    both = table.merge(expected, on=["layer", "convention", "dead"])
    assert len(both) == len(expected)
    assert both["srop"].tolist() == pytest.approx(both["mean"].tolist())
    assert table.loc[table["layer"].isin(["flat", "output"]), ["srop", "size", "dead_share"]].isna().all(axis=None)
    assert table.loc[table["layer"] == "input", "srop"].between(0.8, 0.95).all()


def test_profile_does_not_depend_on_the_batch(inputs):
    a, b = measured(inputs, batch=37), measured(inputs, batch=500)
    assert a["intrinsic_dimension"].tolist() == pytest.approx(b["intrinsic_dimension"].tolist(), rel=1e-4)


def test_profile_names_what_is_wrong(inputs):
    with pytest.raises(ValueError, match="at least 500 images, not 20"):
        measured(inputs[:20])
    with pytest.raises(ValueError, match="no layer '9'"):
        dimension_profile(network(), inputs, {"x": "9"}, conventions=["published"], batch=100)
    broken = network()
    nn.init.constant_(broken[4].bias, torch.nan)
    with pytest.raises(ValueError, match=r"layer 'output'.*not finite"):
        dimension_profile(broken, inputs, {}, conventions=["published"], batch=100)


class Twice(nn.Module):
    def __init__(self, shared: nn.Module) -> None:
        super().__init__()
        self.shared, self.unused = shared, nn.Conv2d(1, 1, 3)
        self.between = nn.Conv2d(1, 2, 3, stride=2)

    def forward(self, x):
        x = self.shared(x)
        return self.shared(x + 1 if isinstance(self.shared, nn.Conv2d) else self.between(x))


@pytest.mark.parametrize("shared", [nn.Conv2d(1, 1, 3, padding=1), nn.ReLU()], ids=["same shape", "another shape"])
def test_a_module_that_runs_twice_or_never_is_refused(inputs, shared):
    with pytest.raises(ValueError, match=r"layer 'x'.*'shared' runs more than once in a forward pass"):
        dimension_profile(Twice(shared), inputs, {"x": "shared"}, conventions=["published"], batch=100)
    with pytest.raises(ValueError, match=r"layer 'x'.*'unused' does not run in a forward pass"):
        dimension_profile(Twice(shared), inputs, {"x": "unused"}, conventions=["published"], batch=100)


@pytest.mark.parametrize("name", ["input", "output"])
def test_a_layer_that_is_called_like_a_row_of_the_networks_own_is_refused(inputs, name):
    with pytest.raises(ValueError, match=f"layer '{name}': the rows input and output are the network's own.*_layer"):
        dimension_profile(network(), inputs, {name: "0"}, conventions=["published"], batch=100)


class Restless(nn.Sequential):
    """Works on its input in place, counts its passes, and draws numbers."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, x):
        self.passes += 1
        return super().forward(x.mul_(2 + 0 * torch.rand(()).item()))


@pytest.mark.parametrize("fails", [False, True])
def test_network_inputs_and_random_state_are_as_they_were(inputs, fails):
    model = Restless(*network())
    model[1].eval()
    model[0].weight.grad = torch.ones_like(model[0].weight)
    images, state = inputs.clone(), torch.get_rng_state()
    if fails:
        nn.init.constant_(model[4].bias, torch.nan)
        with pytest.raises(ValueError, match="not finite"):
            dimension_profile(model, images, LAYERS, conventions=["published"], batch=100)
    else:
        table = dimension_profile(model, images, LAYERS, conventions=["published"], batch=100)
        plain = dimension_profile(network(), 2 * inputs, LAYERS, conventions=["published"], batch=100)
        own, expected = (rows[rows["layer"] != "input"].reset_index(drop=True) for rows in (table, plain))
        assert own.equals(expected)
    assert model.training
    assert [module.training for module in model] == [True, False, True, True, True]
    assert model.passes == 0
    assert (model[0].weight.grad == 1).all()
    assert torch.equal(images, inputs)
    assert torch.equal(torch.get_rng_state(), state)


def test_channels_last_changes_nothing(inputs):
    last = inputs.expand(-1, 2, -1, -1).contiguous()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(inplace=True))
    options = {"conventions": ["published"], "batch": 100}
    first = dimension_profile(model, last, {"conv": "0"}, **options)
    last = last.to(memory_format=torch.channels_last)
    second = dimension_profile(model.to(memory_format=torch.channels_last), last, {"conv": "0"}, **options)
    for column in ("intrinsic_dimension", "srop"):
        assert second[column].tolist() == pytest.approx(first[column].tolist(), rel=1e-4)


def test_points_are_not_changed():
    points = torch.rand(600, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    before = points.clone()
    intrinsic_dimension(points)
    assert torch.equal(points, before)
