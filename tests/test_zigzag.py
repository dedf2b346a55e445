"""DCT coefficients in zigzag order and residuals of a median, against loops, closed forms and images."""

import json

import numpy as np
import pytest
import scipy.fft
import torch
from PIL import Image

from srop import compare_spectra, median_residual, plot_spectra, zigzag_spectrum
from srop.cli import main
from srop.data.images import check_image
from srop.image_spectra import image_spectra, spectra_table
from srop.zigzag import zigzag_places


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_order_is_that_of_jpeg():
    """The table of the standard (ITU-T T.81, Fig. A.6), by rows."""
    table = [
        [0, 1, 5, 6, 14, 15, 27, 28],
        [2, 4, 7, 13, 16, 26, 29, 42],
        [3, 8, 12, 17, 25, 30, 41, 43],
        [9, 11, 18, 24, 31, 40, 44, 53],
        [10, 19, 23, 32, 39, 45, 52, 54],
        [20, 22, 33, 38, 46, 51, 55, 60],
        [21, 34, 37, 47, 50, 56, 59, 61],
        [35, 36, 48, 49, 57, 58, 62, 63],
    ]
    for number, (u, v) in enumerate(zigzag_places(8)):
        assert table[u][v] == number


@pytest.mark.parametrize(("size", "block"), [((16, 24), 8), ((17, 20), 5), ((7, 7), 7), ((4, 9), 1)])
def test_the_spectrum_is_that_of_a_loop(size, block):
    maps = noise(2, 3, *size)
    measured = zigzag_spectrum(maps, block=block)
    assert measured.shape == (2, 3, block * block)
    for i in range(2):
        for c in range(3):
            powers = [
                scipy.fft.dctn(maps[i, c, y : y + block, x : x + block].numpy(), norm="ortho") ** 2
                for y in range(0, size[0] - block + 1, block)
                for x in range(0, size[1] - block + 1, block)
            ]
            expected = [np.mean([power[place] for power in powers]) for place in zigzag_places(block)]
            np.testing.assert_allclose(measured[i, c], expected, atol=1e-12)


def test_noise_is_flat_and_the_power_is_that_of_the_map():
    maps = noise(50, 64, 64)
    spectrum = zigzag_spectrum(maps)
    np.testing.assert_allclose(spectrum.mean(0), 1, atol=0.12)
    np.testing.assert_allclose(spectrum.sum(-1) * 64, maps.square().sum((-2, -1)))
    maps = noise(1, 8, 8).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: zigzag_spectrum(x, block=4), maps)


@pytest.mark.parametrize("window", [3, 5])
def test_the_residual_is_that_of_a_loop(window):
    images = noise(2, 3, 6, 7)
    half = window // 2
    measured = median_residual(images, window=window).numpy()
    padded = np.pad(images.numpy(), [(0, 0), (0, 0), (half, half), (half, half)], mode="symmetric")
    for y in range(6):
        for x in range(7):
            median = np.median(padded[..., y : y + window, x : x + window], axis=(-2, -1))
            np.testing.assert_allclose(measured[..., y, x], images.numpy()[..., y, x] - median)
    assert median_residual(images.half()).dtype == torch.float16


def test_an_edge_has_no_residual_and_a_checkerboard_has():
    edge = torch.zeros(8, 8)
    edge[:, 4:] = 1
    assert median_residual(edge).abs().max() == 0
    checkerboard = 0.1 * (-1.0) ** (torch.arange(8)[:, None] + torch.arange(8))
    assert median_residual(edge + checkerboard).abs().max() > 0.05


@pytest.mark.parametrize(
    ("measure", "error", "message"),
    [
        (lambda: zigzag_spectrum([1.0]), TypeError, "a list was given"),
        (lambda: zigzag_spectrum(torch.zeros(8, 8, dtype=torch.long)), TypeError, "give floating point"),
        (lambda: zigzag_spectrum(torch.zeros(8, 7)), ValueError, "hold no block of 8 x 8"),
        (lambda: zigzag_spectrum(torch.zeros(8, 8), block=0), ValueError, "block=0"),
        (lambda: median_residual(torch.zeros(8, 8), window=4), ValueError, "window=4"),
        (lambda: median_residual(torch.zeros(8, 8), window=1), ValueError, "window=1"),
        (lambda: median_residual(torch.zeros(8)), TypeError, "give floating point"),
    ],
)
def test_what_is_wrong_is_named(measure, error, message):
    with pytest.raises(error, match=message):
        measure()


@pytest.fixture
def folders(tmp_path):
    """Smooth images, and the same with a faint checkerboard, as transposed convolutions leave it."""
    generator = np.random.default_rng(0)
    for name in ("real", "fake"):
        (tmp_path / name).mkdir()
    for place in range(12):
        waves = generator.normal(size=(48, 48)).cumsum(0).cumsum(1)
        gray = 60 + 120 * (waves - waves.min()) / np.ptp(waves) + generator.normal(size=(48, 48))
        checkerboard = 2 * (-1.0) ** (np.arange(48)[:, None] + np.arange(48))
        for name, values in (("real", gray), ("fake", gray + checkerboard)):
            Image.fromarray(values.round().clip(0, 255).astype(np.uint8)).save(tmp_path / name / f"{place}.png")
    return tmp_path / "real", tmp_path / "fake"


def test_a_checkerboard_is_seen_in_residuals_and_in_the_last_coefficients(folders):
    table = compare_spectra(*folders, residual=3, block=8)
    zigzag = table[table["kind"] == "zigzag"].set_index("at")
    assert list(zigzag.index) == list(range(1, 64))
    assert table["residual"].unique().tolist() == [3]
    assert zigzag.loc[63, "marked"]
    assert zigzag["difference"].idxmax() == 63
    whole = compare_spectra(*folders)
    assert set(whole["kind"]) == {"radial", "direction", "distance"}
    low = [part[part["kind"] == "radial"]["first"].iloc[0] for part in (table, whole)]
    assert low[0] < low[1] - 1
    figure = plot_spectra(table)
    figure.canvas.draw()
    assert "residuals of a median of 3 x 3" in figure.get_supxlabel()
    assert len(figure.axes) == 4
    assert len(plot_spectra(whole).axes) == 3


def test_sets_that_were_measured_in_other_ways_are_refused(folders):
    pictures = [check_image(file) for file in sorted(folders[0].iterdir())]
    one, other, blocks = (
        image_spectra(pictures, 32, **way) for way in ({}, {"residual": 3}, {"residual": 3, "block": 4})
    )
    for pair in ((one, other), (other, blocks)):
        with pytest.raises(ValueError, match="other residuals or blocks"):
            spectra_table(*pair)
    with pytest.raises(ValueError, match="window=2"):
        compare_spectra(*folders, residual=2)


def test_the_command(folders, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["images", "real", "fake", "--residual", "3", "--block", "8"]) == 0
    out = capsys.readouterr().out
    assert "less their median over 3 x 3 pixels" in out
    assert "coefficients of the DCT differ" in out
    record = json.loads((tmp_path / "srop-real-images.json").read_text())
    assert (record["residual"], record["block"]) == (3, 8)
    with pytest.raises(SystemExit):
        main(["images", "real", "fake", "--residual", "2"])
    assert "the window of a median has a middle pixel" in capsys.readouterr().err
