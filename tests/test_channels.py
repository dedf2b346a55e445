"""The channels of a layer, by made maps and made networks."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from srop import concentration, dead_maps, describe_channels, rolloff_points, show_channels, without_channels
from srop.channels import kind_of_channel
from srop.map_concentration import REGULAR, SPARSE

SIZES = [8, 14, 16, 32]


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def noise(count: int, size: int) -> torch.Tensor:
    return torch.randn(count, size, size, generator=generator())


def gratings(count: int, size: int) -> torch.Tensor:
    """Fine waves of any direction and phase."""
    random = torch.rand(3, count, 1, 1, generator=generator())
    frequency, angle, phase = 0.2 + 0.25 * random[0], math.pi * random[1], 2 * math.pi * random[2]
    along = torch.arange(size).float()
    return torch.cos(2 * math.pi * frequency * (angle.cos() * along[:, None] + angle.sin() * along) + phase)


def sparse(count: int, size: int) -> torch.Tensor:
    """One bright pixel in the first map, and up to a fiftieth of all pixels in the others."""
    draw = generator()
    maps = torch.zeros(count, size * size)
    for place, values in enumerate(maps):
        number = 1 + place % max(1, size * size // 50)
        values[torch.randperm(size * size, generator=draw)[:number]] = 1 + torch.rand(number, generator=draw)
    return maps.view(count, size, size)


class TestConcentration:
    @pytest.mark.parametrize("size", [2, 5, 16])
    def test_of_one_bright_pixel_is_in_closed_form(self, size):
        """Without its mean, one of N pixels has (N - 1)^2 / (N^3 - 3 N^2 + ...) of them; its spectrum is flat."""
        maps = torch.zeros(1, size, size, dtype=torch.float64)
        maps[0, 0, 1] = 3
        q = 1 / size**2
        share = q * (1 - q) / (1 - 3 * q + 3 * q**2)
        assert concentration(maps).item() == pytest.approx(share / (share + 1))

    def test_of_a_checkerboard_is_in_closed_form(self):
        """All pixels, and one of N - 1 waves."""
        maps = (torch.arange(16)[:, None] + torch.arange(16)).remainder(2)[None].double()
        assert concentration(maps).item() == pytest.approx(1 / (1 + 1 / 255))

    def test_of_noise(self):
        assert concentration(noise(200, 64)).mean().item() == pytest.approx((1 / 3) / (1 / 3 + 1 / 2), abs=0.005)

    @pytest.mark.parametrize("size", SIZES)
    def test_textures_noise_and_sparse_maps_are_kind_of_apart(self, size):
        """With ReLUs, other distributions, and a little noise; a few of 300 small maps may be taken for another."""
        uniform = torch.rand(300, size, size, generator=generator())
        kinds = {
            "texture": [gratings(300, size), gratings(300, size).relu(), gratings(300, size) + 0.3 * noise(300, size)],
            "noise": [noise(300, size), noise(300, size).relu(), uniform],
            "sparse": [sparse(300, size), sparse(300, size) + 0.03 * noise(300, size)],
        }
        for kind, sets in kinds.items():
            for maps in sets:
                live = maps[~dead_maps(maps)]
                values = concentration(live)
                is_of = {"texture": values > REGULAR, "sparse": values < SPARSE}
                is_of["noise"] = ~is_of["texture"] & ~is_of["sparse"]
                assert is_of[kind].float().mean() >= (0.95 if size > 8 else 0.9), kind

    def test_a_bright_pixel_has_the_srop_of_noise_and_another_concentration(self):
        pixel, random = sparse(1, 16), noise(1, 16)
        assert rolloff_points(pixel).item() > 0.8
        assert rolloff_points(random).item() > 0.8
        assert concentration(pixel).item() < 0.01
        assert concentration(random).item() > 0.3

    def test_offsets_factors_turns_and_shifts_change_nothing(self):
        maps = noise(5, 16).double().relu()
        expected = concentration(maps)
        for changed in (maps * 1e-20, 1e20 * maps, 7 - 3 * maps, maps.rot90(1, (1, 2)), maps.roll((3, 5), (1, 2))):
            torch.testing.assert_close(concentration(changed), expected)

    def test_dead_maps_have_none(self):
        assert concentration(torch.full((2, 8, 8), 0.3)).isnan().all()

    def test_what_is_no_map(self):
        with pytest.raises(TypeError, match=r"maps are torch.int64; give floating point"):
            concentration(torch.zeros(2, 8, 8, dtype=torch.long))
        with pytest.raises(ValueError, match=r"maps of shape \(9,\); give"):
            concentration(torch.zeros(9))
        with pytest.raises(ValueError, match=r"maps of shape \(2, 1, 1\)"):
            concentration(torch.zeros(2, 1, 1))


class Shown(nn.Module):
    """A layer whose channels are the images' own: smooth, a bright pixel, noise, a texture, dead."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.maps(images)


@pytest.fixture
def images() -> torch.Tensor:
    ramp = torch.linspace(-1, 1, 16).expand(16, 16)
    smooth = (ramp + ramp.T).cos().expand(6, 16, 16)
    channels = [noise(6, 16), torch.zeros(6, 16, 16), smooth, sparse(1, 16).expand(6, 16, 16), gratings(6, 16)]
    stacked = torch.stack(channels, 1).clone()
    stacked[2, 2] *= 5
    return stacked


