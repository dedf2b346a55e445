"""Common corruptions of small images, as in CIFAR-10-C, computed on demand."""

import io
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate, pad

from srop.checks import require_one_of, require_place, require_seed, within_one
from srop.data.limits import CORRUPTIONS

SEVERITIES = (1, 2, 3, 4, 5)

# The constants of CIFAR-10-C by severity, for 32 x 32: github.com/hendrycks/robustness, commit 8190fe3,
# ImageNet-C/create_c/make_cifar_c.py (Apache-2.0).
_CONSTANTS: dict[str, Sequence] = {
    "gaussian_noise": (0.04, 0.06, 0.08, 0.09, 0.10),
    "shot_noise": (500, 250, 100, 75, 50),
    "impulse_noise": (0.01, 0.02, 0.03, 0.05, 0.07),
    "defocus_blur": ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    "glass_blur": ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
    "motion_blur": ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
    "zoom_blur": (1.06, 1.11, 1.16, 1.21, 1.26),
    "snow": (
        (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
        (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
        (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
        (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
    ),
    "frost": ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
    "fog": ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
    "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),
    "elastic_transform": ((0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)),
    "pixelate": (0.95, 0.9, 0.85, 0.75, 0.65),
    "jpeg_compression": (80, 65, 58, 50, 40),
}

_FROST_IMAGES = 5
_FROST_SCALE = 0.2
_ZOOM_STEP = 0.01


def corrupted(images: Tensor, name: str, severity: int, *, seed: int = 0, first: int = 0) -> Tensor:
    """Corrupt small images as CIFAR-10-C does.

    The constants are for 32 x 32; images of other sizes get the same constants. The random numbers for an image depend
    only on the seed and on its place in the data set, so batches of a data set need ``first``: without it each batch
    gets the same random numbers. Two things differ from the benchmark's program. Values are rounded to 8 bits only by
    JPEG. Zooms (zoom blur, snow) keep the exact middle, while the program crops whole pixels, so that its zoom blur
    also shifts the image. On foolbox's twenty CIFAR-10 images the root mean square change by zoom blur is .032, .056,
    .071, .087, .099 by severity; with the benchmark's program it is .061, .072, .085, .097, .108.

    Args:
        images: ``(m, c, n, n)`` in [0, 1] (rounding errors are clipped), floating point, on any device; c is 1 (gray)
            or 3; n is at least 8, for ``"fog"`` at most 32, for ``"frost"`` at most 62, the size of its pictures.
        name: One of :data:`srop.data.limits.CORRUPTIONS`. ``"frost"`` needs pictures of the package
            ``imagecorruptions-imaug`` (extra ``corruptions``).
        severity: 1 (mild) to 5.
        seed: Seed of the random numbers, 0 or more.
        first: Place of the first image in its data set: with ``first=10`` these images get the random numbers of the
            eleventh and later images of the data set.

    Returns:
        Corrupted images in [0, 1], with the shape, type and device of the images.

    Raises:
        TypeError: If the images are not a tensor, or severity, seed or place is not a whole number.
        ValueError: If the images have another shape, type or range; if there is no such corruption or severity; if seed
            or place is negative.
        FileNotFoundError: If the pictures for ``"frost"`` are missing.

    Reference:
        Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions and
        perturbations"; motion blur follows ImageMagick, which their program calls.

    Example:
        >>> images = torch.rand(2, 3, 32, 32)
        >>> corrupted(images, "fog", 3).shape
        torch.Size([2, 3, 32, 32])

        Images one by one get the same result as in a batch:

        >>> alone = corrupted(images[1:], "fog", 3, first=1)
        >>> torch.equal(alone, corrupted(images, "fog", 3)[1:])
        True
    """
    images = within_one("images", images, (1, 3), square=True)
    require_one_of("name", name, CORRUPTIONS)
    severity = require_place("severity", severity, "the strength of the corruption", first=1, last=5)
    seed, first = require_seed(seed), require_place("first", first, "the place of the first image")
    size = images.shape[-1]
    if size < 8 or (name == "fog" and size > 32):
        raise ValueError(f"{name} of {size} x {size} pixels; give 8 x 8 or more, fog up to 32 x 32")
    generators = [np.random.default_rng([seed, number]) for number in range(first, first + len(images))]
    with torch.device("cpu"):
        result = _FUNCTIONS[name](images.detach().cpu().double(), _CONSTANTS[name][severity - 1], generators)
    return result.clamp(0, 1).to(images)


def frost_pictures() -> list[Path]:
    """List the pictures that ``"frost"`` lays over images; empty if their package is not installed."""
    package = find_spec("imagecorruptions")
    if package is None or not package.submodule_search_locations:
        return []
    return sorted((Path(package.submodule_search_locations[0]) / "frost").glob("frost*.*g"))[:_FROST_IMAGES]


_Generators = Sequence[np.random.Generator]


def _random(generators: _Generators, draw: Callable[[np.random.Generator], np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack([np.asarray(draw(generator)) for generator in generators]))


def _gaussian_noise(images: Tensor, sigma: float, generators: _Generators) -> Tensor:
    return images + sigma * _random(generators, lambda generator: generator.standard_normal(images.shape[1:]))


def _shot_noise(images: Tensor, photons: float, generators: _Generators) -> Tensor:
    pairs = zip(images.numpy(), generators, strict=True)
    return torch.from_numpy(np.stack([generator.poisson(photons * image) / photons for image, generator in pairs]))


def _impulse_noise(images: Tensor, share: float, generators: _Generators) -> Tensor:
    hit = _random(generators, lambda generator: generator.random(images.shape[1:]) < share)
    salt = _random(generators, lambda generator: generator.random(images.shape[1:]) < 0.5)
    return torch.where(hit, salt.double(), images)


def _defocus_blur(images: Tensor, constants: tuple[float, float], generators: _Generators) -> Tensor:
    return _convolved(images, disk(*constants))


def disk(radius: float, sigma: float) -> Tensor:
    """Make the kernel of a disk ``(17, 17)``, smoothed by a 3 x 3 Gaussian, with a sum of 1.

    Example:
        >>> disk(1, 0.2).count_nonzero() > 5
        tensor(True)
    """
    across = torch.arange(-8, 9, dtype=torch.float64)
    inside = (across[:, None] ** 2 + across**2 <= radius**2).double()
    weights = torch.exp(-(torch.arange(-1, 2, dtype=torch.float64) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    return _convolved((inside / inside.sum())[None, None], torch.outer(weights, weights))[0, 0]


def _convolved(images: Tensor, kernel: Tensor) -> Tensor:
    """Convolve each color; the image is mirrored about its border pixels."""
    margin = kernel.shape[0] // 2
    stacked = images.flatten(0, 1)[:, None]
    limit = images.shape[-1] - 1
    # A mirror reaches no further than the image.
    while margin > 0:
        step = min(margin, limit)
        stacked, margin = pad(stacked, (step,) * 4, mode="reflect"), margin - step
    return torch.nn.functional.conv2d(stacked, kernel.flip(0, 1)[None, None]).view_as(images)


def _smoothed(images: Tensor, sigma: float) -> Tensor:
    """Smooth by a Gaussian, cut off at four standard deviations; border pixels are repeated outwards."""
    return torch.from_numpy(ndimage.gaussian_filter(images.numpy(), (0, 0, sigma, sigma), mode="nearest"))


def _glass_blur(images: Tensor, constants: tuple[float, int, int], generators: _Generators) -> Tensor:
    """Let each pixel in turn take the value of a neighbor, between two blurs.

    The benchmark's program means to swap the two, but both sides of its swap are the same memory.
    """
    sigma, reach, times = constants
    blurred, size = _smoothed(images, sigma), images.shape[-1]
    inner = list(range(size - reach, reach, -1))
    steps = _random(generators, lambda generator: generator.integers(-reach, reach, (times, len(inner), len(inner), 2)))
    every = torch.arange(len(images))
    for time in range(times):
        for row, y in enumerate(inner):
            for column, x in enumerate(inner):
                dy, dx = steps[:, time, row, column].unbind(dim=1)
                blurred[:, :, y, x] = blurred[every, :, y + dy, x + dx]
    return _smoothed(blurred, sigma)


def _motion_blur(images: Tensor, constants: tuple[float, float], generators: _Generators) -> Tensor:
    angles = _random(generators, lambda generator: generator.uniform(-45, 45))
    return _blurred_along(images, *constants, angles)


def _blurred_along(images: Tensor, radius: float, sigma: float, angles: Tensor) -> Tensor:
    """Blur each image along a line that begins at each pixel, with the weights of half a Gaussian."""
    width = int(2 * radius + 1)
    weights = torch.exp(-(torch.arange(width, dtype=torch.float64) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    size, radians = images.shape[-1], torch.deg2rad(angles.double())
    across, every = torch.arange(size), torch.arange(len(images))
    result = torch.zeros_like(images)
    for step, weight in enumerate(weights):
        dx = torch.ceil(step * radians.cos() - 0.5).long()
        dy = torch.ceil(step * radians.sin() - 0.5).long()
        y = (across + dy[:, None]).clamp(0, size - 1)
        x = (across + dx[:, None]).clamp(0, size - 1)
        shifted = images[every[:, None, None], :, y[:, :, None], x[:, None, :]]
        result += weight * shifted.permute(0, 3, 1, 2)
    return result


def _zoom_blur(images: Tensor, most: float, generators: _Generators) -> Tensor:
    factors = np.arange(1, most, _ZOOM_STEP)
    return (images + sum(_zoomed(images, factor) for factor in factors)) / (len(factors) + 1)


def _zoomed(images: Tensor, factor: float) -> Tensor:
    """Magnify about the middle, by linear interpolation."""
    scale = torch.tensor([[1 / factor, 0, 0], [0, 1 / factor, 0]], dtype=images.dtype)
    grid = torch.nn.functional.affine_grid(scale.expand(len(images), 2, 3), images.shape, align_corners=True)
    return grid_sample(images, grid, align_corners=True, padding_mode="reflection")


def _snow(images: Tensor, constants: tuple, generators: _Generators) -> Tensor:
    mean, deviation, zoom, threshold, radius, sigma, kept = constants
    size = images.shape[-1]
    flakes = _random(generators, lambda generator: generator.normal(mean, deviation, (1, size, size)))
    flakes = _zoomed(flakes, zoom)
    flakes = torch.where(flakes < threshold, 0, flakes).clamp(0, 1)
    flakes = _blurred_along(flakes, radius, sigma, _random(generators, lambda generator: generator.uniform(-135, -45)))
    luma = images if images.shape[1] == 1 else _luma(images)
    paler = kept * images + (1 - kept) * torch.maximum(images, 1.5 * luma + 0.5)
    return paler + flakes + flakes.rot90(2, dims=(2, 3))


def _luma(images: Tensor) -> Tensor:
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=images.dtype)
    return (images * weights[:, None, None]).sum(dim=1, keepdim=True)


def _frost(images: Tensor, constants: tuple[float, float], generators: _Generators) -> Tensor:
    files = frost_pictures()
    if len(files) < _FROST_IMAGES:
        raise FileNotFoundError(
            "the pictures that frost lays over images are missing; pip install 'srop[corruptions]' installs them"
        )
    kept, laid = constants
    pictures = []
    for file in files:
        with Image.open(file) as opened:
            picture = torch.from_numpy(np.array(opened.convert("RGB"))).permute(2, 0, 1).double() / 255
        # Without antialiasing, as in the benchmark's program.
        pictures.append(interpolate(picture[None], scale_factor=_FROST_SCALE, mode="bilinear")[0])
    size, most = images.shape[-1], min(side for picture in pictures for side in picture.shape[1:]) - 1
    if size > most:
        raise ValueError(f"frost of {size} x {size} pixels; its pictures are for 8 x 8 to {most} x {most}")

    def crop(generator: np.random.Generator) -> np.ndarray:
        picture = pictures[generator.integers(len(pictures))]
        top, left = (generator.integers(0, side - size) for side in picture.shape[1:])
        return picture[:, top : top + size, left : left + size].numpy()

    frost = _random(generators, crop)
    return kept * images + laid * (frost if images.shape[1] == 3 else _luma(frost))


def _fog(images: Tensor, constants: tuple[float, float], generators: _Generators) -> Tensor:
    strength, decay = constants
    size = images.shape[-1]
    brightest = images.amax(dim=(1, 2, 3), keepdim=True)
    fog = plasma(generators, decay)[:, None, :size, :size]
    return (images + strength * fog) * brightest / (brightest + strength)


def plasma(generators: _Generators, decay: float, *, size: int = 32) -> Tensor:
    """Generate fractals ``(m, size, size)`` in [0, 1] by the diamond-square algorithm, on a torus.

    Args:
        generators: One random generator for each fractal.
        decay: The factor by which the noise shrinks each time that the squares are halved.
        size: A power of two.

    Reference:
        Fournier et al. 1982, as Hendrycks and Dietterich 2019 use it for fog.
    """
    fractals = torch.zeros(len(generators), size, size, dtype=torch.float64)
    step, wobble = size, 100.0

    def noise(shape: Sequence[int]) -> Tensor:
        # Squared, because the benchmark's program multiplies by it twice.
        return wobble**2 * _random(generators, lambda generator: generator.uniform(-1, 1, shape[1:]))

    while step >= 2:
        half = step // 2
        corners = fractals[:, ::step, ::step]
        sums = corners + corners.roll(-1, 1)
        sums = sums + sums.roll(-1, 2)
        fractals[:, half::step, half::step] = sums / 4 + noise(sums.shape)
        middles = fractals[:, half::step, half::step]
        neighbors = middles + middles.roll(1, 1) + corners + corners.roll(-1, 2)
        fractals[:, ::step, half::step] = neighbors / 4 + noise(neighbors.shape)
        neighbors = middles + middles.roll(1, 2) + corners + corners.roll(-1, 1)
        fractals[:, half::step, ::step] = neighbors / 4 + noise(neighbors.shape)
        step, wobble = half, wobble / decay
    fractals -= fractals.amin(dim=(1, 2), keepdim=True)
    return fractals / fractals.amax(dim=(1, 2), keepdim=True)


def _brightness(images: Tensor, more: float, generators: _Generators) -> Tensor:
    value = images.amax(dim=1, keepdim=True)
    raised = (value + more).clamp(0, 1)
    # Hue and saturation are kept; black becomes gray.
    return torch.where(value > 0, images * raised / value.clamp(min=1e-12), raised)


def _contrast(images: Tensor, part: float, generators: _Generators) -> Tensor:
    mean = images.mean(dim=(2, 3), keepdim=True)
    return mean + part * (images - mean)


def _elastic_transform(images: Tensor, constants: tuple[float, float, float], generators: _Generators) -> Tensor:
    size = images.shape[-1]
    strength, sigma, bend = (32 * constant for constant in constants)
    third, middle = size // 3, size // 2
    corners = np.array([[1, 1], [1, -1], [-1, -1]]) * third + middle
    result = []
    for image, generator in zip(images.numpy(), generators, strict=True):
        moved = corners + generator.uniform(-bend, bend, (3, 2))
        # The affine map from pixels of the result to places (x, y) in the image, by three corners.
        back = np.linalg.solve(np.column_stack([moved, np.ones(3)]), corners)
        y, x = np.mgrid[:size, :size].astype(float)
        from_x, from_y = (np.stack([x, y, np.ones_like(x)], axis=-1) @ back).transpose(2, 0, 1)
        bent = [ndimage.map_coordinates(color, (from_y, from_x), order=1, mode="mirror") for color in image]
        if strength:
            wave = generator.uniform(-1, 1, (2, size, size))
            dx, dy = (ndimage.gaussian_filter(each, sigma, mode="reflect", truncate=3) * strength for each in wave)
            bent = [ndimage.map_coordinates(color, (y + dy, x + dx), order=1, mode="reflect") for color in bent]
        result.append(np.stack(bent))
    return torch.from_numpy(np.stack(result))


def _pixelate(images: Tensor, part: float, generators: _Generators) -> Tensor:
    size = images.shape[-1]
    small = int(size * part)

    def coarse(color: np.ndarray) -> np.ndarray:
        picture = Image.fromarray(color.astype(np.float32), mode="F").resize((small, small), Image.Resampling.BOX)
        return np.asarray(picture.resize((size, size), Image.Resampling.BOX), dtype=np.float64)

    return torch.from_numpy(np.stack([np.stack([coarse(color) for color in image]) for image in images.numpy()]))


def _jpeg_compression(images: Tensor, quality: int, generators: _Generators) -> Tensor:
    mode = "RGB" if images.shape[1] == 3 else "L"

    def compressed(image: Tensor) -> np.ndarray:
        pixels = (255 * image).round().to(torch.uint8).permute(1, 2, 0).squeeze(-1).numpy()
        buffer = io.BytesIO()
        Image.fromarray(pixels, mode=mode).save(buffer, "JPEG", quality=quality)
        decoded = np.asarray(Image.open(buffer), dtype=np.float64) / 255
        return decoded.reshape(*decoded.shape[:2], -1).transpose(2, 0, 1)

    return torch.from_numpy(np.stack([compressed(image) for image in images]))


_FUNCTIONS: dict[str, Callable[[Tensor, object, _Generators], Tensor]] = {
    "gaussian_noise": _gaussian_noise,
    "shot_noise": _shot_noise,
    "impulse_noise": _impulse_noise,
    "defocus_blur": _defocus_blur,
    "glass_blur": _glass_blur,
    "motion_blur": _motion_blur,
    "zoom_blur": _zoom_blur,
    "snow": _snow,
    "frost": _frost,
    "fog": _fog,
    "brightness": _brightness,
    "contrast": _contrast,
    "elastic_transform": _elastic_transform,
    "pixelate": _pixelate,
    "jpeg_compression": _jpeg_compression,
}
