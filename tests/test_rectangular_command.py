"""The command's --size of rows x columns, and how images are brought to it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import srop
from srop.cli import main
from srop.command.request import InputFormat
from srop.data.images import check_image, read_image
from srop.sizes import MapSize
from srop.white_noise import white_noise_srop

NETS = """
import torch
from torch import nn

def tiny():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, padding=1))

def other():
    return tiny()

def classifier():
    return nn.Sequential(tiny(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3))
"""
INPUT = ["--weights", "random", "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25", "--size", "32x48"]


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    """Two pictures, upright and wide; the current folder has a module of networks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(NETS)
    folder = tmp_path / "photos"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for name, (height, width) in {"upright": (90, 60), "wide": (60, 120)}.items():
        Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(folder / f"{name}.png")
    return folder


# Images.


@pytest.mark.parametrize(
    ("image", "resized"),
    [((90, 60), (84, 56)), ((60, 120), (40, 80)), ((32, 48), (40, 60)), ((40, 48), (50, 60)), ((20, 30), (40, 60))],
)
def test_an_image_covers_a_frame_of_the_inputs_proportions(photos, image, resized):
    """A frame of 37.3 x 56 or 40 x 60, in the image's own proportions; then the middle is cut out."""
    height, width = image
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(values).save(photos / "image.png")
    resize = 40 if resized != (84, 56) else 37
    got = read_image(photos / "image.png", (32, 48), resize=resize)
    assert got.shape == (3, 32, 48)
    with Image.open(photos / "image.png") as picture:
        whole = np.array(picture.resize(resized[::-1], Image.Resampling.BILINEAR))
    top, left = round((resized[0] - 32) / 2), round((resized[1] - 48) / 2)
    assert np.array_equal(got.permute(1, 2, 0).numpy(), whole[top : top + 32, left : left + 48])


def test_an_image_that_just_covers_the_input_is_only_cropped(photos):
    values = np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)
    Image.fromarray(values).save(photos / "image.png")
    got = read_image(photos / "image.png", (32, 48))
    assert np.array_equal(got.permute(1, 2, 0).numpy(), values[4:36])
    inputs = InputFormat(MapSize(32, 48), [0], [1], None, "bilinear", False, "")
    picture = check_image(photos / "image.png")
    assert inputs.shorter_side(picture) == 32
    assert not inputs.enlarges(picture)
    assert torch.equal(read_image(photos / "image.png", (32, 48), resize=inputs.shorter_side(picture)), got)


@pytest.mark.parametrize("resize", [None, 40])
def test_a_pair_of_equal_sides_is_a_square(photos, resize):
    for name in ("upright", "wide"):
        pair, edge = (read_image(photos / f"{name}.png", size, resize=resize) for size in ((32, 32), 32))
        assert torch.equal(pair, edge)


def test_a_squashed_image_fills_the_frame(photos):
    got = read_image(photos / "upright.png", (32, 48), resize=32, squash=True)
    with Image.open(photos / "upright.png") as picture:
        assert np.array_equal(got.permute(1, 2, 0), np.array(picture.resize((48, 32), Image.Resampling.BILINEAR)))


# The command.


def test_a_profile_of_inputs_that_are_not_square(photos, capsys):
    assert main(["profile", "mine:tiny", str(photos), *INPUT]) == 0
    out = capsys.readouterr().out
    assert "input 32 x 48, mean" in out
    assert (
        "each image: resized to cover 37 x 56 in its own proportions, an image that has 32 x 48 (rows x columns) as it "
        "is, bilinear, central crop of 32 x 48 (rows x columns) (nothing states another)"
    ) in out
    table = srop.read_profile("srop-tiny.csv")
    assert table.drop_duplicates("layer")["size"].tolist() == ["32x48", "16x24", "16x24"]
    assert table["reference"].unique().tolist() == ["32x48"]
    noise = white_noise_srop("16x24", reference="32x48")
    assert f"{noise:.4f}".lstrip("0").rstrip("0") in out
    record = json.loads(Path("srop-tiny.json").read_text())
    assert record["input"]["size"] == record["reference"] == "32x48"
    assert srop.plot_profile(table).axes


def test_square_sizes_are_written_as_before(photos, capsys):
    square = [each if each != "32x48" else "32" for each in INPUT]
    assert main(["profile", "mine:tiny", str(photos), *square]) == 0
    out = capsys.readouterr().out
    assert "input 32 x 32, mean" in out
    assert "each image: shorter side to 37, an image that has 32 as it is, bilinear, central crop of 32 (" in out
    assert json.loads(Path("srop-tiny.json").read_text())["input"]["size"] == 32
    before = Path("srop-tiny.csv").read_bytes()
    pair = [each if each != "32x48" else "32x32" for each in INPUT]
    assert main(["profile", "mine:tiny", str(photos), *pair, "--force"]) == 0
    assert Path("srop-tiny.csv").read_bytes() == before


def test_explained_and_measured_with_a_resize(photos, capsys):
    assert main(["profile", "mine:tiny", str(photos), *INPUT, "--resize", "40"]) == 0
    assert "each image: resized to cover 40 x 60 in its own proportions, bilinear, central" in capsys.readouterr().out
    assert main(["profile", "mine:tiny", str(photos), *INPUT, "--explain"]) == 0
    assert "16x24" in capsys.readouterr().out


def test_a_heat_map(photos, capsys):
    assert main(["heatmap", "mine:classifier", str(photos), *INPUT]) == 0
    out = capsys.readouterr().out
    assert f"norm {0.07 * (32 * 48) ** 0.5:g}; {(32 * 48 + 4) // 2} waves of each of 2 images" in out
    table = pd.read_csv("srop-classifier-heatmap.csv")
    assert len(table) == 32 * 48
    assert (table["u"].min(), table["u"].max(), table["v"].min(), table["v"].max()) == (-16, 15, -24, 23)


@pytest.mark.parametrize("transform", ["dct", "dft"])
def test_frequencies(photos, transform):
    assert main(["frequencies", "mine:classifier", str(photos), *INPUT, "--transform", transform]) == 0
    table = pd.read_csv("srop-classifier-frequencies.csv")
    assert table["frequency"].max() == {"dct": 47, "dft": 33}[transform]


def test_channels_and_comparisons(photos, capsys):
    assert main(["channels", "mine:tiny", str(photos), *INPUT, "--layer", "2"]) == 0
    assert pd.read_csv("srop-tiny-channels.csv")["size"].unique().tolist() == ["16x24"]
    assert main(["compare", "mine:tiny", "mine:other", str(photos), *INPUT[2:], "--weights", "random", "random"]) == 0
    (file,) = Path().glob("srop-*-compare.csv")
    assert pd.read_csv(file)["reference"].unique().tolist() == ["32x48"]


@pytest.mark.parametrize("size", ["32x", "x48", "0x48", "32x48x3", "32*48", "32.0x48"])
def test_wrong_sizes(photos, capsys, size):
    with pytest.raises(SystemExit, match="2"):
        main(["profile", "mine:tiny", str(photos), "--size", size])
    assert "not rows x columns such as 224x320" in " ".join(capsys.readouterr().err.split())


def test_a_crop_larger_than_the_frame(photos, capsys):
    assert main(["profile", "mine:tiny", str(photos), *INPUT, "--resize", "31"]) == 1
    assert "--resize 31: the crop of 32 x 48 is larger; give at least 32" in capsys.readouterr().err
