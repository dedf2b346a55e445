"""Relative log amplitudes, against closed forms, plain float64 sums, and the arithmetic of the authors' notebook."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import srop
from srop import layer_amplitudes, plot_amplitudes, relative_log_amplitude

CHOICES = [(mean_of, along) for mean_of in ("log", "amplitude") for along in ("diagonal", "rings")]


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def oracle(maps: np.ndarray, *, mean_of: str, along: str, relative: bool = True, offset: float = 1e-6) -> list[float]:
    """Sum a discrete Fourier transform term by term, written from the definition alone."""
    height, width = maps.shape[-2:]
    rows, columns = np.arange(height), np.arange(width)
    longer = max(height, width)

    def amplitudes(u: int, v: int) -> np.ndarray:
        phase = np.exp(-2j * np.pi * (u * rows[:, None] / height + v * columns[None, :] / width))
        return np.abs((maps * phase).sum(axis=(-2, -1))).ravel()

    curve = []
    for k in range((longer + 1) // 2):
        if along == "diagonal":
            places = [(k, k)]
        else:
            places = [
                (u, v)
                for u in range(-(height // 2), height - height // 2)
                for v in range(-(width // 2), width - width // 2)
                if math.floor(longer * math.hypot(u / height, v / width) + 1e-9) == k
            ]
        values = np.concatenate([amplitudes(u, v) for u, v in places])
        if mean_of == "log":
            curve.append(np.log(values + offset).mean())
        else:
            curve.append(np.log(values.mean() + offset))
    return [value - relative * curve[0] for value in curve]


def notebook(maps: torch.Tensor) -> torch.Tensor:
    """Do the arithmetic that the authors' notebook does: log, shift, mean, half the diagonal, less its first value."""
    logs = torch.log(torch.abs(torch.fft.fft2(maps)) + 1e-6)
    side = logs.shape[-1]
    shifted = torch.roll(logs, (side // 2, side // 2), (-2, -1))
    mean = torch.stack([each for image in shifted for each in image]).mean(0)
    half = torch.stack([mean[place, place] for place in range(side // 2, side)])
    return half - half[0]


@pytest.mark.parametrize("size", [2, 3, 7, 8, 14, 15])
def test_the_defaults_are_those_of_the_authors(size):
    maps = noise(2, 3, size, size)
    curve = relative_log_amplitude(maps)
    torch.testing.assert_close(curve.amplitude, notebook(maps))
    assert len(curve.frequency) == len(curve.amplitude) == (size + 1) // 2


@pytest.mark.parametrize("mean_of", ["log", "amplitude"])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize(
    ("along", "size"),
    [("diagonal", (7, 7)), ("diagonal", (8, 8))] + [("rings", (a, b)) for a in (5, 8) for b in (6, 8, 9)],
)
def test_it_is_what_plain_sums_give(mean_of, along, relative, size):
    maps = noise(2, 3, *size)
    choices = {"mean_of": mean_of, "along": along, "relative": relative}
    measured = relative_log_amplitude(maps, **choices).amplitude
    assert measured.numpy() == pytest.approx(oracle(maps.numpy(), **choices), abs=1e-9)


def test_a_wave_stands_out_at_its_frequency():
    x = torch.arange(16, dtype=torch.float64) / 16
    wave = 1 + torch.cos(2 * torch.pi * 3 * (x[:, None] + x))
    # A cosine along the diagonal has half of the amplitude of its mean in each of its two components.
    curve = relative_log_amplitude(wave[None, None])
    assert curve.amplitude[3] == pytest.approx(math.log(0.5), abs=1e-6)
    assert (curve.amplitude[[1, 2, 4, 5, 6, 7]] < -15).all()
    rings = relative_log_amplitude(wave[None, None], along="rings", mean_of="amplitude").amplitude
    assert rings.argmax() == 0
    assert rings[1:].argmax() == 3  # sqrt(2) * 3 lies in ring 4


@pytest.mark.parametrize("along", ["diagonal", "rings"])
def test_white_noise_is_flat(along):
    maps = noise(40, 50, 16, 16)
    amplitude = relative_log_amplitude(maps, along=along, relative=False).amplitude
    # |F|^2 is exponential about 256, whose mean logarithm is log(256) less Euler's constant.
    assert amplitude[1:].numpy() == pytest.approx((math.log(256) - 0.57722) / 2, abs=0.06)
    # At zero frequency F is real: its square is chi-squared, whose mean logarithm is less by log 2.
    assert amplitude[0] == pytest.approx((math.log(256) - 0.57722 - math.log(2)) / 2, abs=0.06)


def test_a_constant_has_its_lowest_frequency_alone():
    for choices in ({}, {"along": "rings"}, {"mean_of": "amplitude"}):
        amplitude = relative_log_amplitude(torch.full((1, 2, 8, 8), 3.0), **choices).amplitude
        assert amplitude[0] == 0
        assert amplitude[1:].numpy() == pytest.approx(math.log(1e-6) - math.log(192), abs=1e-3)
    bare = relative_log_amplitude(torch.full((1, 1, 8, 8), 3.0), offset=0.0).amplitude
    assert bare[1:].tolist() == [-math.inf] * 3


def test_the_order_of_mean_and_logarithm_matters():
    maps = torch.cat([noise(20, 1, 8, 8), 100 * torch.ones(1, 1, 8, 8, dtype=torch.float64)])
    after, before = (relative_log_amplitude(maps, mean_of=word).amplitude[1:] for word in ("log", "amplitude"))
    assert (before < after - 1).all()


def test_frequencies_are_in_units_of_pi():
    stretched, exact = (
        relative_log_amplitude(noise(1, 1, 8, 8), axis=word).frequency for word in ("stretched", "exact")
    )
    assert stretched.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert exact.tolist() == [0, 0.25, 0.5, 0.75]
    odd = relative_log_amplitude(noise(1, 1, 7, 7), axis="exact").frequency
    assert odd.tolist() == pytest.approx([0, 2 / 7, 4 / 7, 6 / 7])


@pytest.mark.parametrize(("mean_of", "along"), CHOICES)
def test_it_has_gradients(mean_of, along):
    maps = noise(2, 2, 6, 6).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: relative_log_amplitude(x, mean_of=mean_of, along=along).amplitude[1:], maps
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.uint8, torch.int64])
def test_other_types_are_computed_in_float32(dtype):
    maps = (20 * noise(2, 2, 14, 14)).abs().to(dtype)
    curve = relative_log_amplitude(maps)
    assert curve.amplitude.dtype == torch.float32
    assert torch.equal(curve.amplitude, relative_log_amplitude(maps.float()).amplitude)


class TestLayers:
    def test_batches_are_pooled(self):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
        images = noise(5, 3, 12, 12).float()
        for mean_of, along in CHOICES:
            table = layer_amplitudes(model, [images[:2], images[2:]], {"relu": "1"}, mean_of=mean_of, along=along)
            with torch.no_grad():
                expected = relative_log_amplitude(model(images), mean_of=mean_of, along=along)
            assert table["amplitude"].to_numpy() == pytest.approx(expected.amplitude.numpy(), abs=1e-5)
            assert table["frequency"].to_numpy() == pytest.approx(expected.frequency.numpy())
            assert table[["images", "size", "mean_of", "along"]].drop_duplicates().values.tolist() == [
                [5, 10, mean_of, along]
            ]

    def test_tokens_are_folded_without_the_class_token(self):
        from torchvision.models import VisionTransformer

        torch.manual_seed(0)
        model = VisionTransformer(32, 8, 2, 2, 16, 32).eval()
        images = noise(3, 3, 32, 32).float()
        layer = "encoder.layers.encoder_layer_1"
        table = layer_amplitudes(model, [images], [layer])
        kept = []
        handle = model.get_submodule(layer).register_forward_hook(lambda _, __, output: kept.append(output.detach()))
        with torch.no_grad():
            model(images)
        handle.remove()
        maps = kept[0][:, 1:].transpose(1, 2).reshape(3, 16, 4, 4)
        assert table["amplitude"].to_numpy() == pytest.approx(relative_log_amplitude(maps).amplitude.numpy(), abs=1e-5)

    def test_maps_may_be_larger_than_the_input_and_not_square(self):
        model = nn.Sequential(nn.Upsample(scale_factor=2), nn.MaxPool2d(4))
        table = layer_amplitudes(model, [noise(2, 3, 8, 12).float()], ["0", "1"], along="rings")
        assert table["size"].unique().tolist() == ["16x24", "4x6"]
        assert table.groupby("depth").size().tolist() == [12, 3]
        assert table["amplitude"].notna().all()

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ({"batches": torch.zeros(1, 3, 8, 8)}, TypeError, "batches: a tensor was given"),
            ({"layers": []}, ValueError, "no layers were given"),
            ({"layers": {"a": "0", "b": "0"}}, ValueError, "two names to one layer"),
            ({"layers": "0"}, TypeError, "give a list of names"),
            ({"along": "columns"}, ValueError, "along='columns': there are diagonal, rings"),
            ({"batches": [torch.zeros(1, 3, 8, 9)]}, ValueError, "8 x 9 are not square.*along='rings'"),
            ({"batches": [torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 9, 9)]}, ValueError, "not all of one size"),
            ({"batches": [torch.full((1, 3, 8, 8), torch.nan)]}, ValueError, "NaN or infinite"),
        ],
    )
    def test_what_is_wrong_is_named(self, arguments, error, message):
        given = {"model": nn.Sequential(nn.Identity()), "batches": [torch.zeros(1, 3, 8, 8)], "layers": ["0"]}
        with pytest.raises(error, match=message):
            layer_amplitudes(**given | arguments)

    def test_the_picture_has_a_line_for_each_layer_and_the_last_values(self):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
        table = layer_amplitudes(model, [noise(2, 3, 12, 12).float()], {"a_$": "1", "b": "2"})
        figure = plot_amplitudes(table, title="$x")
        figure.canvas.draw()
        left, right = figure.axes
        assert [len(line.get_xdata()) for line in left.lines] == [5, 3]
        last = table.groupby("layer", sort=False)["amplitude"].last()
        assert right.lines[0].get_ydata() == pytest.approx(last.to_numpy())
        assert "after the logarithm" in figure.get_supxlabel()

    def test_maps_of_a_single_frequency_have_no_last_value(self):
        model = nn.Sequential(nn.MaxPool2d(2), nn.MaxPool2d(3))
        table = layer_amplitudes(model, [noise(1, 1, 12, 12).float()], ["0", "1"])
        assert table["amplitude"].tolist()[-1] == 0
        assert np.isnan(plot_amplitudes(table).axes[1].lines[0].get_ydata()).tolist() == [False, True]

    def test_tables_that_are_none_of_its_own(self):
        with pytest.raises(TypeError, match="a list was given"):
            plot_amplitudes([])
        with pytest.raises(ValueError, match="no column layer"):
            plot_amplitudes(pd.DataFrame({"a": [1]}))
        table = layer_amplitudes(nn.Sequential(nn.Identity()), [noise(1, 1, 8, 8)], ["0"])
        with pytest.raises(ValueError, match="twice"):
            plot_amplitudes(pd.concat([table, table]))