def test_channels_go_from_smooth_to_fine_and_dead_ones_last(images):
    table = describe_channels(Shown(), images.split(4), "maps")
    kinds = dict(zip(table["channel"], table["kind"], strict=True))
    assert kinds == {0: "noise", 1: "dead", 2: "smooth", 3: "sparse", 4: kinds[4]}
    assert kinds[4] in ("texture", "mixed")
    assert table["channel"].iloc[[0, -1]].tolist() == [2, 1]
    assert table["srop"].dropna().is_monotonic_increasing
    dead = table.iloc[-1]
    assert (dead["dead_share"], dead["typical"], dead["driven_by"]) == (1, -1, [])
    row = table[table["channel"] == 0].iloc[0]
    assert row["srop"] == pytest.approx(rolloff_points(images[:, 0]).mean().item())
    assert row["concentration"] == pytest.approx(concentration(images[:, 0]).mean().item())
    assert row["driven_by"] == images[:, 0].amax((1, 2)).argsort(descending=True)[:3].tolist()
    assert table[table["channel"] == 2].iloc[0]["driven_by"][0] == 2


def test_kinds_have_their_limits():
    assert kind_of_channel(math.nan, math.nan, 0.9) == "dead"
    assert [kind_of_channel(srop, 0.5, 1.0) for srop in (0.49, 0.5, 0.74, 0.75)] == [
        "smooth",
        "mixed",
        "mixed",
        "noise",
    ]
    assert [kind_of_channel(0.9, share, 1.0) for share in (0.14, 0.15, 0.7, 0.71)] == [
        "sparse",
        "noise",
        "noise",
        "texture",
    ]


def test_maps_of_few_possible_srops_have_no_kind():
    """Of 2 x 2 maps, all that vary have one SROP, that of white noise."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(8))
    images = torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert describe_channels(model, [images], "1")["kind"].unique().tolist() == ["coarse"]


def test_a_channel_that_is_dead_for_some_images_is_described_by_the_others(images):
    images[:5, 0] = 0
    row = describe_channels(Shown(), [images], "maps").query("channel == 0").iloc[0]
    assert row["dead_share"] == pytest.approx(5 / 6)
    assert (row["typical"], row["driven_by"]) == (5, [5])


def test_the_sheet_shows_every_live_channel(images):
    figure = show_channels(Shown(), [images], "maps", pictures=images[:, :3].clamp(0, 1))
    titles = [axes.get_title() for axes in figure.axes if axes.has_data()]
    assert titles[0].startswith("2: ")
    assert len(titles) == 4
    assert "1 dead channels: 1" in figure.get_supxlabel()
    figure.canvas.draw()
    few = show_channels(Shown(), [images], "maps", pictures=images[:, :3].clamp(0, 1), count=2)
    assert sum(axes.has_data() for axes in few.axes) == 2
    assert "2 of 4 live channels are drawn" in few.get_supxlabel()


def test_a_layer_of_dead_channels_has_a_sheet():
    figure = show_channels(Shown(), [torch.zeros(2, 3, 8, 8)], "maps")
    assert "3 dead channels: 0, 1, 2" in figure.get_supxlabel()
    figure.canvas.draw()


def test_pictures_are_one_for_each_image(images):
    with pytest.raises(ValueError, match="pictures: 1 are fewer than the images"):
        show_channels(Shown(), [images], "maps", pictures=torch.zeros(1, 3, 8, 8))


class TestWithoutChannels:
    def network(self) -> nn.Sequential:
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))

    def test_equals_a_network_without_the_filters(self):
        model, images = self.network(), torch.randn(2, 3, 8, 8, generator=generator())
        pruned = copy.deepcopy(model)
        with torch.no_grad():
            pruned[2].weight[:, [1, 3]] = 0
        with without_channels(model, "1", [1, 3]):
            torch.testing.assert_close(model(images), pruned(images))
        assert not torch.allclose(model(images), pruned(images))
        assert not any(module._forward_hooks for module in model.modules())

    def test_a_channel_of_tokens_is_that_of_every_token(self):
        tokens = nn.Sequential(nn.Linear(4, 5), nn.Identity())
        with without_channels(tokens, "0", [2]):
            assert (tokens(torch.rand(2, 7, 4)) == 0).all(dim=1).tolist() == [[False, False, True, False, False]] * 2

    def test_none_changes_nothing_and_unknown_ones_are_refused(self):
        model, images = self.network(), torch.randn(2, 3, 8, 8, generator=generator())
        expected = model(images)
        with without_channels(model, "1", []):
            assert torch.equal(model(images), expected)
        with (
            pytest.raises(ValueError, match=r"channels=\[4\]: layer '1' has the channels 0 to 3"),
            without_channels(model, "1", [4]),
        ):
            model(images)
        with pytest.raises(ValueError, match="no layer 'x'; there are 0, 1, 2"), without_channels(model, "x", [0]):
            pass


def test_a_network_is_left_as_it_was(images):
    images = images[:, :3].clone()
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).train()
    state, kept, random = copy.deepcopy(model.state_dict()), images.clone(), torch.get_rng_state()
    show_channels(model, [images], "2")
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert model.training
    assert torch.equal(images, kept)
    assert torch.equal(torch.get_rng_state(), random)


def test_bad_inputs(images):
    with pytest.raises(ValueError, match="no layer 'mpas'; the nearest are maps"):
        describe_channels(Shown(), [images], "mpas")
    with pytest.raises(ValueError, match="not all of one size"):
        describe_channels(Shown(), [images, images[..., :8, :8]], "maps")
    with pytest.raises(TypeError, match=r"such as \[images\]"):
        describe_channels(Shown(), images, "maps")
    with pytest.raises(TypeError, match=r"such as \[images\]"):
        show_channels(Shown(), images, "maps")
    with pytest.raises(TypeError, match="layer: a list was given; give one name"):
        describe_channels(Shown(), [images], ["maps"])
    with pytest.raises(ValueError, match="driving=0: it is a number of images"):
        describe_channels(Shown(), [images], "maps", driving=0)
    assert np.isfinite(describe_channels(Shown(), [images[:1]], "maps")["srop"].iloc[0])
