"""Networks whose inputs or maps are not square: profiles, layers, tables, tokens, a monitor."""

import oracle
import pandas as pd
import pytest
import torch
from maps import noise
from torch import nn

import srop
from srop import PUBLISHED, concentration, fine_share, radial_spectrum
from srop.resolution import is_coarse
from srop.rings import outermost_ring
from srop.white_noise import white_noise_srop

SIZE = (32, 48)


def images(count: int = 3, size: tuple[int, int] = SIZE) -> torch.Tensor:
    return noise(count, 3, *size)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 7, 3, 2, 1), nn.ReLU(), nn.MaxPool2d(2)
    )


# Profiles.


def test_a_profile_holds_the_srops_of_the_activations_at_the_size_of_the_input():
    model, inputs = network().eval(), images()
    table = srop.profile(model, [inputs[:2], inputs[2:]], {"fine": "1", "coarse": "4", "last": "5"})
    assert table["reference"].unique().tolist() == ["32x48"]
    assert table.drop_duplicates("layer")["size"].tolist() == ["32x48", "8x12", "4x6"]
    with torch.no_grad():
        maps = model[:5](inputs)
    expected = oracle.rolloff_points(maps.numpy(), PUBLISHED, SIZE).mean(axis=0)
    assert table.loc[table["layer"] == "coarse", "mean"].to_numpy() == pytest.approx(expected)


def test_layers_are_found_and_explained():
    table = srop.explain_layers(network(), images(1)).set_index("module")
    assert table.index[table["chosen"]].tolist() == ["1", "2", "4", "5"]
    assert table["size"].tolist() == ["32x48", "32x48", "16x24", "8x12", "8x12", "4x6"]
    mixed = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(7), nn.ReLU(), nn.Flatten())
    sizes = srop.explain_layers(mixed, images(1)).set_index("module")["size"]
    assert sizes[:3].tolist() == ["30x46", 7, 7]
    assert sizes["3"] is pd.NA


def test_square_maps_keep_whole_numbers():
    table = srop.explain_layers(network(), images(1, (32, 32)))
    assert table["size"].dtype == "Int64"
    profile = srop.profile(network(), [images(2, (32, 32))], ["1", "4"])
    assert [profile[column].dtype for column in ("size", "reference")] == ["int64", "int64"]


@pytest.mark.parametrize("pool", [nn.Identity(), nn.AdaptiveAvgPool2d(7)])
def test_a_profile_reads_back_from_its_file(tmp_path, pool):
    """With sizes of text alone, or of text and whole numbers."""
    table = srop.profile(nn.Sequential(network(), pool), [images()], {"maps": "0.1", "pool": "1"})
    table.to_csv(tmp_path / "profile.csv", index=False)
    read = srop.read_profile(tmp_path / "profile.csv")
    assert read["size"].tolist() == table["size"].tolist()
    assert {type(size) for size in read["size"]} == {type(size) for size in table["size"]}
    pd.testing.assert_frame_equal(read, table, check_dtype=False)
    pd.testing.assert_frame_equal(srop.layer_statistics(read), srop.layer_statistics(table), check_dtype=False)
    for row in srop.layer_statistics(read).itertuples():
        assert 0 < white_noise_srop(row.size, reference=row.reference) <= 1
        assert is_coarse(row.size, reference=row.reference) == row.coarse


def test_a_picture_has_white_noise_of_each_size():
    model = network()
    table = srop.profile(model, [images(2, (64, 96))], ["1", "2", "4"])
    figure = srop.plot_profile(table, reference=(64, 96), others={"again": table})
    labels = [text.get_text() for text in figure.axes[1].get_xticklabels()]
    assert labels == ["1\n64x96", "2\n32x48", "4\n16x24"]
    dotted = next(line for line in figure.axes[0].lines if line.get_linestyle() == ":")
    expected = [white_noise_srop(size, reference=(64, 96)) for size in ("64x96", "32x48", "16x24")]
    assert dotted.get_ydata().tolist() == pytest.approx(expected)
    with pytest.raises(ValueError, match="the SROPs of this table refer to 64x96"):
        srop.plot_profile(table, reference=(64, 64))


