"""Tokens on a grid: their SROPs, the tokens that are left out, and the message where no grid is known."""

import math
from types import SimpleNamespace

import numpy as np
import oracle
import pandas as pd
import pytest
import torch
from maps import noise
from torch import Tensor, nn
from torchvision.models import SwinTransformer, VisionTransformer

import srop
from srop.rings import outermost_ring
from srop.tokens import Grid, as_grid, stated_by

BLOCK = "encoder.layers.encoder_layer_0"


def vit(size: int = 32, patch: int = 8, width: int = 24) -> VisionTransformer:
    torch.manual_seed(0)
    return VisionTransformer(size, patch, 2, 2, width, 32)


def copying(size: int, patch: int) -> VisionTransformer:
    """A ViT each of whose tokens holds the mean color of its patch, in every block."""
    network = vit(size, patch)
    with torch.no_grad():
        network.conv_proj.weight.zero_()
        for channel in range(24):
            network.conv_proj.weight[channel, channel % 3] = 1 / patch**2
        for parameter in (network.conv_proj.bias, network.encoder.pos_embedding):
            parameter.zero_()
        for block in network.encoder.layers:
            for layer in (block.self_attention.out_proj, block.mlp[3]):
                layer.weight.zero_()
                layer.bias.zero_()
    return network


@pytest.mark.parametrize("periods", [1, 2, 5, 7])
@pytest.mark.parametrize("across", [False, True])
def test_tokens_that_hold_a_wave_have_the_srop_of_the_wave(periods, across):
    wave = torch.cos(2 * torch.pi * periods * torch.arange(16, dtype=torch.float64) / 16).float().expand(16, 16)
    image = (wave.T if across else wave).repeat_interleave(8, 0).repeat_interleave(8, 1).expand(2, 3, 128, 128)
    layers = ["conv_proj", BLOCK, "encoder.layers.encoder_layer_1"]
    table = srop.profile(copying(128, 8), [image], layers, reference=16)
    assert np.allclose(table["mean"], periods / outermost_ring(16), atol=1e-6)
    assert table["size"].eq(16).all()


def test_the_class_token_does_not_count():
    image = noise(2, 3, 32, 32)
    tables = []
    for value in (0.0, 1e6):
        network = copying(32, 8)
        with torch.no_grad():
            network.class_token.fill_(value)
        tables.append(srop.profile(network, [image], [BLOCK], origin=""))
    pd.testing.assert_frame_equal(*tables)
    with_patches = srop.profile(copying(32, 8), [image], ["conv_proj"], origin="")
    pd.testing.assert_series_equal(tables[0]["mean"], with_patches["mean"])


def test_tokens_agree_with_the_oracle():
    images = noise(2, 3, 64, 64)
    network = vit(64, 8).eval()
    with torch.no_grad(), srop.reduced_layers(network, [BLOCK], lambda _, output: output.numpy().copy()) as kept:
        network(images)
    (tokens,) = kept[BLOCK]
    maps = np.array([[image[1:, channel].reshape(8, 8) for channel in range(24)] for image in tokens])
    decided = oracle.margins(maps, srop.PUBLISHED, 64) > 1e-4
    _, by_image = srop.profile(network, [images], [BLOCK], by_image=True)
    expected = oracle.rolloff_points(maps, srop.PUBLISHED, 64)
    table = srop.profile(network, [images], [BLOCK])
    assert decided.mean() > 0.9
    channels = decided.all(0)
    assert np.allclose(table["mean"][channels], expected.mean(0)[channels], atol=1e-6)
    images = decided.all(1)
    assert np.allclose(by_image["srop"][images], expected.mean(1)[images], atol=1e-6)


def test_maps_of_swin_have_their_channels_last():
    torch.manual_seed(0)
    network = SwinTransformer([4, 4], 12, [1, 1], [2, 2], [4, 4]).eval()
    image = noise(1, 3, 32, 32)
    with torch.no_grad(), srop.reduced_layers(network, ["features.1"], lambda _, output: output.numpy().copy()) as kept:
        network(image)
    maps = kept["features.1"][0][0].transpose(2, 0, 1)
    table = srop.profile(network, [image], ["features.1"])
    decided = oracle.margins(maps, srop.PUBLISHED, 32) > 1e-4
    assert maps.shape == (12, 8, 8)
    assert np.allclose(table["mean"][decided], oracle.rolloff_points(maps, srop.PUBLISHED, 32)[decided], atol=1e-6)


