"""Outputs of every kind: runs of a module, parts of lists, dicts and data classes, and frames of clips."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from maps import noise
from torch import Tensor, nn
from torchvision.ops import FeaturePyramidNetwork

import srop
from srop.outputs import OutputName, output_name, parts_of

Pair = namedtuple("Pair", ["first", "second"])


@dataclass
class Output:
    hidden: Tensor
    size: tuple[int, int] = (16, 16)


class Giving(nn.Module):
    """A convolution whose maps are given in a container."""

    def __init__(self, wrap) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.give = Wrapping(wrap)

    def forward(self, x: Tensor) -> None:
        self.give(self.conv(x))


class Wrapping(nn.Module):
    def __init__(self, wrap) -> None:
        super().__init__()
        self.wrap = wrap

    def forward(self, x: Tensor):
        return self.wrap(2 * x)


CONTAINERS = {
    "give[1]": lambda x: (None, x),
    "give[0][0]": lambda x: [[x], 3],
    "give['out']": lambda x: OrderedDict(out=x),
    'give["out"]': lambda x: {"out": x, 3: None},
    "give[3]": lambda x: {3: x},
    "give['hidden']": Output,
    "give[0]": lambda x: Pair(x, None),
    "give['levels'][1]": lambda x: {"levels": (None, x)},
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_part_is_measured(name):
    images = noise(2, 3, 16, 16)
    network = Giving(CONTAINERS[name])
    table = srop.profile(network, [images, images], {"conv": "conv", "part": name})
    conv, part = (table.loc[table["layer"] == layer, "mean"].tolist() for layer in ("conv", "part"))
    assert conv == part
    layers = srop.find_layers(network, images)
    assert layers == ["conv", name.replace('"', "'")]


def test_an_only_part_is_found_and_several_are_chosen_by_name():
    network = Giving(lambda x: {"fine": x, "coarse": x[..., ::2, ::2], "features": x.mean((2, 3))})
    images = noise(1, 3, 16, 16)
    table = srop.explain_layers(network, images).set_index("module")
    assert table.index[table["chosen"]].tolist() == ["conv"]
    assert table.loc["give['coarse']", "reason"] == "is one of 2 outputs of its module; only its name chooses it"
    assert table.loc["give['coarse']", "size"] == 8
    assert table.loc["give['features']", "reason"].startswith("gives 1 x 4, tokens or features")
    assert srop.find_layers(network, images, pattern="give['fine']") == ["give['fine']"]
    assert srop.find_layers(network, images, pattern="*'coarse'[]]") == ["give['coarse']"]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("give", TypeError, r"layer 'give' gives a dict with the parts \['out'\], \['more'\]\[0\], not a tensor"),
        ("give['aux']", ValueError, r"layer \"give\['aux'\]\" gives a dict with the parts .*without \['aux'\]"),
        ("give['out'][0]", ValueError, r"gives a dict with the parts \['out'\], \['more'\]\[0\], without \[0\]"),
        ("giv['out']", ValueError, r"the network has no layer \"giv\['out'\]\"; the nearest are give"),
        ("give#2['out']", ValueError, "does not run in a forward pass"),
        ("give['out']#1", ValueError, "the network has no layer"),
    ],
)
def test_a_part_that_is_not_there(name, kind, message):
    network = Giving(lambda x: {"out": x, "more": [x]})
    with pytest.raises(kind, match=message):
        srop.profile(network, [torch.rand(1, 3, 16, 16)], [name])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_names_are_taken_apart():
    modules = ["", "a.b", "odd#1", "odd[0]"]
    assert output_name("a.b", modules) == OutputName("a.b")
    assert output_name("a.b#12[3]['x y']", modules) == OutputName("a.b", 12, (3, "x y"))
    assert output_name("['out']", modules) == OutputName("", None, ("out",))
    assert output_name("odd#1", modules) == OutputName("odd#1")
    assert output_name("odd[0][1]", [*modules, "odd"]) == OutputName("odd", None, (0, 1))
    for name in ("a.b#0", "a.b[]", "a.b[x]", "a.b[-1]"):
        with pytest.raises(ValueError, match="no layer"):
            output_name(name, modules)


def test_every_tensor_has_a_name_that_leads_to_it():
    output = {"a": [torch.zeros(1), (torch.ones(1), Output(torch.ones(2)))], "b": None, 2: Pair(torch.zeros(3), 1)}
    parts = dict(parts_of(output))
    assert list(parts) == ["['a'][0]", "['a'][1][0]", "['a'][1][1]['hidden']", "[2][0]"]
    for end, tensor in parts.items():
        assert output_name(f"m{end}", ["m"]).part_of(output) is tensor


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.first, self.second = nn.Identity(), nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.conv(self.first(self.conv(x))))


def test_runs_are_measured_one_by_one():
    network = Twice()
    batches = list(noise(2, 2, 3, 16, 16))
    table = srop.profile(network, batches, ["first", "second", "conv#1", "conv#2"])
    means = {layer: rows["mean"].tolist() for layer, rows in table.groupby("layer")}
    assert means["conv#1"] == means["first"] != means["conv#2"] == means["second"]
    assert table["images"].eq(4).all()
    with pytest.raises(ValueError, match=r"'conv' .*runs more than once .*or one of its runs, with #1 behind"):
        srop.profile(network, batches, ["conv"])
    with pytest.raises(ValueError, match=r"'conv#3' .*does not run"):
        srop.profile(network, batches, ["conv#3"])
    assert srop.find_layers(network, batches[0], pattern="*#2") == ["conv#2"]
    assert srop.find_layers(network, batches[0], pattern="*#?") == ["conv#1", "conv#2"]
    with pytest.raises(
        ValueError, match=r"'conv' chooses no layer: .* runs 2 times in a forward pass; only its name chooses a run"
    ):
        srop.find_layers(network, batches[0], pattern="conv")


def test_levels_of_a_pyramid():
    torch.manual_seed(0)
    pyramid = FeaturePyramidNetwork([3, 3], 4)

    class Detector(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pyramid = pyramid

        def forward(self, x: Tensor) -> Tensor:
            return self.pyramid({"0": x, "1": x[..., ::2, ::2]})["0"]

    table = srop.profile(Detector(), [noise(1, 3, 16, 16)], ["pyramid['0']", "pyramid['1']"])
    assert table.groupby("layer")["size"].first().tolist() == [16, 8]


def clips(last: bool) -> tuple[nn.Module, nn.Module]:
    """A network of frames, and one of images that does the same to each frame."""
    torch.manual_seed(0)
    of_frames, of_images = nn.Conv3d(3, 5, (1, 3, 3)), nn.Conv2d(3, 5, 3)
    # With these a frame far below 0 gives maps of 0, however a convolution rounds.
    of_frames.weight.data.abs_()
    of_images.load_state_dict({"weight": of_frames.weight.detach()[:, :, 0], "bias": of_frames.bias.detach()})
    return nn.Sequential(of_frames, nn.ReLU(), *[ChannelsLast()] * last), nn.Sequential(of_images, nn.ReLU())


class ChannelsLast(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).contiguous()


@pytest.mark.parametrize("last", [False, True])
def test_frames_count_as_images_do(last):
    of_frames, of_images = clips(last)
    clip = noise(3, 3, 4, 16, 16)
    clip[0, :, 1] = -1e6  # a frame whose maps are dead
    frames = clip.transpose(1, 2).flatten(0, 1)
    layer = "2" if last else "1"
    measured, by_clip = srop.profile(of_frames, [clip[:2], clip[2:]], [layer], dead=["omit", "one"], by_image=True)
    expected, by_frame = srop.profile(of_images, [frames], ["1"], dead=["omit", "one"], by_image=True)
    assert expected["dead_share"].max() > 0
    assert measured["images"].eq(3).all()
    columns = ["mean", "median", "std", "dead_share", "out_of_band_share"]
    pd.testing.assert_frame_equal(measured[columns], expected[columns])
    ones = by_frame.loc[by_frame["dead"] == "one", "srop"].to_numpy().reshape(3, 4).mean(1)
    assert np.allclose(by_clip.loc[by_clip["dead"] == "one", "srop"], ones)


def test_pooled_frames():
    of_frames, of_images = clips(last=False)
    clip = noise(2, 3, 4, 16, 16)
    measured = srop.profile(of_frames, [clip], ["0"], pooled={"pooled": "1"})
    expected = srop.profile(of_images, [clip.transpose(1, 2).flatten(0, 1)], ["0"], pooled={"pooled": "1"})
    pd.testing.assert_series_equal(measured["mean"], expected["mean"])


def test_layers_of_clips_are_found_and_refused_like_others():
    network = nn.Sequential(nn.Conv3d(3, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten())
    table = srop.explain_layers(network, torch.rand(1, 3, 4, 16, 16)).set_index("module")
    assert table.index[table["chosen"]].tolist() == ["1"]
    assert table.loc["2", "reason"].startswith("gives 1 x 5 x 1 x 1 x 1: single values")
    with pytest.raises(ValueError, match=r"of shape \(3, 16, 8\); give images x colors x rows x columns"):
        srop.explain_layers(network, torch.rand(3, 16, 8))
    equal = nn.Sequential(nn.Conv3d(3, 16, 1), nn.ReLU())
    with pytest.raises(ValueError, match=r"write layout={'1': 'NCTHW'}, or 'NTHWC' for channels last"):
        srop.profile(equal, [torch.rand(1, 3, 16, 16, 16)], ["1"])


def test_gray_images():
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    assert len(srop.profile(network, [noise(2, 1, 16, 16)], srop.find_layers(network, noise(1, 1, 16, 16)))) == 4
