"""Corruptions, each against what defines it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

import srop
from srop import corruptions
from srop.corruptions import SEVERITIES, corrupted, disk, plasma
from srop.data.labeled_sources import labeled_images
from srop.data.limits import CORRUPTIONS

SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "cifar10c-severities.json"
HERE = [name for name in CORRUPTIONS if name != "frost" or corruptions.frost_pictures()]


@pytest.fixture(scope="module")
def photos() -> Tensor:
    return labeled_images("foolbox", None, root="", folder=None, size=32, download=False).images.double() / 255


def gray(value: float, count: int = 4, size: int = 32, colors: int = 3) -> Tensor:
    return torch.full((count, colors, size, size), value, dtype=torch.float64)


def test_the_constants_are_the_published_ones():
    if not SHARED.is_file():
        pytest.skip("needs the list of the published constants")
    published = json.loads(SHARED.read_text())
    assert list(CORRUPTIONS) == published["main15"]
    names = {"zoom_blur": "zoom_blur_max", "elastic_transform": "elastic_transform_div32"}
    for name, own in corruptions._CONSTANTS.items():
        assert json.loads(json.dumps(own)) == published[names.get(name, name)], name


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize(("size", "colors"), [(32, 3), (28, 1)])
def test_range_shape_type_and_seed(photos, name, size, colors):
    images = photos[:3, :colors, :size, :size].float()
    before = images.clone()
    for severity in SEVERITIES:
        changed = corrupted(images, name, severity, seed=1)
        assert changed.shape == images.shape
        assert changed.dtype == images.dtype
        assert changed.min() >= 0
        assert changed.max() <= 1
        assert torch.equal(changed, corrupted(images, name, severity, seed=1))
        assert not torch.equal(changed, images)
        # What happens to an image does not hang on those behind it, up to how a convolution of fewer images rounds.
        torch.testing.assert_close(changed[:2], corrupted(images[:2], name, severity, seed=1), rtol=0, atol=1e-6)
    assert torch.equal(images, before)


@pytest.mark.parametrize("name", [name for name in HERE if name not in ("glass_blur", "elastic_transform")])
def test_severities_are_in_order(photos, name):
    """Glass and elastic transforms are left out: their published constants are not in the order of the change."""
    changes = [(corrupted(photos, name, severity) - photos).square().mean().item() for severity in SEVERITIES]
    assert changes == sorted(changes)


DRAWN = ["gaussian_noise", "shot_noise", "impulse_noise", "glass_blur", "motion_blur", "snow", "fog"]


@pytest.mark.parametrize("name", [*DRAWN, "elastic_transform"])
def test_other_seeds_draw_otherwise(photos, name):
    assert not torch.equal(*(corrupted(photos[:2], name, 3, seed=seed) for seed in (0, 1)))


@pytest.mark.parametrize("severity", SEVERITIES)
def test_noise_has_its_variance(severity):
    constants = corruptions._CONSTANTS
    half = gray(0.5, count=20)
    changed = corrupted(half, "gaussian_noise", severity)
    assert (changed - half).std().item() == pytest.approx(constants["gaussian_noise"][severity - 1], rel=0.02)
    changed = corrupted(half, "shot_noise", severity)
    photons = constants["shot_noise"][severity - 1]
    assert changed.mean().item() == pytest.approx(0.5, abs=0.002)
    assert (changed - half).var().item() == pytest.approx(0.5 / photons, rel=0.05)
    assert (changed * photons).round().sub(changed * photons).abs().max() < 1e-9
    changed = corrupted(half, "impulse_noise", severity)
    share = constants["impulse_noise"][severity - 1]
    assert set(changed.unique().tolist()) == {0.0, 0.5, 1.0}
    for value in (0.0, 1.0):
        assert (changed == value).double().mean().item() == pytest.approx(share / 2, rel=0.15)


@pytest.mark.parametrize("name", ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "pixelate", "contrast"])
@pytest.mark.parametrize("severity", [1, 5])
def test_what_moves_or_averages_leaves_a_flat_image_flat(name, severity):
    assert torch.allclose(corrupted(gray(0.3), name, severity), gray(0.3), atol=1e-6)


@pytest.mark.parametrize(("radius", "sigma"), corruptions._CONSTANTS["defocus_blur"])
def test_the_disk_adds_up_to_one_and_has_its_radius(radius, sigma):
    kernel = disk(radius, sigma)
    assert kernel.sum().item() == pytest.approx(1)
    # The convolution that smooths it adds up in an order of its own.
    torch.testing.assert_close(kernel, kernel.flip(0, 1), rtol=0, atol=1e-12)
    reach = kernel.nonzero().sub(8).double().norm(dim=1).max().item()
    assert reach <= radius + 2**0.5


def test_defocus_is_a_convolution_with_the_disk(photos):
    image = photos[0, 0]
    kernel = disk(*corruptions._CONSTANTS["defocus_blur"][4]).numpy()
    own = corrupted(photos[:1], "defocus_blur", 5)[0, 0]
    assert own.numpy() == pytest.approx(ndimage.convolve(image.numpy(), kernel, mode="mirror"), abs=1e-9)


def test_glass_takes_pixels_from_sides_between_its_two_blurs(photos, monkeypatch):
    monkeypatch.setattr(corruptions, "_smoothed", lambda images, sigma: images.clone())
    changed = corrupted(photos[:2], "glass_blur", 3)
    for before, after in zip(photos[:2], changed, strict=True):
        known = {tuple(pixel) for pixel in before.flatten(1).T.tolist()}
        assert {tuple(pixel) for pixel in after.flatten(1).T.tolist()} < known
    assert torch.equal(changed[:, :, :2], photos[:2, :, :2])


def test_motion_spreads_a_point_along_a_line():
    point = torch.zeros(1, 1, 32, 32, dtype=torch.float64)
    point[0, 0, 16, 16] = 1
    changed = corrupted(point, "motion_blur", 3)
    assert changed.sum().item() == pytest.approx(1)
    y, x = changed[0, 0].nonzero().double().T
    weights = np.exp(-(np.arange(13) ** 2) / (2 * 2**2))
    assert changed.max().item() == pytest.approx(weights[0] / weights.sum())
    # A line through the point, within half a pixel, on one side of it.
    slope = torch.linalg.lstsq((x - 16)[:, None], (y - 16)[:, None]).solution.item()
    assert ((y - 16) - slope * (x - 16)).abs().max() <= 1
    assert (x <= 16).all() or (x >= 16).all()


def test_zoom_averages_magnified_images():
    """A ramp about the middle, magnified, is a flatter ramp: the factors can be averaged by hand."""
    ramp = torch.linspace(-0.5, 0.5, 32, dtype=torch.float64).expand(1, 1, 32, 32)
    factors = np.arange(1, 1.16, 0.01)
    flatter = (1 + (1 / factors).sum()) / (len(factors) + 1)
    assert torch.allclose(corrupted(ramp + 0.5, "zoom_blur", 3) - 0.5, ramp * flatter)


def test_brightness_keeps_hue_and_saturation(photos):
    changed = corrupted(photos, "brightness", 3)
    value, raised = photos.amax(dim=1), changed.amax(dim=1)
    assert torch.allclose(raised, (value + 0.15).clamp(max=1))
    lit = value > 0
    saturation = 1 - photos.amin(dim=1)[lit] / value[lit]
    assert torch.allclose(1 - changed.amin(dim=1)[lit] / raised[lit], saturation, atol=1e-9)
    assert torch.allclose(corrupted(gray(0.0), "brightness", 3), gray(0.15))


def test_contrast_shrinks_about_the_mean(photos):
    changed = corrupted(photos, "contrast", 3)
    assert torch.allclose(changed.mean(dim=(2, 3)), photos.mean(dim=(2, 3)))
    assert torch.allclose(changed.std(dim=(2, 3)), 0.4 * photos.std(dim=(2, 3)))


def test_fog_keeps_the_brightest_possible_and_is_a_fractal(photos):
    generators = [np.random.default_rng(seed) for seed in range(40)]
    smooth, rough = (plasma(generators, decay) for decay in (3, 1.5))
    for fractal in (smooth, rough):
        assert fractal.shape == (40, 32, 32)
        assert torch.equal(fractal.amin(dim=(1, 2)), torch.zeros(40, dtype=torch.float64))
        assert torch.equal(fractal.amax(dim=(1, 2)), torch.ones(40, dtype=torch.float64))
    steps = [fractal.diff(dim=2).abs().mean() for fractal in (smooth, rough)]
    assert steps[0] < 0.5 * steps[1]
    # On a torus the edges meet.
    assert (smooth[:, :, -1] - smooth[:, :, 0]).abs().mean() < 2 * steps[0]
    assert (corrupted(photos, "fog", 5).amax(dim=(1, 2, 3)) <= photos.amax(dim=(1, 2, 3)) + 1e-9).all()


def test_snow_is_brighter_and_lies_on_both_halves():
    changed = corrupted(gray(0.2, count=50), "snow", 3)
    assert (changed >= 0.2 - 1e-9).all()
    flakes = changed.mean(dim=(0, 1))
    assert flakes[:16].mean().item() == pytest.approx(flakes[16:].mean().item(), rel=0.02)


def test_elastic_transform_of_the_mildest_is_affine():
    across = torch.linspace(0.3, 0.7, 32, dtype=torch.float64)
    changed = corrupted(across.expand(5, 1, 32, 32), "elastic_transform", 1)[:, 0, 8:24, 8:24]
    for image in changed:
        assert image.diff(dim=1).std() < 1e-9
        assert image.diff(dim=0).std() < 1e-9
    assert changed.diff(dim=1).abs().max() > 1e-4


def test_pixelate_has_few_values():
    board = (torch.arange(32) % 2).double().expand(1, 1, 32, 32)
    changed = corrupted(board, "pixelate", 5)
    assert changed.std() < 0.7 * board.std()
    assert changed.mean().item() == pytest.approx(0.5, abs=0.05)


def test_jpeg_is_pillows(photos):
    import io

    from PIL import Image

    pixels = (255 * photos[0]).round().byte().permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=58)
    changed = corrupted(photos[:1], "jpeg_compression", 3)
    assert (255 * changed[0]).permute(1, 2, 0).round().byte().numpy().tolist() == np.asarray(
        Image.open(buffer)
    ).tolist()


def test_frost_without_its_pictures_says_how_to_get_them(photos, monkeypatch):
    monkeypatch.setattr(corruptions, "frost_pictures", list)
    with pytest.raises(FileNotFoundError, match=r"pip install 'srop\[corruptions\]'"):
        corrupted(photos, "frost", 1)


def test_frost_lays_pictures_over_images(photos, tmp_path, monkeypatch):
    from PIL import Image

    files = [tmp_path / f"frost{number}.png" for number in range(5)]
    for number, file in enumerate(files):
        Image.new("RGB", (400, 300), (50 * number,) * 3).save(file)
    monkeypatch.setattr(corruptions, "frost_pictures", lambda: files)
    changed = corrupted(photos, "frost", 3)
    laid = (changed - 0.9 * photos) / 0.4 * 255 / 50
    inside = (changed > 0) & (changed < 1)
    assert torch.allclose(laid[inside], laid[inside].round(), atol=1e-6)
    assert len(laid[inside].round().unique()) > 2


@pytest.mark.parametrize(("size", "scaled"), [(60, True), (59, False)])
def test_frost_of_images_that_its_pictures_cannot_cover_is_refused(tmp_path, monkeypatch, size, scaled):
    from PIL import Image

    files = [tmp_path / f"frost{number}.png" for number in range(5)]
    for number, file in enumerate(files):
        # One of five is small: with most seeds it would not be drawn for a single image.
        Image.new("RGB", (400, 300 if number == 2 else 900)).save(file)
    monkeypatch.setattr(corruptions, "frost_pictures", lambda: files)
    for seed in range(10):
        if scaled:
            with pytest.raises(ValueError, match="frost of 60 x 60 pixels; its pictures are for 8 x 8 to 59 x 59"):
                corrupted(gray(0.5, count=1, size=size), "frost", 1, seed=seed)
        else:
            assert corrupted(gray(0.5, count=1, size=size), "frost", 1, seed=seed).shape[-1] == size


@pytest.mark.parametrize("name", HERE)
def test_image_by_image_is_all_at_once(photos, name):
    images = photos[:3]
    at_once = corrupted(images, name, 3, seed=4)
    parts = [corrupted(images[place : place + 1], name, 3, seed=4, first=place) for place in range(3)]
    assert torch.allclose(torch.cat(parts), at_once, rtol=0, atol=1e-12)
    if name in DRAWN:
        # Without its place each image gets the draws of the first.
        assert not torch.allclose(corrupted(images[1:2], name, 3, seed=4), at_once[1:2])
    twice = corrupted(images[:1].expand(2, -1, -1, -1), name, 3, seed=4)
    assert torch.allclose(*twice.split(1), rtol=0, atol=1e-12) == (name not in (*DRAWN, "elastic_transform", "frost"))


def zoom_blurred_by_the_benchmark(image: np.ndarray, most: float) -> np.ndarray:
    """As make_cifar_c.py has it: whole pixels are cropped, magnified and cropped again."""
    total, size = image.copy(), len(image)
    factors = np.arange(1, most, 0.01)
    for factor in factors:
        inside = int(np.ceil(size / factor))
        top = (size - inside) // 2
        larger = ndimage.zoom(image[top : top + inside, top : top + inside], (factor, factor, 1), order=1)
        top = (len(larger) - size) // 2
        total += larger[top : top + size, top : top + size]
    return total / (len(factors) + 1)


def test_the_strengths_of_zoom_blur_are_those_that_its_docstring_says(photos):
    documented = [
        [float(number) for number in row.split(", ")]
        for row in re.findall(r"(?:\.\d{3}, )+\.\d{3}", " ".join(corrupted.__doc__.split()))
    ]
    pixels = photos.permute(0, 2, 3, 1).numpy()
    own, benchmark = [], []
    for severity in SEVERITIES:
        most = corruptions._CONSTANTS["zoom_blur"][severity - 1]
        theirs = np.stack([zoom_blurred_by_the_benchmark(image, most) for image in pixels])
        benchmark.append(np.sqrt(((theirs - pixels) ** 2).mean()))
        own.append((corrupted(photos, "zoom_blur", severity) - photos).square().mean().sqrt().item())
    assert np.round([own, benchmark], 3).tolist() == documented


def test_rounding_beyond_one_is_clipped():
    images = gray(0.5, count=1).float()
    images[0, 0, 0, 0] = 1
    above = images.clone()
    above[0, 0, 0, 0] = 1.0000001
    above[0, 1, 0, 0] = -1e-8
    images[0, 1, 0, 0] = 0
    assert torch.equal(corrupted(above, "contrast", 1), corrupted(images, "contrast", 1))
    assert above.max() > 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"severity": 3.0},
            TypeError,
            "severity=3.0: it is the strength of the corruption, 1 to 5; give a whole number",
        ),
        ({"severity": None}, TypeError, "severity=None"),
        ({"severity": True}, TypeError, "severity=True"),
        ({"severity": 0}, ValueError, "severity=0: it is the strength of the corruption, 1 to 5"),
        ({"seed": None}, TypeError, "seed=None: it is a seed of random numbers"),
        ({"seed": -1}, ValueError, "seed=-1: it is a seed of random numbers"),
        ({"seed": 0.5}, TypeError, "seed=0.5"),
        ({"first": -1}, ValueError, "first=-1: it is the place of the first image, 0 or more"),
        ({"first": 1.0}, TypeError, "first=1.0"),
        ({"name": None}, ValueError, "name=None: there are gaussian_noise"),
    ],
)
@pytest.mark.parametrize("name", ["contrast", "gaussian_noise"])
def test_options_that_are_none_are_named(name, options, error, message):
    with pytest.raises(error, match=message):
        corrupted(gray(0.5), **({"name": name, "severity": 1} | options))


def test_numbers_of_numpy_are_numbers():
    images = gray(0.5)
    changed = corrupted(images, "gaussian_noise", np.int64(3), seed=np.uint8(2), first=np.int64(1))
    assert torch.equal(changed, corrupted(images, "gaussian_noise", 3, seed=2, first=1))


def test_arrays_are_named():
    with pytest.raises(TypeError, match=r"images: a ndarray was given; give a torch\.Tensor"):
        corrupted(gray(0.5).numpy(), "fog", 1)


BAD = [
    ((gray(0.5)[0], "fog", 1), "give images x 1 or 3 colors x n x n"),
    ((gray(0.5)[:, :2], "fog", 1), "give images x 1 or 3 colors"),
    ((gray(2.0), "fog", 1), r"images lie in \[2, 2\]; give them in \[0, 1\]"),
    ((gray(0.5).byte(), "fog", 1), "give floating point in"),
    ((gray(0.5), "rain", 1), "name='rain': there are gaussian_noise"),
    ((gray(0.5), "fog", 6), "severity=6: it is the strength of the corruption, 1 to 5"),
    ((gray(0.5, size=64), "fog", 1), "fog of 64 x 64 pixels"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_bad_input_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        corrupted(*given)


def test_no_tensor_is_named():
    with pytest.raises(TypeError, match="images"):
        corrupted([[0.5]], "fog", 1)


def test_it_is_public():
    assert srop.corrupted is corrupted


def plasma_by_loops(draw, decay: float, size: int = 32) -> np.ndarray:
    """The fractal, cell by cell: every value is the mean of its four neighbors and noise of the wobble's square."""
    field, step, wobble = np.zeros((size, size)), size, 100.0
    while step >= 2:
        half, cells = step // 2, size // step
        noise = [wobble**2 * draw(cells) for _ in range(3)]
        for i in range(cells):
            for j in range(cells):
                y, x = i * step, j * step
                corners = [field[(y + a) % size, (x + b) % size] for a in (0, step) for b in (0, step)]
                field[y + half, x + half] = np.mean(corners) + noise[0][i, j]
        for kind, (a, b) in enumerate(((0, half), (half, 0)), 1):
            for i in range(cells):
                for j in range(cells):
                    y, x = i * step + a, j * step + b
                    sides = [
                        field[(y + v) % size, (x + u) % size] for v, u in ((half, 0), (-half, 0), (0, half), (0, -half))
                    ]
                    field[y, x] = np.mean(sides) + noise[kind][i, j]
        step, wobble = half, wobble / decay
    field -= field.min()
    return field / field.max()


@pytest.mark.parametrize("decay", [3, 1.75])
def test_the_fractal_of_fog_is_the_one_by_loops(decay):
    generator = np.random.default_rng(5)
    by_loops = plasma_by_loops(lambda cells: generator.uniform(-1, 1, (cells, cells)), decay)
    assert plasma([np.random.default_rng(5)], decay)[0].numpy() == pytest.approx(by_loops)