def test_the_blocks_of_a_vit_are_found():
    table = srop.explain_layers(vit(), torch.zeros(1, 3, 32, 32)).set_index("module")
    assert table.index[table["chosen"]].tolist() == [
        "conv_proj",
        BLOCK,
        "encoder.layers.encoder_layer_1",
        "encoder.ln",
    ]
    assert table.loc[BLOCK, ["tokens", "size", "channels"]].tolist() == ["1+4x4", 4, 24]
    assert table.loc["conv_proj", "tokens"] == ""


def of_timm(kind: str) -> nn.Module:
    from timm.models.deit import VisionTransformerDistilled
    from timm.models.mlp_mixer import MlpMixer
    from timm.models.vision_transformer import VisionTransformer as Plain

    torch.manual_seed(0)
    sizes = {"img_size": 32, "patch_size": 8, "embed_dim": 24}
    if kind == "mixer":
        return MlpMixer(num_blocks=1, **sizes)
    if kind == "distilled":
        return VisionTransformerDistilled(depth=1, num_heads=2, **sizes)
    further = {"registers": {"reg_tokens": 4}, "no class token": {"class_token": False, "global_pool": "avg"}}[kind]
    return Plain(depth=1, num_heads=2, **sizes, **further)


@pytest.mark.parametrize(
    ("kind", "tokens"),
    [("registers", "5+4x4"), ("distilled", "2+4x4"), ("no class token", "4x4"), ("mixer", "4x4")],
)
def test_what_timm_states(kind, tokens):
    table = srop.explain_layers(of_timm(kind), torch.zeros(1, 3, 32, 32)).set_index("module")
    assert table.loc["blocks.0", "tokens"] == tokens
    assert table.loc["blocks.0", "channels"] == 24


def test_tokens_may_come_last():
    network = of_timm("mixer")
    image = noise(1, 3, 32, 32)
    network.blocks[0].mlp_tokens.fc2.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    kept: list[Tensor] = []
    table = srop.profile(network, [image], ["blocks.0.mlp_tokens.fc2"])
    expected = srop.rolloff_points(kept[0].detach().unflatten(2, (4, 4)), reference=32)[0]
    assert np.allclose(table["mean"], expected)


class Tokens(nn.Module):
    """A network that states nothing of its tokens; the first ones stand before its grid."""

    def __init__(self, before: int = 0, channels: int = 6) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.maps = nn.Conv2d(3, channels, 8, 8)
        self.tokens = nn.Identity()
        self.before = before

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.maps(x).flatten(2).transpose(1, 2)
        return self.tokens(nn.functional.pad(tokens, (0, 0, self.before, 0)))


def test_a_grid_or_layout_that_counts_for_no_layer_is_refused():
    images = noise(2, 3, 32, 32)
    with pytest.raises(ValueError, match="no layer that is taken has tokens on the grid 4: no layer gives tokens"):
        srop.find_layers(Tokens(), images, grid=4)
    with pytest.raises(ValueError, match="17 tokens do not fill the grid 5x5"):
        srop.find_layers(vit(), images, grid="5x5")
    with pytest.raises(ValueError, match="grid 4x4: no layer gives tokens"):
        srop.profile(Tokens(), [images], ["maps"], grid=4)
    with pytest.raises(ValueError, match="layout 'NLC': no layer has an output of 3 dimensions"):
        srop.profile(Tokens(), [images], ["maps"], layout="NLC")


@pytest.mark.parametrize("given", [4, "4", "4x4", (4, 4), {"mine": [4, 4]}, Grid(4, 4)])
def test_a_grid_is_given(given):
    images = noise(2, 3, 32, 32)
    table = srop.profile(Tokens(), [images], {"maps": "maps", "mine": "tokens"}, grid=given)
    maps, mine = (table.loc[table["layer"] == layer, "mean"].reset_index(drop=True) for layer in ("maps", "mine"))
    pd.testing.assert_series_equal(maps, mine)
    before = srop.profile(Tokens(2), [images], ["tokens"], grid="2+4x4")
    pd.testing.assert_series_equal(before["mean"], mine)


