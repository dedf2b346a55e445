"""Hooks: what they see, and that they go."""

import pytest
import torch
from torch import nn

from srop import reduced_layers


@pytest.fixture
def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Conv2d(2, 2, 3), nn.ReLU(inplace=True))


def hooks_of(model: nn.Module) -> int:
    return sum(len(module._forward_hooks) for module in model.modules())


def test_sees_maps_before_an_in_place_relu(model):
    x = torch.randn(4, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    expected = model[0](x).mean()
    with reduced_layers(model, ["0", "1"], lambda _name, maps: maps.mean().item()) as means:
        model(x)
        model(x)
    assert means["0"] == [pytest.approx(expected.item())] * 2
    assert means["1"][0] > means["0"][0]


def test_reduction_gets_the_name(model):
    with reduced_layers(model, ["2"], lambda name, maps: (name, tuple(maps.shape))) as seen:
        model(torch.zeros(1, 1, 8, 8))
    assert seen == {"2": [("2", (1, 2, 4, 4))]}


def test_hooks_are_removed_whatever_happens(model):
    with reduced_layers(model, ["0", "2"], lambda _name, _maps: None):
        assert hooks_of(model) == 2
    assert hooks_of(model) == 0

    def fail(_name: str, _maps: torch.Tensor) -> None:
        raise RuntimeError("reduction")

    with pytest.raises(RuntimeError, match="reduction"), reduced_layers(model, ["0"], fail):
        model(torch.zeros(1, 1, 8, 8))
    assert hooks_of(model) == 0

    with pytest.raises(ValueError, match="no layer"), reduced_layers(model, ["0", "nope"], fail):
        pass
    assert hooks_of(model) == 0


def test_unknown_layer_names_the_nearest():
    from srop.networks.digit_cnn import digit_cnn

    with pytest.raises(ValueError, match=r"no layer 'cov2'.*conv2"), reduced_layers(digit_cnn(), ["cov2"], print):
        pass


def test_output_that_is_no_tensor():
    lstm = nn.Sequential(nn.LSTM(3, 3))
    with pytest.raises(TypeError, match="'0' gives a tuple"), reduced_layers(lstm, ["0"], lambda _name, maps: maps):
        lstm(torch.zeros(2, 1, 3))