@pytest.mark.parametrize(
    ("maps", "options", "error", "message"),
    [
        ([1.0], {}, TypeError, "a list was given"),
        (torch.zeros(2, 8, 8), {}, ValueError, r"maps of shape \(2, 8, 8\); give images x channels x rows x columns"),
        (torch.zeros(0, 2, 8, 8), {}, ValueError, "at least one"),
        (torch.zeros(1, 1, 8, 8, dtype=torch.complex64), {}, ValueError, "complex"),
        (torch.full((1, 1, 8, 8), torch.inf), {}, ValueError, "infinite"),
        (torch.zeros(1, 1, 8, 9), {}, ValueError, "8 x 9 are not square"),
        (torch.zeros(1, 1, 1, 1), {}, ValueError, "a single frequency"),
        (torch.zeros(1, 1, 8, 8), {"mean_of": "power"}, ValueError, "mean_of='power': there are log, amplitude"),
        (torch.zeros(1, 1, 8, 8), {"axis": 1}, ValueError, "axis=1: there are stretched, exact"),
        (torch.zeros(1, 1, 8, 8), {"relative": 1}, TypeError, "relative=1: give True or False"),
        (torch.zeros(1, 1, 8, 8), {"offset": -1.0}, ValueError, "offset=-1.0"),
        (torch.zeros(1, 1, 8, 8), {"offset": "a"}, TypeError, "offset='a'"),
    ],
)
def test_what_is_wrong_is_named(maps, options, error, message):
    with pytest.raises(error, match=message):
        srop.relative_log_amplitude(maps, **options)