BAD = [
    (
        Tokens(),
        None,
        ValueError,
        r"'tokens' .*gives 1 x 16 x 6, tokens or features: 16 tokens fit no stated grid \(the ",
    ),
    (Tokens(), None, ValueError, r"write grid={'tokens': 'ROWSxCOLUMNS'}, or '1\+ROWSxCOLUMNS' for one token before"),
    (Tokens(), 5, ValueError, "16 tokens do not fill the grid 5x5"),
    (Tokens(1), 4, ValueError, r"17 tokens do not fill the grid 4x4; write '1\+4x4' if 1 lie before the grid"),
    (Tokens(1), "2+4x4", ValueError, r"17 tokens do not fill the grid 2\+4x4"),
    (Tokens(), "four", ValueError, "grid 'four': write it as '14x14'"),
    (Tokens(), 0, ValueError, "grid 0: give at least one row and one column"),
    (Tokens(), 1.5, TypeError, "grid=1.5: give a number of rows, a pair"),
    (Tokens(), (4, 4, 4), TypeError, r"grid=\(4, 4, 4\): give a number of rows, a pair"),
    (Tokens(), {"other": 4}, ValueError, "grid names 'other', which is no layer here; there are tokens"),
    (
        Tokens(channels=16),
        4,
        ValueError,
        "nothing says which of these are channels; write layout={'tokens': 'NLC'}, or",
    ),
]


@pytest.mark.parametrize(("network", "grid", "kind", "message"), BAD)
def test_bad_grids(network, grid, kind, message):
    with pytest.raises(kind, match=message):
        srop.profile(network, [torch.rand(1, 3, 32, 32)], ["tokens"], grid=grid)


def test_as_many_channels_as_tokens_need_a_layout():
    images = noise(2, 3, 32, 32)
    network = Tokens(channels=16)
    tables = {how: srop.profile(network, [images], ["tokens"], grid=4, layout=how) for how in ("NLC", "NCL")}
    of_maps = srop.profile(network, [images], ["maps"], layout="NCHW")
    pd.testing.assert_series_equal(tables["NLC"]["mean"], of_maps["mean"])
    assert not tables["NCL"]["mean"].equals(of_maps["mean"])


def test_a_layout_and_a_grid_count_under_any_name_of_a_module():
    images = noise(2, 3, 32, 32)
    ways = {"layout": {"pooled": "NLC"}, "grid": {"pooled": 4}}
    table = srop.profile(Tokens(channels=16), [images], {"mine": "tokens"}, pooled={"pooled": "tokens"}, **ways)
    assert table.groupby("layer")["size"].first().to_dict() == {"mine": 4, "pooled": 2}


def test_a_configuration_states_patches():
    """As networks of transformers have it."""
    network = Tokens(1)
    network.config = SimpleNamespace(patch_size=8, hidden_size=6)
    network.cls_token = nn.Parameter(torch.zeros(1, 1, 6))
    table = srop.explain_layers(network, torch.zeros(1, 3, 32, 32)).set_index("module")
    assert table.loc["maps", "chosen"]
    assert stated_by(network, 32, 32).widths == {6}
    images = noise(1, 3, 32, 32)
    stated = srop.profile(network, [images], ["tokens"])
    pd.testing.assert_frame_equal(stated, srop.profile(network, [images], ["tokens"], grid="1+4x4"))


def test_tokens_that_do_not_lie_row_by_row_are_asked_for():
    """As those of Hiera, which are in the order of its mask units."""
    network = vit()
    assert stated_by(network, 32, 32).grids
    network.unroll = nn.Identity()
    with pytest.raises(ValueError, match=r"17 tokens fit no stated grid \(the network states none\)"):
        srop.profile(network, [torch.rand(1, 3, 32, 32)], [BLOCK])


def test_a_grid_reads_as_it_is_written():
    for grid in (Grid(4, 4), Grid(3, 5, 2)):
        assert as_grid(str(grid)) == grid
    assert as_grid("0+4x4").before == 0


def test_the_network_is_left_as_it_was():
    network = vit().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    srop.profile(network, [images], srop.find_layers(network, images))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    for module in network.modules():
        assert module.training
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert torch.equal(torch.get_rng_state(), state)


def test_a_monitor_takes_a_grid():
    with srop.Monitor(Tokens(1), noise(2, 3, 32, 32), ["tokens"], grid="1+4x4") as monitor:
        monitor.step()
    assert monitor.table["size"].tolist() == [4, 4]
    assert not math.isnan(monitor.table["mean"].iloc[0])
