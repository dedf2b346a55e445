"""Natural images and noise: how they are chosen, cropped and refused."""

import resource

import numpy as np
import pytest
import torch
from PIL import Image

from srop.data.images import folder_images, foolbox_images, image_batches, imagenette_images, read_image
from srop.data.noise import noise_batches


def save(path, size=(40, 30), color=(255, 0, 0)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


def test_foolbox_ships_twenty():
    files = foolbox_images(20)
    assert len({file.name.split("_")[1] for file in files}) == 20
    assert read_image(files[10], 224).shape == (3, 224, 224)
    with pytest.raises(ValueError, match=r"backbones\.images\.count=21: foolbox ships 20"):
        foolbox_images(21)


def test_folder_is_read_evenly_whatever_its_depth(tmp_path):
    for name in ("a/1.JPEG", "a/2.png", "b/3.jpg", "b/c/4.jpg"):
        save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    assert [file.name for file in folder_images(tmp_path, 2)] == ["1.JPEG", "3.jpg"]
    assert [file.name for file in folder_images(tmp_path, 4)] == ["1.JPEG", "2.png", "3.jpg", "4.jpg"]
    with pytest.raises(ValueError, match=r"count=5: .* holds 4 images"):
        folder_images(tmp_path, 5)
    with pytest.raises(FileNotFoundError, match=r"backbones\.images\.folder=.*nowhere"):
        folder_images(tmp_path / "nowhere", 1)


def test_imagenette_must_be_whole(tmp_path, monkeypatch):
    for number in range(3):
        save(tmp_path / f"imagenette2-320/val/n0{number}/{number}.JPEG")
    with pytest.raises(FileNotFoundError, match=r"holds 3 of Imagenette's 3925.*data\.root"):
        imagenette_images(tmp_path, 2, download=False)
    monkeypatch.setattr("srop.data.images._IMAGENETTE_VALIDATION", 3)
    assert len(imagenette_images(tmp_path, 2, download=False)) == 2


def test_imagenette_downloads_only_when_told(tmp_path, monkeypatch):
    def fail(*_arguments, **_options):
        raise RuntimeError("no network")

    monkeypatch.setattr("torchvision.datasets.imagenette.download_and_extract_archive", fail)
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded to .*no network.*by hand"):
        imagenette_images(tmp_path, 2, download=True)
    with pytest.raises(FileNotFoundError, match="holds 0 of"):
        imagenette_images(tmp_path, 2, download=False)


def test_central_crop_of_the_shorter_side(tmp_path):
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:96] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    assert (read_image(tmp_path / "wide.png", 56) == 255).all()
    Image.fromarray(pixels[:, :, 0]).save(tmp_path / "gray.png")
    assert read_image(tmp_path / "gray.png", 32).shape == (3, 32, 32)


def test_an_image_of_the_networks_own_size_is_not_resampled(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (32, 40, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "small.png")
    assert np.array_equal(read_image(tmp_path / "small.png", 32).permute(1, 2, 0), pixels[:, 4:36])


@pytest.mark.parametrize("content", [b"", b"no image at all", b"\x89PNG\r\n\x1a\n broken"])
def test_an_image_that_is_none_is_named(tmp_path, content):
    file = tmp_path / "image.png"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"image\.png is no image"):
        read_image(file, 32)


def test_a_truncated_image_is_named(tmp_path):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(tmp_path / "whole.jpg")
    (tmp_path / "half.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:900])
    with pytest.raises(ValueError, match=r"half\.jpg is no image, or a damaged one"):
        read_image(tmp_path / "half.jpg", 32)


def test_images_are_normalized():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8)[None, :, None, None].expand(5, 3, 4, 4)
    batches = list(image_batches(images, [0.0, 0.2, 0.5], [1.0, 0.5, 0.25], 2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    torch.testing.assert_close(batches[0][0, :, 0, 0], torch.tensor([0.0, 0.0, 2.0]))


def test_noise_is_white_and_always_the_same():
    ones, threes = (torch.cat(list(noise_batches(7, 27, batch))) for batch in (1, 3))
    assert torch.equal(ones, threes)
    assert ones.shape == (7, 3, 27, 27)
    assert abs(ones.mean()) < 0.03
    assert ones.std().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_16_bits_of_gray_are_brought_to_8_by_their_range(tmp_path, ending):
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64)
    Image.fromarray(ramp.astype(np.uint16)).save(tmp_path / f"deep.{ending}")
    Image.fromarray((ramp / 257).round().astype(np.uint8)).save(tmp_path / "flat.png")
    deep, flat = (read_image(tmp_path / name, 32).int() for name in (f"deep.{ending}", "flat.png"))
    assert (deep - flat).abs().max() <= 1
    assert deep.float().std() > 50


@pytest.mark.parametrize(("dtype", "mode"), [(np.int32, "I"), (np.float32, "F")])
def test_values_of_unknown_range_are_refused_by_name_and_mode(tmp_path, dtype, mode):
    Image.fromarray(np.full((64, 64), 7, dtype)).save(tmp_path / "odd.tif")
    with pytest.raises(ValueError, match=rf"odd\.tif has values of mode {mode} .*8 or 16 bits a channel"):
        read_image(tmp_path / "odd.tif", 32)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_modes_of_8_bits_are_read(tmp_path, mode):
    image = Image.new("RGB", (40, 40), (200, 30, 60)).convert(mode)
    image.save(tmp_path / ("image.tif" if mode == "CMYK" else "image.png"))
    (file,) = tmp_path.iterdir()
    assert read_image(file, 32).shape == (3, 32, 32)


def test_several_pictures_in_one_file_are_refused(tmp_path):
    frames = [Image.new("L", (40, 40), value) for value in (0, 255)]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=r"moving\.png holds 2 pictures"):
        read_image(tmp_path / "moving.png", 32)


@pytest.mark.parametrize("pixels", [1000, 300])
def test_an_image_too_large_to_be_safe_is_named(tmp_path, monkeypatch, pixels):
    """Pillow warns above its limit, and refuses above twice that."""
    Image.new("L", (40, 40)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pixels)
    with pytest.raises(ValueError, match=r"bomb\.png is larger than an image may be"):
        read_image(tmp_path / "bomb.png", 32)


def test_a_strip_takes_no_memory_for_what_is_cut_away(tmp_path):
    strip = np.zeros((2, 60_000), np.uint8)
    strip[:, 29_000:31_000] = 255
    Image.fromarray(strip).save(tmp_path / "strip.png")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    image = read_image(tmp_path / "strip.png", 224)
    # Resized whole it would be 5.9 GB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert image.shape == (3, 224, 224)
    assert (image == 255).all()


def test_a_strip_and_a_picture_are_cropped_alike(tmp_path):
    """The middle of a long image, whichever way it is resized."""
    generator = np.random.default_rng(0)
    long = generator.integers(0, 255, (32, 40 * 16)).astype(np.uint8)
    for name, width in (("strip", 40 * 16), ("picture", 40 * 12)):
        start = (40 * 16 - width) // 2
        Image.fromarray(long[:, start : start + width]).save(tmp_path / f"{name}.png")
    strip, picture = (read_image(tmp_path / f"{name}.png", 28).int() for name in ("strip", "picture"))
    assert (strip - picture).abs().max() <= 1
