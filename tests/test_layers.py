"""Which layers are chosen, and the reasons why others are not."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import srop
from srop.networks.build import build_network
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain

CONFIG = Path(__file__).resolve().parent.parent / "config"
ARCHITECTURES = sorted(file.stem for file in (CONFIG / "architecture").glob("*.yaml"))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_layer_of_the_architectures_is_found_or_explained(name):
    architecture = plain(load_architecture(CONFIG, name))
    network = build_network(architecture["source"], architecture["model"], architecture["arguments"], seed=0)
    # Reflection padding takes no less than 96, where some blocks have as many channels as rows. Patches have one size.
    size = architecture["input_size"] if "patches" in architecture["layers"] else 112
    table = srop.explain_layers(network, torch.zeros(1, 3, size, size)).set_index("module")
    layers = table.loc[list(architecture["layers"].values())]
    assert layers["chosen"].mean() > 0.5
    left = layers.loc[~layers["chosen"], "reason"]
    reasons = (
        r"its parts are taken: |lies in .*, which is taken|the norm or activation that follows is measured instead"
    )
    assert left.str.match(reasons).all()
    assert layers.loc[layers["chosen"], "reason"].eq("").all()


class Odd(nn.Module):
    """A network with a layer of every kind that is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.twice = nn.ReLU()
        self.never = nn.Conv2d(3, 4, 3)
        self.pair = Pair()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.weights = nn.Softmax(-1)
        self.tokens = nn.Flatten(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.twice(self.twice(self.stem(x)))
        self.pair(x)
        self.weights(x)
        self.tokens(x)
        return self.pool(x)


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


def test_a_residual_block_of_convolutions_with_norms_is_one_layer():
    """Its parts are of one class each with a norm, which is a layer and no block."""
    from torchvision.models import regnet_y_400mf

    layers = srop.find_layers(regnet_y_400mf(), torch.zeros(1, 3, 112, 112))
    blocks = [
        f"trunk_output.block{stage}.block{stage}-{place}"
        for stage, count in ((2, 3), (3, 6), (4, 6))
        for place in range(count)
    ]
    assert layers == ["stem", "trunk_output.block1", *blocks]


def test_a_norm_that_holds_its_activation_finishes_a_convolution():
    from timm.layers import BatchNormAct2d

    network = nn.Sequential(nn.Conv2d(3, 4, 3), BatchNormAct2d(4), nn.Conv2d(4, 4, 3))
    assert srop.find_layers(network, torch.zeros(1, 3, 16, 16)) == ["1", "2"]


def test_each_module_that_is_left_out_has_its_reason():
    table = srop.explain_layers(Odd(), torch.randn(2, 3, 8, 8)).set_index("module")
    reasons = table["reason"].to_dict()
    assert reasons == {
        "stem": "",
        "twice#1": "runs 2 times in a forward pass; only its name chooses a run",
        "twice#2": "runs 2 times in a forward pass; only its name chooses a run",
        "never": "never runs in a forward pass",
        "pair[0]": "gives its input, unchanged",
        "pair[1]": "gives its input, unchanged",
        "pool": "gives 2 x 4 x 1 x 1: single values, which have no spectrum; name a layer before the pooling",
        "weights": "gives attention weights, each row of which adds up to 1; name a layer that gives maps",
        "tokens": "gives 2 x 4 x 64, tokens or features: 4 tokens fit no stated grid (the network states none); write "
        "grid={'tokens': 'ROWSxCOLUMNS'}, or '1+ROWSxCOLUMNS' for one token before the grid",
    }
    assert (table.loc["stem", "size"], table.loc["stem", "channels"]) == (8, 4)
    assert table["size"].isna().sum() == 6
    assert (table.loc["twice#2", "size"], table.loc["twice#2", "runs"]) == (8, 2)


def test_what_is_found_can_be_profiled_and_in_this_order():
    torch.manual_seed(0)
    network = build_network("torchvision", "resnet18", {}, seed=0)
    images = torch.randn(2, 3, 64, 64)
    layers = srop.find_layers(network, images)
    assert layers[:4] == ["relu", "maxpool", "layer1.0", "layer1.1"]
    table = srop.profile(network, [images], layers)
    assert list(table["layer"].unique()) == layers


def test_blocks_are_found_whatever_holds_them():
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x).relu())

    class Stage(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList([Block(), Block()])

        def forward(self, x: Tensor) -> Tensor:
            for block in self.blocks:
                x = block(x)
            return x

    network = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), Stage(), nn.MaxPool2d(2))
    assert srop.find_layers(network, torch.zeros(1, 3, 8, 8)) == ["2", "3.blocks.0", "3.blocks.1", "4"]


def test_a_block_that_joins_its_parts_is_taken_whole():
    """As a dense block does: what it gives is no part's own output."""

    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x).relu())

    class Joined(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList([Part(), Part()])

        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([part(x) for part in self.parts], dim=1)

    network = nn.Sequential(Joined(), nn.MaxPool2d(2))
    table = srop.explain_layers(network, torch.zeros(1, 3, 8, 8)).set_index("module")
    assert table.index[table["chosen"]].tolist() == ["0", "1"]
    assert table.loc["0.parts.0", "reason"] == "lies in 0, which is taken"


def test_a_pattern_chooses():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Flatten())
    images = torch.zeros(1, 3, 8, 8)
    assert srop.find_layers(network, images, pattern="[02]") == ["0", "2"]
    with pytest.raises(ValueError, match=r"no module fits 'layer\*'; there are 0, 1, 2, 3"):
        srop.find_layers(network, images, pattern="layer*")
    with pytest.raises(ValueError, match="'3' chooses no layer: 3: gives 1 x 64, tokens or features"):
        srop.find_layers(network, images, pattern="3")


