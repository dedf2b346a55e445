"""What images are like by themselves: faults that are made, and photographs as they come."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image, ImageFilter

from srop import class_statistics, compare_images, describe_images, plot_images
from srop.data.images import foolbox_images
from srop.image_faults import image_faults, image_signs
from srop.image_tables import jpeg_quality


def gray_of(image: Image.Image) -> np.ndarray:
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    return np.asarray(image.convert("L").crop((left, top, left + edge, top + edge)), dtype=float)


def faults(image: Image.Image) -> list[str]:
    return image_faults(image_signs(gray_of(image)))


@pytest.fixture(scope="module")
def photographs() -> list[Image.Image]:
    return [Image.open(file).convert("RGB") for file in foolbox_images(20)]


def larger(image: Image.Image, factor: int, method: Image.Resampling) -> Image.Image:
    left, top = (image.width - 250) // 2, (image.height - 250) // 2
    part = image.crop((left, top, left + 250, top + 250))
    return part.resize((factor * part.width, factor * part.height), method)


def noisy(image: Image.Image, spread: float) -> Image.Image:
    values = np.asarray(image, dtype=float)
    values = values + np.random.default_rng(0).normal(0, spread, values.shape)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def test_photographs_as_they_come_have_hardly_any_fault(photographs):
    assert sum(bool(faults(image)) for image in photographs) <= 1


@pytest.mark.parametrize(
    ("change", "names", "share"),
    [
        (lambda image: larger(image, 4, Image.Resampling.BICUBIC), {"enlarged", "blurred"}, 0.9),
        (lambda image: larger(image, 4, Image.Resampling.BILINEAR), {"enlarged", "blurred"}, 0.9),
        (lambda image: larger(image, 4, Image.Resampling.NEAREST), {"enlarged"}, 1),
        (lambda image: larger(image, 2, Image.Resampling.NEAREST), {"enlarged"}, 1),
        (lambda image: image.filter(ImageFilter.GaussianBlur(2)), {"blurred", "enlarged"}, 0.95),
        (lambda image: noisy(image, 20), {"noisy"}, 0.95),
    ],
)
def test_made_faults_are_named(photographs, change, names, share):
    named = [bool(names & set(faults(change(image)))) for image in photographs]
    assert np.mean(named) >= share


def test_a_jpeg_of_quality_20_is_found_by_its_file(photographs, tmp_path):
    for quality, expected in ((20, "compressed"), (95, "")):
        file = tmp_path / f"{quality}.jpg"
        photographs[0].save(file, quality=quality)
        assert jpeg_quality(file) == pytest.approx(quality, abs=2)
        assert describe_images([file])["faults"].tolist() == [expected]
    photographs[0].save(tmp_path / "a.png")
    assert jpeg_quality(tmp_path / "a.png") == np.inf


def test_blocks_are_found_where_the_file_says_nothing(photographs, tmp_path):
    """Of a JPEG of quality 20 that was saved as PNG; 17 of 20 photographs show it."""
    compressed = 0
    for image in photographs:
        image.save(tmp_path / "small.jpg", quality=20)
        compressed += faults(Image.open(tmp_path / "small.jpg")) == ["compressed"]
    assert compressed >= 14


def test_constant_and_very_small_images():
    assert faults(Image.new("L", (64, 64), 77)) == ["constant"]
    assert faults(Image.new("L", (8, 8), 77)) == ["constant"]
    ramp = np.linspace(0, 255, 64).reshape(8, 8)
    assert image_faults(image_signs(ramp)) == []
    assert np.isnan(image_signs(ramp).fall)
    stripes = np.tile([0.0, 0.0, 255.0, 255.0], (64, 16))
    assert "enlarged" not in image_faults(image_signs(stripes))


def test_what_is_no_image():
    with pytest.raises(ValueError, match=r"gray of shape \(3, 4\): give finite gray levels"):
        image_signs(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="give finite gray levels"):
        image_signs(np.full((4, 4), np.nan))


@pytest.fixture
def folder(tmp_path) -> Path:
    generator = np.random.default_rng(0)
    for name in ("cat/a.png", "cat/in/b.png", "dog/c.png"):
        file = tmp_path / "photos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (64, 72, 3), dtype=np.uint8)).save(file)
    Image.new("RGB", (20, 30), "gray").save(tmp_path / "photos/dog/d.png")
    return tmp_path / "photos"


def test_a_folder_is_described_by_class(folder):
    table = describe_images(folder)
    assert table["image"].tolist() == ["cat/a.png", "cat/in/b.png", "dog/c.png", "dog/d.png"]
    assert table["class"].tolist() == ["cat", "cat", "dog", "dog"]
    assert table[["width", "height", "size"]].iloc[-1].tolist() == [20, 30, 20]
    assert table["faults"].tolist() == ["noisy", "noisy", "noisy", "constant"]
    assert table["srop"].isna().tolist() == [False, False, False, True]
    assert table["srop"].iloc[0] == pytest.approx(0.86, abs=0.06)
    statistics = class_statistics(table)
    assert statistics["images"].tolist() == [2, 2]
    assert statistics["mean"].tolist() == pytest.approx([table["srop"][:2].mean(), table["srop"][2]])
    assert statistics["faulty"].tolist() == [2, 2]
    assert np.isnan(statistics["lower"][1])
    plot_images(table, title="$x").canvas.draw()


def test_a_table_from_a_file_gives_the_same(folder, tmp_path):
    (folder / "dog").rename(folder / "NA")
    (folder / "cat").rename(folder / "1.10")
    table = describe_images(folder).assign(faults=["", "", "noisy", "constant"])
    table.to_csv(tmp_path / "images.csv", index=False)
    with pytest.raises(ValueError, match="2 of 4 images have no class, perhaps since pandas takes a class NA"):
        class_statistics(pd.read_csv(tmp_path / "images.csv"))
    options = {"dtype": {"class": str}, "keep_default_na": False, "na_values": {"srop": [""]}}
    again = pd.read_csv(tmp_path / "images.csv", **options)
    assert class_statistics(again)["class"].tolist() == ["1.10", "NA"]
    alone = table.assign(**{"class": ""})
    alone.to_csv(tmp_path / "alone.csv", index=False)
    for one, other in ((table, again), (alone, pd.read_csv(tmp_path / "alone.csv"))):
        pd.testing.assert_frame_equal(class_statistics(one), class_statistics(other))
        colors = [plot_images(each).axes[0].collections[0].get_facecolor().tolist() for each in (one, other)]
        assert colors[0] == colors[1]
    part = table.assign(**{"class": table["class"].astype("category")})[:2]
    assert class_statistics(part)["class"].tolist() == ["1.10"]


def test_arrays_are_no_files():
    with pytest.raises(TypeError, match="files: a Tensor of Tensor was given; give a folder of images, or a list"):
        describe_images(torch.zeros(2, 3, 8, 8))
    with pytest.raises(TypeError, match="files: a int was given"):
        describe_images(3)


def test_bad_folders(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        describe_images(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="an empty list was given"):
        describe_images([])
    (folder / "cat/broken.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"broken.png is no image, or a damaged one"):
        describe_images(folder)
    with pytest.raises(ValueError, match="no column class, srop, faults; give what"):
        class_statistics(pd.DataFrame({"a": [1]}))


def tables(first: np.ndarray, second: np.ndarray) -> list[pd.DataFrame]:
    return [pd.DataFrame({"srop": values, "class": "", "faults": ""}) for values in (first, second)]


def test_two_sets_differ_by_their_means_or_by_their_shapes():
    generator = np.random.default_rng(0)
    same, other = generator.normal(0.3, 0.05, (2, 60))
    assert compare_images(*tables(same, other))["differs"] is False
    moved = compare_images(*tables(same, other + 0.1))
    assert moved["differs"]
    assert moved["lower"] < 0.1 < moved["upper"]
    two_peaks = np.concatenate([0.15 + other[:30] * 0.1, 0.39 + other[30:] * 0.1])
    shaped = compare_images(*tables(same, two_peaks))
    assert shaped["differs"]
    assert shaped["mean_p"] > shaped["distance_p"]
    assert compare_images(*tables(same[:9], other + 1))["differs"] is None
    plot_images(*tables(same, other), names=["a_$", "b"]).canvas.draw()


def test_sets_of_other_sizes_are_compared_with_a_warning():
    first, second = tables(*np.random.default_rng(0).uniform(0.2, 0.4, (2, 20)))
    with pytest.warns(UserWarning, match="images of other sizes, 32 and 200 to 400, and SROPs change with"):
        compare_images(first.assign(size=32), second.assign(size=[200, 400] * 10))
    compare_images(first.assign(size=32), second.assign(size=33))


def test_photographs_of_few_pixels_are_not_called_noisy(photographs):
    small = [image.resize((63, 63), Image.Resampling.BOX) for image in photographs]
    assert not any(map(faults, small))


def test_sets_without_an_srop_are_refused():
    with pytest.raises(ValueError, match="second: not one image has an SROP"):
        compare_images(*tables(np.ones(3), np.full(3, np.nan)))
    with pytest.raises(ValueError, match="first: the table has no column srop"):
        compare_images(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}))


def test_a_complete_set_is_rarely_accused():
    """Of 50 pairs of one distribution 2 % are marked at most, on average; six or more have a chance of 0.1 %."""
    generator = np.random.default_rng(0)
    # Rings make ties.
    pairs = np.round(generator.gamma(2, 0.1, (50, 2, 40)) * 20) / 20
    marks = sum(compare_images(*tables(*pair))["differs"] for pair in pairs)
    assert marks < 6
