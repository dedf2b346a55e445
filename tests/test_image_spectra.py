"""Images against images: what is done to photographs is seen where it is done, and nothing where nothing is done."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image, ImageFilter

from srop import compare_spectra, plot_spectra, power_by_direction
from srop.cli import main
from srop.data.images import check_image, foolbox_images
from srop.image_spectra import ImageSpectra, image_spectra, log_power, spectra_table

SIDE = 128


@pytest.fixture(scope="module")
def parts() -> list[Image.Image]:
    """Two parts of each of 20 photographs."""
    parts = []
    for file in foolbox_images(20):
        with Image.open(file) as opened:
            image = opened.convert("RGB")
        left, top = (image.width - 2 * SIDE) // 2, (image.height - SIDE) // 2
        parts += [image.crop((left + x, top, left + x + SIDE, top + SIDE)) for x in (0, SIDE)]
    return parts


def saved(images: list[Image.Image], folder: Path, change=lambda image: image) -> Path:
    folder.mkdir()
    for place, image in enumerate(images):
        change(image).save(folder / f"{place:02}.png")
    return folder


@pytest.fixture(scope="module")
def photographs(parts, tmp_path_factory) -> Path:
    return saved(parts, tmp_path_factory.mktemp("images") / "photographs")


def enlarged(method: Image.Resampling):
    quarter = SIDE // 4
    return lambda image: image.crop((quarter, quarter, 3 * quarter, 3 * quarter)).resize((SIDE, SIDE), method)


def compressed(image: Image.Image, folder: Path, quality: int) -> Image.Image:
    image.save(folder / "small.jpg", quality=quality)
    with Image.open(folder / "small.jpg") as opened:
        return opened.convert("RGB")


def radial(table: pd.DataFrame, low: float = 0.0, high: float = 1.0) -> pd.DataFrame:
    rows = table[table["kind"] == "radial"]
    return rows[rows["at"].between(low, high)]


def test_what_was_blurred_lacks_fine_waves(parts, photographs, tmp_path):
    other = saved(parts, tmp_path / "other", lambda image: image.filter(ImageFilter.GaussianBlur(1)))
    table = compare_spectra(photographs, other)
    assert table["marked"].iloc[-1]
    assert table["lower"].iloc[-1] > 5
    assert radial(table, 0.3, 0.5)["marked"].all()
    assert not radial(table, 0, 0.05)["marked"].any()
    # The transfer function of a Gaussian of one pixel, at a tenth of a cycle per pixel; Pillow's boxes come near it.
    expected = -10 * (2 * math.pi * 0.1) ** 2 / math.log(10)
    assert 10 * radial(table, 0.095, 0.105)["difference"].mean() == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("method", [Image.Resampling.BICUBIC, Image.Resampling.NEAREST])
def test_what_was_enlarged_lacks_fine_waves(method, parts, photographs, tmp_path):
    table = compare_spectra(photographs, saved(parts, tmp_path / "other", enlarged(method)))
    assert table["marked"].iloc[-1]
    assert radial(table, 0.6, 0.71)["marked"].any()
    assert (radial(table, 0.3, 0.71)["difference"] < 0.1).all()


def test_what_was_compressed_has_blocks(parts, photographs, tmp_path):
    """Their edges are upright and level, so the diagonal directions lose."""
    other = saved(parts, tmp_path / "other", lambda image: compressed(image, tmp_path, 10))
    table = compare_spectra(photographs, other)
    directions = table[table["kind"] == "direction"].set_index("at")
    assert directions.loc[45, "marked"]
    assert (directions.loc[[45, 135], "difference"] < -0.1).all()
    assert (directions.loc[[0, 90], "difference"] > 0.1).all()


def test_other_photographs_do_not_differ(parts, tmp_path):
    # One part of each, because two parts of a photograph are alike.
    table = compare_spectra(saved(parts[:20:2], tmp_path / "a"), saved(parts[20::2], tmp_path / "b"))
    assert not table["marked"].any()
    assert table["p"].between(0, 1).all()


def test_the_same_images_have_no_distance(photographs):
    table = compare_spectra(photographs, photographs)
    assert table["difference"].abs().max() == 0
    assert table["p"].min() == 1
    last = table.iloc[-1]
    assert (last["lower"], last["first_images"], last["size"]) == (0, 40, SIDE)
    assert ((table["first_lower"] <= table["first"]) & (table["first"] <= table["first_upper"]))[:-1].all()


def test_sets_of_one_distribution_are_rarely_told_apart():
    """On average 2 % of 40 pairs have a marked ring at most, and 2 % a marked distance; six have a chance of 0.3 %."""
    generator = np.random.default_rng(0)
    marks = 0
    for _ in range(40):
        sets = [
            ImageSpectra(
                16, generator.normal(size=(12, 1)) + generator.normal(size=(12, 9)), generator.gamma(2, size=(12, 4))
            )
            for _ in range(2)
        ]
        table = spectra_table(*sets)
        marks += bool(table["marked"].any())
    assert marks < 6


def test_nothing_is_resized(tmp_path):
    """A wave keeps its frequency in images of other sizes."""
    for name, size in (("a", (64, 64)), ("b", (150, 90))):
        x = np.arange(size[0])
        gray = np.tile(np.rint(128 + 100 * np.cos(2 * np.pi * x / 8)), (size[1], 1)).astype(np.uint8)
        saved([Image.fromarray(gray)], tmp_path / name)
    table = compare_spectra(tmp_path / "a", tmp_path / "b")
    assert table["size"].unique().tolist() == [64]
    rows = radial(table)
    for side in ("first", "second"):
        assert rows.loc[rows[side].idxmax(), "at"] == pytest.approx(1 / 8, abs=0.01)
    assert table["p"].isna().all()
    assert table["marked"].isna().all()
    with pytest.raises(ValueError, match=r"00.png is 64 x 64, smaller than size=80; give a smaller size"):
        compare_spectra(tmp_path / "a", tmp_path / "b", size=80)


def test_power_is_a_density():
    """White noise of variance 1 has power 1 at any size."""
    generator = torch.Generator().manual_seed(0)
    for size in (16, 33, 128):
        noise = torch.randn(size, size, generator=generator, dtype=torch.float64)
        assert (10 ** log_power(noise)).mean().item() == pytest.approx(1, abs=0.15)
    assert log_power(torch.ones(16, 16)).isnan().all()


class TestDirections:
    def test_noise_is_alike_and_a_wave_is_not(self):
        noise = torch.randn(50, 64, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        assert power_by_direction(noise).mean(0).numpy() == pytest.approx(1, abs=0.05)
        assert power_by_direction(noise.half()).dtype == torch.float32
        x = torch.arange(64, dtype=torch.float64) / 64
        ways = [x.expand(64, 64), x[:, None] + x, x[:, None].expand(64, 64), x - x[:, None]]
        pulses = [sum(torch.cos(2 * math.pi * k * way) for k in range(3, 20)) for way in ways]
        maps = noise[:4] + torch.stack(pulses)
        assert power_by_direction(maps, sectors=4).argmax(1).tolist() == [0, 1, 2, 3]

    def test_it_is_what_plain_sums_give(self):
        image = torch.rand(17, 17, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        power = np.abs(np.fft.fftshift(np.fft.fft2(image.numpy()))) ** 2
        rings, sectors = {}, {}
        places = [(u, v) for u in range(-8, 9) for v in range(-8, 9) if 1 <= math.floor(math.hypot(u, v)) <= 8]
        for u, v in places:
            rings.setdefault(math.floor(math.hypot(u, v)), []).append(power[u + 8, v + 8])
        for u, v in places:
            share = power[u + 8, v + 8] / np.mean(rings[math.floor(math.hypot(u, v))])
            sector = math.floor((math.degrees(math.atan2(u, v)) + 15 + 1e-9) % 180 / 30)
            sectors.setdefault(sector, []).append(share)
        expected = [np.mean(sectors[sector]) for sector in range(6)]
        assert power_by_direction(image, sectors=6).tolist() == pytest.approx(expected)

    def test_shapes_and_gradients(self):
        maps = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        assert power_by_direction(maps).shape == (2, 3, 12)
        assert power_by_direction(maps[0, 0]).tolist() == pytest.approx(power_by_direction(maps)[0, 0].tolist())
        assert power_by_direction(torch.zeros(16, 16)).isnan().all()
        assert torch.autograd.gradcheck(lambda x: power_by_direction(x, sectors=4), maps[0, :1].requires_grad_())

    @pytest.mark.parametrize(
        ("maps", "sectors", "error", "message"),
        [
            (torch.zeros(16, 16, dtype=torch.uint8), 4, TypeError, "torch.uint8; give floating point"),
            (torch.zeros(16, 18), 4, ValueError, r"give \(..., N, N\), with N at least 16"),
            (torch.zeros(8, 8), 4, ValueError, "at least 16"),
            (torch.zeros(16, 16), 0, ValueError, "sectors=0: it is a number of sectors"),
            (torch.zeros(16, 16), 500, ValueError, "sectors=500: one holds no component"),
            ([1.0], 4, TypeError, "a list was given"),
        ],
    )
    def test_what_is_wrong_is_named(self, maps, sectors, error, message):
        with pytest.raises(error, match=message):
            power_by_direction(maps, sectors=sectors)


def test_bad_inputs(tmp_path, photographs):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        compare_spectra(tmp_path / "nowhere", photographs)
    with pytest.raises(ValueError, match="an empty list of images"):
        compare_spectra(photographs, [])
    with pytest.raises(ValueError, match="size=8: it is an edge length in pixels, 16 to 1024"):
        compare_spectra(photographs, photographs, size=8)
    saved([Image.new("L", (12, 40))], tmp_path / "small")
    with pytest.raises(ValueError, match="is 12 x 40; a spectrum by direction needs at least 16 pixels"):
        compare_spectra(photographs, tmp_path / "small")
    saved([Image.new("L", (40, 40), 77)], tmp_path / "flat")
    with pytest.raises(ValueError, match="second: no image has a spectrum"):
        compare_spectra(photographs, tmp_path / "flat")
    few = [check_image(file) for file in sorted(photographs.iterdir())[:2]]
    with pytest.raises(ValueError, match="spectra of 32 and of 64 pixels"):
        spectra_table(image_spectra(few, 32), image_spectra(few, 64))
    with pytest.raises(TypeError, match="a list was given"):
        plot_spectra([])
    with pytest.raises(ValueError, match="no column kind"):
        plot_spectra(pd.DataFrame({"a": [1]}))


class TestCommand:
    def run(self, capsys, *arguments: object) -> tuple[int, str, str]:
        code = main(list(map(str, arguments)))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    def test_two_folders(self, parts, photographs, tmp_path, capsys, monkeypatch):
        monkeypatch.chdir(tmp_path)
        blurred = saved(parts, tmp_path / "blurred_$", lambda image: image.filter(ImageFilter.GaussianBlur(1)))
        Image.new("L", (300, 200), 77).save(blurred / "flat.png")
        code, out, err = self.run(capsys, "images", photographs, blurred)
        assert (code, err) == (0, "")
        assert f"  all are {SIDE} x {SIDE}" in out
        assert f"1 of 41 images cut to the central {SIDE} x {SIDE}, not resized (shorter sides 128 to 200)" in out
        assert "1 image of " in out
        assert "more than images vary" in out
        table = pd.read_csv(tmp_path / "srop-photographs-images.csv")
        assert table["second_images"].unique().tolist() == [40]
        record = json.loads((tmp_path / "srop-photographs-images.json").read_text())
        assert (record["size"], len(record["images"]), len(record["against"]["images"])) == (SIDE, 40, 41)

    def test_few_images_a_size_and_what_is_missing(self, photographs, tmp_path, capsys, monkeypatch):
        monkeypatch.chdir(tmp_path)
        copy = shutil.copytree(photographs, tmp_path / "copy")
        code, out, err = self.run(capsys, "images", photographs, copy, "--count", 3, "--size", 64)
        assert (code, err, "nan" in out) == (0, "", False)
        assert "A set has fewer than 10 images, so no test" in out
        assert "3 of 3 images cut to the central 64 x 64" in out
        code, _, err = self.run(capsys, "images", photographs, copy)
        assert (code, "exists already" in err) == (1, True)
        code, _, err = self.run(capsys, "images", photographs, "nowhere", "--force")
        assert (code, "second folder: there is no /" in err) == (1, True)
        code, out, err = self.run(capsys, "images", photographs, copy, "--force", "--size", 256)
        assert (code, "--size 256: smaller are 40 images of " in err) == (1, True)
        assert "cut to" not in out
        code, _, err = self.run(capsys, "images", photographs, photographs, "--force")
        assert (code, "is given twice, and would be compared with itself" in err) == (1, True)
        with pytest.raises(SystemExit):
            self.run(capsys, "images", photographs, photographs, "--size", 8)
