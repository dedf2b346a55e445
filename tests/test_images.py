"""Natural images and noise: how they are chosen, cropped and refused."""

import resource
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from srop.data.images import (
    check_image,
    folder_images,
    foolbox_images,
    image_batches,
    image_files,
    imagenette_images,
    read_image,
    search,
)
from srop.data.labeled_sources import labeled_images
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


def names(files) -> list[str]:
    return [file.name for file in files]


def test_what_is_hidden_is_no_class_and_no_image(tmp_path):
    """Notebooks and systems leave copies and thumbnails; as a class they would shift all labels by one."""
    hidden = (
        ".ipynb_checkpoints/a-checkpoint.png",
        "cat/.thumbnails/a.png",
        "cat/._a.png",
        "__MACOSX/a.png",
        "#recycle/a.png",
    )
    for name in ("cat/a.png", "dog/b.png", "@eaDir/a.png", *hidden):
        save(tmp_path / name)
    assert names(image_files(tmp_path)) == ["a.png", "b.png"]
    assert len(search(tmp_path).hidden) == 6
    data = labeled_images("folder", None, root="", folder=str(tmp_path), size=32, download=False)
    assert data.labels.tolist() == [0, 1]


def test_links_are_followed_once_and_circles_end(tmp_path):
    save(tmp_path / "elsewhere/deep/out.png")
    photos = tmp_path / "photos"
    save(photos / "z/own.png")
    (photos / "a_link").symlink_to(photos / "z")  # sorted before what it leads to, which keeps its own place
    (photos / "linked").symlink_to(tmp_path / "elsewhere")
    (photos / "z/up").symlink_to(photos)
    (tmp_path / "elsewhere/back").symlink_to(photos)
    (photos / "file.png").symlink_to(save(tmp_path / "single.png"))
    (photos / "twice.png").symlink_to(photos / "z/own.png")
    (photos / "gone.png").symlink_to(tmp_path / "nowhere.png")
    looked = search(photos)
    assert [str(file.relative_to(photos)) for file in looked.files] == ["file.png", "linked/deep/out.png", "z/own.png"]
    assert sorted(names(looked.again)) == ["a_link", "back", "twice.png", "up"]
    assert names(looked.broken) == ["gone.png"]