def test_turned_images_give_a_turned_network_the_same_profile():
    """Except at ties, which few images make unlikely."""
    model, turned = network(), network()
    for module in turned.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.mT
    first = srop.profile(model, [images()], ["1", "4"])
    second = srop.profile(turned, [images().mT], ["1", "4"])
    assert second["size"].unique().tolist() == ["48x32", "12x8"]
    assert second["mean"].to_numpy() == pytest.approx(first["mean"].to_numpy(), abs=0.02)


def test_a_reference_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"reference=48 is one edge length, and the inputs are 32 x 48; .*\(32, 48\)"):
        srop.profile(network(), [images()], ["1"], reference=48)
    with pytest.raises(ValueError, match=r"maps of 32 x 48 are larger than the size \(32, 40\) .*reference=\(32, 48\)"):
        srop.profile(network(), [images()], ["1"], reference=(32, 40))
    table = srop.profile(network(), [images()], ["1"], reference=(64, 96))
    assert table["reference"].unique().tolist() == ["64x96"]


@pytest.mark.parametrize("other", [(32, 40), (48, 32), (32, 32)])
def test_inputs_of_several_sizes_are_refused(other):
    with pytest.raises(ValueError, match=r"layer '1': .*not all of one size; give batches of images of one size"):
        srop.profile(network(), [images(1), images(1, other)], ["1"])
    with pytest.raises(ValueError, match="not all of one size"):
        srop.profile(nn.Sequential(nn.AdaptiveAvgPool2d(8)), [images(1), images(1, other)], ["0"])


# Layouts.


class Strided(nn.Module):
    """As networks of spectrograms: along the rows strides are larger than along the columns."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.pool = nn.Conv2d(3, 6, 3, (2, 1), 1), nn.ReLU(), nn.AvgPool2d((4, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(self.relu(self.conv(x)))


@pytest.mark.parametrize("size", [(32, 32), (32, 80)])
def test_strides_that_differ_along_the_axes(size):
    inputs = images(2, size)
    assert srop.find_layers(Strided(), inputs) == ["relu", "pool"]
    table = srop.profile(Strided(), [inputs], ["relu", "pool"])
    assert table["size"].unique().tolist() == [f"16x{size[1]}", f"4x{size[1]}"]
    # Along the columns nothing changes, so a wave has its cycles per pixel of the input.
    periods = size[1] // 4
    wave = torch.cos(2 * torch.pi * periods * torch.arange(size[1]) / size[1]).expand(1, 3, *size)
    model = Strided().eval()
    nn.init.zeros_(model.conv.weight)
    model.conv.weight.data[:, :, 1, 1] = 1
    waves = srop.profile(model, [wave], ["conv"])
    assert waves["mean"].tolist() == pytest.approx([periods / outermost_ring(size)] * 6)


def test_layers_behind_convolutions_without_padding():
    """Their proportions are those of the input only nearly."""
    model = nn.Sequential(*[nn.Conv2d(3, 3, 3) for _ in range(4)], nn.Conv2d(3, 24, 1), Halved())
    assert srop.find_layers(model, images(1))[-1] == "5"
    assert srop.explain_layers(model, images(1))["size"].tolist()[-2:] == ["24x40", "12x20"]


class Halved(nn.Module):
    """Two groups of channels added up, so that no convolution gives as many."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(x[:, :12] + x[:, 12:], 2)


class Last(nn.Module):
    """Channels last, whose module says nothing of its layout."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(x, 2).permute(0, 2, 3, 1)


def test_the_proportions_of_the_input_tell_channels_last():
    table = srop.profile(nn.Sequential(nn.Conv2d(3, 16, 1), Last()), [images()], ["1"])
    assert table["size"].unique().tolist() == ["16x24"]
    assert len(table) == 16


class Heads(nn.Module):
    """Values that are no maps: heads x tokens x values."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(2).mT.reshape(len(x), 4, -1, 24)


@pytest.mark.parametrize("size", [(32, 48), (32, 32)])
def test_what_has_neither_proportions_nor_channels_is_refused(size):
    model = nn.Sequential(nn.Conv2d(3, 24, 1), Heads())
    message = r"unlike the input's proportions, and nothing says which of these are channels; for maps write layout"
    with pytest.raises(ValueError, match=message):
        srop.profile(model, [images(1, size)], ["1"])