def test_a_network_without_maps_says_why():
    with pytest.raises(ValueError, match="no module gives maps that can be profiled: 0: gives 1 x 192, tokens"):
        srop.find_layers(nn.Sequential(nn.Flatten()), torch.zeros(1, 3, 8, 8))


def test_the_network_is_left_as_it_was():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    srop.find_layers(network, torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert [module.training for module in network] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(not module._forward_hooks for module in network.modules())
    assert torch.equal(torch.get_rng_state(), state)


def test_bad_inputs():
    network = nn.Conv2d(3, 4, 3)
    with pytest.raises(TypeError, match="images: a list of tensors was given"):
        srop.find_layers(network, [torch.zeros(1, 3, 8, 8)])
    with pytest.raises(ValueError, match=r"images of shape \(3, 8, 9\); give images x colors x rows x columns"):
        srop.find_layers(network, torch.zeros(3, 8, 9))
    with pytest.raises(RuntimeError, match="the network cannot take an input of 1 x 1 x 8 x 8"):
        srop.find_layers(nn.Sequential(network), torch.zeros(1, 1, 8, 8))


def test_a_network_of_one_module_is_told_what_to_do():
    with pytest.raises(ValueError, match=r"is a single module, Conv2d, .*profile it as {'output': ''}"):
        srop.find_layers(nn.Conv2d(3, 4, 3), torch.zeros(1, 3, 8, 8))


def cube(*last: nn.Module) -> nn.Module:
    """A network whose first activation has as many channels as rows and columns."""
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), *last, nn.ReLU(), nn.MaxPool2d(2))


class Last(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).contiguous()


def test_an_input_of_twice_the_size_settles_what_the_shape_does_not():
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert srop.find_layers(cube(), images) == ["1", "2"]
    network = cube()
    measured = srop.profile(network, [images, images], ["0", "1"])
    expected = srop.profile(network, [images, images], ["0", "1"], layout={"1": "NCHW"})
    pd.testing.assert_frame_equal(measured, expected)
    last = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), Last(), nn.ReLU())
    assert srop.find_layers(last, images) == ["0", "2"]
    given = srop.profile(last, [images], ["2"], layout={"2": "NHWC"})
    pd.testing.assert_frame_equal(srop.profile(last, [images], ["2"]), given)


def test_maps_that_are_not_square_are_no_channels_last_because_two_sides_are_equal():
    """32 channels of 32 x 64 are not 64 channels of 32 x 32."""
    network = nn.Sequential(nn.Conv2d(3, 32, 3, stride=(2, 1), padding=1), nn.ReLU())
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    table = srop.explain_layers(network, images).set_index("module")
    assert (table.loc["1", "channels"], table.loc["1", "size"]) == (32, "32x64")
    means = srop.profile(network, [images], ["1"])["mean"]
    points = srop.rolloff_points(network(images).detach(), reference=(64, 64))
    assert means.to_numpy() == pytest.approx(points.nanmean(0).numpy(), nan_ok=True)


def test_a_layout_settles_what_a_larger_input_does_not():
    network = cube(nn.AdaptiveAvgPool2d(8))
    images = torch.zeros(1, 3, 8, 8)
    assert srop.find_layers(network, images) == ["0", "1", "3"]
    assert srop.find_layers(network, images, layout="NCHW") == ["0", "2", "3"]
    assert srop.find_layers(network, images, layout={"2": "NCHW"}) == ["0", "2", "3"]
    with pytest.raises(ValueError, match="'2' chooses no layer: 2: gives 1 x 8 x 8 x 8, and nothing says"):
        srop.find_layers(network, images, pattern=["2", "3"])
    with pytest.raises(ValueError, match="nothing says which of these are channels"):
        srop.profile(network, [torch.rand(2, 3, 8, 8)], ["2"])
    with pytest.raises(ValueError, match="layout names 'relu', which is no layer here"):
        srop.find_layers(network, images, layout={"relu": "NCHW"})
    table = srop.compare(network, cube(nn.AdaptiveAvgPool2d(8)), [torch.rand(2, 3, 8, 8)], layout="NCHW")
    assert table["layer"].tolist() == ["0", "2", "3"]


def test_a_layout_contradicts_no_convolution():
    images = torch.rand(2, 3, 8, 8)
    with pytest.raises(ValueError, match="is a Conv2d, which gives NCHW; leave layout 'NHWC' out"):
        srop.profile(cube(), [images], ["0"], layout={"0": "NHWC"})
    network = cube()
    for_all = srop.profile(network, [images], ["0", "1"], layout="NHWC")
    assert for_all.query("layer == '0'")["mean"].tolist() == srop.profile(network, [images], ["0"])["mean"].tolist()
    both = srop.profile(network, [images], ["0", "2"], layout="NCHW")
    assert both["layer"].unique().tolist() == ["0", "2"]
    with pytest.raises(ValueError, match="is a Conv2d, which gives NCHW"):
        srop.profile(network, [images], ["0", "1"], layout={"0": "NHWC", "1": "NHWC"})


def test_a_layout_of_other_dimensions_leaves_growth_in_place():
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(2))
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    table = srop.profile(network, [images], ["1", "2"], layout="NCL", grid=8)
    measured = [rows["mean"].tolist() for _, rows in table.groupby("layer")]
    assert measured[0] == measured[1]


@pytest.mark.parametrize("layout", ["nhwc", {"2": "NHWC"}])
def test_channels_check_their_layout(layout):
    with pytest.raises(ValueError, match="layout"):
        srop.describe_channels(cube(), [torch.rand(2, 3, 8, 8)], "1", layout=layout)