def test_files_that_are_not_read_are_kept_apart(tmp_path):
    save(tmp_path / "a.png")
    for name in ("b.HEIC", "c.gif", "d.avif", "notes.txt", "more.txt", "none"):
        (tmp_path / name).write_bytes(b"")
    looked = search(tmp_path)
    assert (names(looked.files), names(looked.not_read)) == (["a.png"], ["b.HEIC", "c.gif", "d.avif"])
    assert looked.other == {".txt": 2, "": 1}
    (tmp_path / "a.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"its files end in nothing, \.avif, \.gif, \.heic, \.txt"):
        image_files(tmp_path)


def png_of_16_bits(values: np.ndarray) -> bytes:
    """Write colors of 16 bits, which Pillow cannot."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    kind = {2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("most", [255, 1023, 4095, 16383])
def test_few_bits_in_a_file_of_16_are_asked_for(tmp_path, most):
    """They would keep few levels of gray: 12 bits keep 16."""
    values = np.arange(64 * 64).reshape(64, 64) % (most + 1)
    values[0, 0] = most
    Image.fromarray(values.astype(np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(ValueError, match=rf"deep\.png has 16 bits and no value above {most}, .*--white {most} for"):
        read_image(tmp_path / "deep.png", 64)
    read = read_image(tmp_path / "deep.png", 64, white=most)[0].numpy()
    assert np.array_equal(read, np.rint(values * 255 / most))
    assert read_image(tmp_path / "deep.png", 64, white=65535).max() == round(most * 255 / 65535)
    with pytest.raises(ValueError, match=rf"deep\.png has values from \d to {most}, and white is 100"):
        read_image(tmp_path / "deep.png", 64, white=100)


def test_values_of_any_range_are_read_once_white_is_known(tmp_path):
    for dtype, name in ((np.int32, "integers.tif"), (np.float32, "floats.tif")):
        Image.fromarray(np.full((64, 64), 500, dtype)).save(tmp_path / name)
        assert (read_image(tmp_path / name, 64, white=1000) == 128).all()
    Image.fromarray(np.full((64, 64), np.nan, np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(ValueError, match=r"nan\.tif has values from nan"):
        read_image(tmp_path / "nan.tif", 64, white=1000)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_colors_of_16_bits_use_them_or_are_refused(tmp_path, channels):
    values = np.full((40, 40, channels), 65535)
    values[:, :, 0] = 40000
    (tmp_path / "deep.png").write_bytes(png_of_16_bits(values))
    assert check_image(tmp_path / "deep.png").changes == ("cut to 8 bits",)
    assert (read_image(tmp_path / "deep.png", 40)[0] == 40000 // 256).all()
    values[..., : 3 if channels > 2 else 1] = 4095
    (tmp_path / "deep.png").write_bytes(png_of_16_bits(values))
    for white in (None, 4095):
        with pytest.raises(ValueError, match=r"deep\.png has 16 bits a channel and no value above 4095"):
            read_image(tmp_path / "deep.png", 40, white=white)
    assert (read_image(tmp_path / "deep.png", 40, white=65535)[0] == 15).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_pictures_are_turned_upright(tmp_path, orientation, ending):
    """By Exif 2.32, tag 274: which sides of what is seen the first row and the first column of the file are."""
    stored = np.zeros((32, 48, 3), np.uint8)
    stored[:8, :, 0] = 255  # the first row is red, the first column blue
    stored[:, :8, 2] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "subsampling": 0} if ending == "jpg" else {"lossless": True} if ending == "webp" else {}
    Image.fromarray(stored).save(tmp_path / f"photo.{ending}", exif=exif, **options)
    picture = check_image(tmp_path / f"photo.{ending}")
    assert (picture.width, picture.height) == ((48, 32) if orientation < 5 else (32, 48))
    assert picture.changes == (("turned upright",) if orientation > 1 else ())
    red, _, blue = read_image(tmp_path / f"photo.{ending}", 32, resize=32)
    sides = {"top": np.s_[:3], "bottom": np.s_[-3:], "left": np.s_[:, :3], "right": np.s_[:, -3:]}
    row = ("top", "top", "bottom", "bottom", "left", "right", "right", "left")[orientation - 1]
    column = ("left", "right", "right", "left", "top", "top", "bottom", "bottom")[orientation - 1]
    # The crop cuts a strip of one of the two at both ends.
    seen = {name for name, side in sides.items() if red[side].float().mean() > 200}
    also = {name for name, side in sides.items() if blue[side].float().mean() > 200}
    assert seen == {row} if orientation < 5 else also <= {column}
    assert (seen | also) <= {row, column}


def test_an_exif_that_cannot_be_read_is_named(tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "odd.png", exif=b"Exif\0\0no exif")
    with pytest.raises(ValueError, match=r"odd\.png is no image, or a damaged one"):
        read_image(tmp_path / "odd.png", 32)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_lies_under_transparency_is_not_seen(tmp_path, mode):
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 16, 32))
    image = image.convert(mode)
    if mode == "P":
        image.info["transparency"] = image.getpixel((0, 0))
    image.save(tmp_path / "half.png")
    assert check_image(tmp_path / "half.png").changes == ("laid on white",)
    read = read_image(tmp_path / "half.png", 32)
    assert (read[..., :16] == 255).all()
    assert mode == "P" or (read[..., 16:] == 0).all()


@pytest.mark.parametrize("shape", [(333, 500), (500, 333), (224, 224), (40, 90), (1, 1), (301, 302), (257, 3000)])
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "efficientnet_v2_s", "swin_t", "inception_v3"])
def test_images_are_prepared_as_torchvision_prepares_them(tmp_path, name, shape):
    from torchvision.models import get_model_weights

    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    own = get_model_weights(name).DEFAULT.transforms()
    (size,), (resize,) = own.crop_size, own.resize_size
    read = read_image(tmp_path / "photo.png", size, resize=resize, interpolation=own.interpolation.value)
    center, spread = (torch.tensor(values).view(3, 1, 1) for values in (own.mean, own.std))
    theirs = own(Image.fromarray(pixels))
    # A long strip is cropped before it is resized.
    most = 1 if max(shape) / min(shape) > 9 else 0
    assert (read - ((theirs * spread + center) * 255).round()).abs().max() <= most


def test_gray_for_networks_of_one_channel(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "gray.png")
    assert np.array_equal(read_image(tmp_path / "gray.png", 32, channels=1)[0], pixels)
    save(tmp_path / "red.png", (32, 32))
    # The luma of ITU-R BT.601.
    assert (read_image(tmp_path / "red.png", 32, channels=1) == round(0.299 * 255)).all()


def test_both_sides_are_squashed_where_that_is_asked_for(tmp_path):
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:, :4] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    assert read_image(tmp_path / "wide.png", 32, resize=32, squash=True)[..., 0].min() > 200
    assert read_image(tmp_path / "wide.png", 32, resize=32)[..., 0].max() == 0


def test_a_picture_is_described_by_its_file(tmp_path):
    file = save(tmp_path / "a.png", (1, 1))
    picture = check_image(file)
    assert (picture.width, picture.height, picture.changes) == (1, 1, ())
    assert len(picture.sha256) == 64


BOUNDED = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
MODES = {
    "1": (np.bool_, ()),
    "L": (np.uint8, ()),
    "LA": (np.uint8, (2,)),
    "RGB": (np.uint8, (3,)),
    "RGBA": (np.uint8, (4,)),
    "CMYK": (np.uint8, (4,)),
    "I;16": (np.uint16, ()),
    "I": (np.int32, ()),
    "F": (np.float32, ()),
}


@BOUNDED
@given(data=st.data())
def test_an_image_is_read_by_its_range_or_refused_by_its_name(tmp_path, data):
    mode, (dtype, colors) = data.draw(st.sampled_from(sorted(MODES.items(), key=lambda item: item[0])))
    height, width = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    elements = {"allow_nan": False, "allow_infinity": False} if dtype is np.float32 else {}
    value = data.draw(hnp.from_dtype(np.dtype(dtype), **elements))
    pixels = np.full((height, width, *colors), value, dtype)
    ending = "jpg" if mode == "CMYK" else "tiff"
    file = tmp_path / f"picture.{ending}"
    Image.fromarray(pixels, mode=None if mode in ("1", "I;16", "I", "F", "L") else mode).save(file)
    try:
        read = read_image(file, 16)
    except ValueError as error:
        refused = str(error)
        # The range of few bits in a file of 16 is not known.
        assert mode in ("I", "F") or (mode == "I;16" and 0 < value < 2**15), refused
        assert str(file) in refused, refused
        return
    assert (read.shape, read.dtype) == ((3, 16, 16), torch.uint8)
    if mode in ("LA", "RGBA"):
        # Color and opacity are one value here, and white lies under what is transparent.
        assert (read.int() - round(255 - int(value) * (255 - int(value)) / 255)).abs().max() <= 1
    elif mode != "CMYK":
        most = {np.bool_: 1, np.uint8: 255, np.uint16: 65535}[dtype]
        assert (read.int() - round(int(value) * 255 / most)).abs().max() <= 1


@BOUNDED
@given(content=st.binary(max_size=300), ending=st.sampled_from(["png", "jpg", "tiff", "webp"]))
def test_what_is_no_image_is_refused_by_its_name(tmp_path, content, ending):
    file = tmp_path / f"picture.{ending}"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"picture.{ending} is no image"):
        read_image(file, 16)
