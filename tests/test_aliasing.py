"""Aliasing, against sums in float64, waves whose share is known, and the maps that layers give at stride 1."""

import antialiased_cnns
import numpy as np
import pandas as pd
import pytest
import torch
from test_guest import NAMES, PARTS, network, random_states, state_of
from torch import nn
from torch.nn import functional

from srop import aliased_share, aliasing, plot_aliasing
from srop.aliasing import _Calls, _running


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def share_by_loop(image: np.ndarray, strides: tuple[int, int], dc: bool) -> float:
    """Sum a discrete Fourier transform term by term, written from the definition alone."""
    height, width = image.shape
    rows, columns = np.arange(height), np.arange(width)
    total = beyond = 0.0
    for u in range(-(height // 2), height - height // 2):
        for v in range(-(width // 2), width - width // 2):
            phase = np.exp(-2j * np.pi * (u * rows[:, None] / height + v * columns / width))
            power = abs((image * phase).sum()) ** 2
            if u or v or dc:
                total += power
            outside = [
                stride > 1 and abs(k) >= side / (2 * stride)
                for k, side, stride in zip((u, v), image.shape, strides, strict=True)
            ]
            beyond += power * any(outside)
    return beyond / total


@pytest.mark.parametrize("dc", [True, False])
@pytest.mark.parametrize("stride", [2, 3, (1, 2), (2, 1), 1])
@pytest.mark.parametrize("size", [(8, 8), (7, 7), (6, 9), (5, 1), (2, 2)])
def test_the_share_is_that_of_a_loop(size, stride, dc):
    maps = noise(2, 3, *size) + 0.5
    strides = stride if isinstance(stride, tuple) else (stride, stride)
    expected = [[share_by_loop(image.numpy(), strides, dc) for image in images] for images in maps]
    np.testing.assert_allclose(aliased_share(maps, stride, dc=dc), expected, atol=1e-12)


@pytest.mark.parametrize("size", [16, 15, (16, 24)])
def test_a_wave_beyond_the_new_nyquist_frequency_has_the_share_1_and_below_it_0(size):
    height, width = size if isinstance(size, tuple) else (size, size)
    down, across = torch.arange(height, dtype=torch.float64) / height, torch.arange(width, dtype=torch.float64) / width
    for u in range(height // 2 + 1):
        for v in range(width // 2 + 1):
            if u or v:
                wave = 3 + torch.cos(2 * torch.pi * (u * down[:, None] + v * across))
                outside = u >= height / 4 or v >= width / 4
                assert aliased_share(wave, 2) == pytest.approx(float(outside), abs=1e-9)


def test_what_is_inside_survives_subsampling_and_what_is_beyond_does_not():
    """Within the square, the power of a map is that of the subsampled map; this is what the limit means."""
    spectrum = torch.fft.fft2(noise(16, 16))
    k = torch.fft.fftfreq(16) * 16
    inside = (k[:, None].abs() < 4) & (k.abs() < 4)
    coarse, fine = (torch.fft.ifft2(spectrum * part).real for part in (inside, ~inside))
    assert aliased_share(coarse, 2) < 1e-20
    assert aliased_share(fine, 2) == pytest.approx(1)
    restored = torch.fft.fft2(coarse[::2, ::2]) * 4
    wide = torch.zeros(16, 16, dtype=torch.complex128)
    places = (torch.fft.fftfreq(8) * 8).long() % 16
    wide[places[:, None], places] = restored
    torch.testing.assert_close(torch.fft.ifft2(wide).real, coarse)


def test_dead_maps_have_no_share():
    maps = torch.stack([torch.zeros(8, 8), torch.full((8, 8), 0.3), torch.eye(8)])
    for dc in (True, False):
        assert aliased_share(maps, 2, dc=dc).isnan().tolist() == [True, True, False]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 4, 3, 2, 1),
        nn.Conv2d(3, 4, 3, (2, 1), 1, padding_mode="reflect"),
        nn.Conv2d(3, 6, 5, 3, groups=3, dilation=2, padding=4),
        nn.MaxPool2d(3, 2, 1),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.MaxPool2d(2, 2, dilation=2),
        nn.AvgPool2d(2),
        nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        nn.LPPool2d(2, 3, stride=2),
        antialiased_cnns.BlurPool(3, filt_size=4, stride=2),
        antialiased_cnns.BlurPool(3, filt_size=3, stride=2),
    ],
    ids=str,
)
def test_the_map_before_is_the_one_that_is_subsampled(layer):
    """Every s-th row and column of what is measured is what the layer gives."""
    images = torch.rand(2, 3, 17, 22)
    kept = []

    class Kept(_Calls):
        def _take(self, func, given, output):
            if func.__name__ in ("conv2d", "max_pool2d", "avg_pool2d", "lp_pool2d"):
                kept.append((func(**given | {"stride": 1}), given["stride"] or given["kernel_size"], output))

    with torch.no_grad(), _running(layer) as running, Kept(running, None, False):
        expected = layer(images)
    ((dense, stride, output),) = kept
    down, across = stride if isinstance(stride, tuple) else (stride, stride)
    every = dense[..., ::down, ::across]
    rows, columns = min(every.shape[-2], output.shape[-2]), min(every.shape[-1], output.shape[-1])
    torch.testing.assert_close(every[..., :rows, :columns], output[..., :rows, :columns])
    assert torch.equal(output, expected)
    # Only a pool that rounds its size up has a row or column more.
    assert (rows, columns) == tuple(output.shape[-2:]) or getattr(layer, "ceil_mode", False)
    table = aliasing(nn.Sequential(layer), [images])
    strides = down, across
    shares = aliased_share(dense, strides)
    assert table["mean"].tolist() == pytest.approx([shares.nanmean().item()], abs=1e-6)
    assert table["lower_quartile"].tolist() == pytest.approx([shares.flatten().nanquantile(0.25).item()], abs=1e-5)


class Written(nn.Module):
    """Subsamples by functions, twice in one module, and in a part that runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 2, 1)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x):
        x = functional.max_pool2d(self.stem(x), 2)
        return self.pool(self.pool(functional.conv2d(x, torch.ones(4, 4, 2, 2), stride=(2, 1))))


def test_functions_and_second_runs_have_rows_of_their_own():
    table = aliasing(Written(), [torch.rand(2, 3, 64, 64), torch.rand(1, 3, 64, 64)])
    assert table["layer"].tolist() == ["stem", "network", "network#2", "pool", "pool#2"]
    assert table["kind"].tolist() == ["convolution", "max pool", "convolution", "average pool", "average pool"]
    assert table["stride"].tolist() == [2, 2, "2x1", 2, 2]
    assert table["before"].tolist() == [64, 31, 15, "7x14", "3x6"]
    assert table["after"].tolist() == [32, 16, "8x15", "4x7", "2x3"]
    assert table["images"].tolist() == [3] * 5
    one = aliasing(Written(), [torch.rand(2, 3, 64, 64)], ["pool"])
    assert one["layer"].tolist() == ["pool", "pool#2"]


def test_batches_are_pooled():
    model, images = nn.Sequential(nn.Conv2d(3, 5, 3, 2)), torch.rand(5, 3, 20, 15)
    together, apart = (aliasing(model, batches) for batches in ([images], images.split(2)))
    pd.testing.assert_frame_equal(together, apart)
    white = together["white"].item()
    counted = share_by_loop(np.eye(1, 18 * 13).reshape(18, 13), (2, 2), dc=False)  # one bright pixel has all components
    assert white == pytest.approx(counted)


def test_blur_pools_alias_less_than_the_layers_that_they_replace():
    torch.manual_seed(0)
    images = noise(2, 8, 32, 32).float()
    plain = nn.Sequential(nn.MaxPool2d(2))
    blurred = nn.Sequential(nn.MaxPool2d(2, stride=1), antialiased_cnns.BlurPool(8, filt_size=4, stride=2))
    first, second = (aliasing(model, [images]) for model in (plain, blurred))
    assert (first["kind"].item(), second["kind"].item()) == ("max pool", "blur")
    assert second["mean"].item() < 0.5 * first["mean"].item()


def test_a_dead_layer_has_no_share():
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 2))
    # Without its bias: how a convolution rounds a sum that is not 0 is the CPU's.
    nn.init.zeros_(model[0].weight)
    nn.init.zeros_(model[0].bias)
    row = aliasing(model, [torch.rand(2, 3, 9, 9)]).iloc[0]
    assert row["dead_share"] == 1
    assert row[["mean", "lower_quartile", "median", "upper_quartile"]].isna().all()
    figure = plot_aliasing(aliasing(model, [torch.rand(2, 3, 9, 9)]))
    figure.canvas.draw()


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_it_leaves_no_trace(part):
    model = network(part)
    model.append(nn.MaxPool2d(2)) if isinstance(model[-1], nn.Conv2d) else None
    model = nn.Sequential(nn.AvgPool2d(1, 2), nn.Upsample(scale_factor=2), *model)
    images = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    before, states, given = state_of(model), random_states(), images.clone()
    aliasing(model, [images])
    assert state_of(model) == before
    assert random_states() == states
    assert torch.equal(images, given)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"batches": torch.zeros(1, 3, 8, 8)}, TypeError, "batches: a tensor was given"),
        ({"batches": []}, ValueError, "holds no images"),
        ({"batches": [torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 9, 9)]}, ValueError, "not all of one size"),
        ({"batches": [torch.full((1, 3, 8, 8), torch.nan)]}, ValueError, "layer '0': maps have NaN or infinite values"),
        ({"layers": "0"}, TypeError, "give a list of names"),
        ({"layers": {"conv": "0"}}, TypeError, "a mapping was given"),
        ({"layers": []}, ValueError, "no layers were given"),
        ({"layers": ["1"]}, ValueError, "layer '1' does not subsample by a stride; these do: 0"),
        ({"layers": ["7"]}, ValueError, "no layer '7'"),
        ({"model": nn.Sequential(nn.ReLU())}, ValueError, "subsamples nowhere"),
        ({"model": nn.ReLU}, TypeError, "the class ReLU was given"),
        ({"batches": [torch.zeros(1, 4, 8, 8)]}, RuntimeError, "cannot take an input of 1 x 4 x 8 x 8"),
    ],
)
def test_what_is_wrong_is_named(change, error, message):
    given = {"model": nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU()), "batches": [torch.zeros(1, 3, 8, 8)]} | change
    with pytest.raises(error, match=message):
        aliasing(**given)


@pytest.mark.parametrize(
    ("maps", "options", "error", "message"),
    [
        ([1.0], {"stride": 2}, TypeError, "a list was given"),
        (torch.zeros(8), {"stride": 2}, ValueError, "give real maps"),
        (torch.zeros(8, 8, dtype=torch.complex64), {"stride": 2}, ValueError, "give real maps"),
        (torch.full((8, 8), torch.inf), {"stride": 2}, ValueError, "infinite"),
        (torch.zeros(8, 8), {"stride": 0}, ValueError, "stride=0"),
        (torch.zeros(8, 8), {"stride": 1.5}, TypeError, "stride=1.5"),
        (torch.zeros(8, 8), {"stride": (1, 2, 3)}, ValueError, "one for rows and one for columns"),
        (torch.zeros(8, 8), {"stride": 2, "dc": 1}, TypeError, "dc=1"),
    ],
)
def test_what_is_wrong_with_maps_is_named(maps, options, error, message):
    with pytest.raises(error, match=message):
        aliased_share(maps, **options)


def test_the_picture_has_networks_side_by_side():
    tables = {
        "plain$": aliasing(nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.MaxPool2d(2)), [torch.rand(2, 3, 32, 32)]),
        "blurred": aliasing(nn.Sequential(antialiased_cnns.BlurPool(3)), [torch.rand(2, 3, 32, 32)]),
    }
    figure = plot_aliasing(tables, title="$x")
    figure.canvas.draw()
    assert [axes.get_title() for axes in figure.axes] == list(tables)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "convolution",
        "blur",
        "max pool",
        "white noise",
    ]
    with pytest.raises(TypeError, match="a list was given"):
        plot_aliasing([])
    with pytest.raises(ValueError, match="no table"):
        plot_aliasing({})
    with pytest.raises(ValueError, match="no column layer"):
        plot_aliasing(pd.DataFrame({"a": [1]}))
    with pytest.raises(ValueError, match="twice"):
        plot_aliasing(pd.concat([tables["blurred"]] * 2))