def test_networks_of_libraries():
    from torchvision.models import resnet18, swin_t

    inputs = images(1, (64, 96))
    table = srop.explain_layers(resnet18(), inputs).set_index("module")
    chosen = table[table["chosen"]]
    assert chosen["size"].tolist() == ["32x48", *["16x24"] * 3, *["8x12"] * 2, *["4x6"] * 2, *["2x3"] * 2]
    swin = srop.explain_layers(swin_t(), inputs).set_index("module")
    assert swin.loc[swin["chosen"], "size"].tolist()[:3] == ["16x24"] * 3
    assert swin.loc["features.1.0", "channels"] == 96


# Tokens.


def test_tokens_on_a_grid_that_is_not_square():
    timm = pytest.importorskip("timm")
    model = timm.create_model("vit_tiny_patch16_224", img_size=(112, 160), depth=2)
    inputs = images(2, (112, 160))
    table = srop.explain_layers(model, inputs).set_index("module")
    assert table.loc["blocks.1", ["size", "tokens", "chosen"]].tolist() == ["7x10", "1+7x10", True]
    profile = srop.profile(model, [inputs], ["blocks.0", "blocks.1"])
    assert profile["size"].unique().tolist() == ["7x10"]
    assert profile["reference"].unique().tolist() == ["112x160"]


class Tokens(nn.Module):
    """Patches of 16 x 16 as tokens."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(x, 16).flatten(2).mT


@pytest.mark.parametrize("grid", [(7, 10), "7x10"])
def test_a_grid_that_is_given(grid):
    inputs = images(2, (112, 160))
    table = srop.profile(nn.Sequential(Tokens()), [inputs], ["0"], grid=grid)
    maps = nn.functional.avg_pool2d(inputs, 16)
    expected = oracle.rolloff_points(maps.numpy(), PUBLISHED, (112, 160)).mean(axis=0)
    assert table["mean"].to_numpy() == pytest.approx(expected)


def test_a_grid_that_is_not_square_on_a_square_input():
    table = srop.profile(nn.Sequential(Tokens()), [images(2, (64, 64))], ["0"], grid="2x8")
    assert (table["size"].unique().tolist(), table["reference"].unique().tolist()) == (["2x8"], [64])


# What else measures maps.


def test_a_monitor_takes_a_probe_that_is_not_square():
    model = network()
    with srop.Monitor(model, images(), ["1", "4"], every=1) as monitor:
        monitor.step()
    assert monitor.table["size"].tolist() == ["32x48", "8x12"] * 2
    assert monitor.table["reference"].unique().tolist() == ["32x48"]
    assert monitor.plot().axes


def test_two_networks_are_compared():
    table = srop.compare(network(), network(), [images(12)], ["1", "4"])
    assert table["size"].tolist() == ["32x48", "8x12"]
    assert (table["difference"] == 0).all()
    with pytest.raises(ValueError, match=r"refer to 32x48 and of the second to 48x32; .*reference=48"):
        srop.compare(network(), None, [images(2)], ["1"], against=[images(2, (48, 32))])


def test_channels_are_described_and_shown():
    table = srop.describe_channels(network(), [images()], "4")
    assert table["size"].unique().tolist() == ["8x12"]
    assert srop.show_channels(network(), [images()], "4", table=table).axes


def test_channels_are_left_out():
    model, inputs = nn.Sequential(network(), Last()).eval(), images()
    with torch.no_grad():
        whole = model(inputs)
        with srop.without_channels(model, "1", [0, 3]):
            without = model(inputs)
    assert (without[..., [0, 3]] == 0).all()
    assert torch.equal(without[..., [1, 2, 4, 5, 6]], whole[..., [1, 2, 4, 5, 6]])


def test_concentration_and_fine_share_of_rectangles():
    pixel, wave = torch.zeros(12, 20), torch.cos(2 * torch.pi * torch.arange(20) / 4).expand(12, 20)
    pixel[3, 5] = 1
    assert concentration(torch.stack([pixel, wave])).tolist() == pytest.approx([0, 0.98], abs=0.02)
    maps = noise(5, 5, 24, dtype=torch.float64)
    spectrum = radial_spectrum(maps)
    for ring in range(1, outermost_ring(24)):
        torch.testing.assert_close(fine_share(maps, ring), spectrum[:, ring:].sum(-1))
