"""Images against images by their spectra: radial power, power by direction, blocks of a DCT, and their distance."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from srop.checks import require_files, require_place, require_seed
from srop.convention import PUBLISHED
from srop.data.images import Picture, check_image, image_files, read_image
from srop.differences import FEWEST_IMAGES, LEVEL, mean_interval, unpaired_difference
from srop.directions import power_by_direction, sector_angles
from srop.rings import mean_frequencies, outermost_ring, ring_index, ring_means
from srop.sizes import MapSize
from srop.zigzag import median_residual, zigzag_spectrum

SMALLEST, LARGEST = 16, 1024
_FLOOR = 1e-12
"""Power below this is rounding; a photograph of 8 bits has a million times as much."""
_DRAWS = 999


class ImageSpectra(NamedTuple):
    """The spectra of images, one row for each.

    Attributes:
        size: Edge length N of the squares that were measured.
        radial: ``(images, m)``, the logarithm to base 10 of the power in rings 1 to m; NaN for an image of one value.
        direction: ``(images, sectors)``, see :func:`srop.directions.power_by_direction`.
        zigzag: ``(images, block * block - 1)``, the logarithm to base 10 of :func:`srop.zigzag.zigzag_spectrum` without
            the power of means; None if no blocks were asked for.
        residual: Window of the median filter whose residual was measured; 0 for whole images.
    """

    size: int
    radial: np.ndarray
    direction: np.ndarray
    zigzag: np.ndarray | None = None
    residual: int = 0


def compare_spectra(
    first: str | Path | Sequence[str | Path],
    second: str | Path | Sequence[str | Path],
    *,
    size: int | None = None,
    residual: int = 0,
    block: int = 0,
    white: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Compare the spectra of two sets of images, such as photographs and images that a network made.

    .. math:: P(k) = \log_{10} \frac{1}{N^2} \langle |F|^2 \rangle_k, \qquad
              d = 10 \sqrt{\frac{1}{m} \sum_{k=1}^{m} \big(\bar P_2(k) - \bar P_1(k)\big)^2}

    Each image is measured in gray from 0 to 1 (ITU-R 601), in a central square at its own resolution: no image is
    resized, because resizing is itself seen in a spectrum. All have one size N, so a ring is one frequency in cycles
    per pixel. The mean gray level is left out; there is no window, and no filter unless ``residual`` asks for one. The
    bar is the mean over images after the logarithm, so all images count alike, and d is the log-spectral distance in
    decibels.

    Args:
        first: A folder of images, with its subfolders, or files.
        second: As ``first``.
        size: Edge length N of the central square, 16 to 1,024. None means the shortest side of all images of both
            sets, at most 1,024.
        residual: Window of a median filter, such as 3 or 5: measured is what it takes out of an image
            (:func:`srop.median_residual`). 0 measures whole images.
        block: Edge length of blocks, such as 8: adds their DCT coefficients in zigzag order
            (:func:`srop.zigzag_spectrum`). 0 adds none.
        white: As for :func:`srop.data.images.read_image`.
        seed: Seed of the draws.

    Returns:
        A row per ring, per direction, per coefficient if asked for, and one for the distance:

        - ``kind``: ``radial``, ``direction``, ``zigzag`` or ``distance``
        - ``at``: the mean frequency of the ring in cycles per pixel, the angle in degrees (0 for waves from left to
          right), or the place of the coefficient from 1; NaN for the distance
        - ``first``, ``first_lower``, ``first_upper``: the mean over images of P(k), of the power by direction relative
          to all directions, or of the logarithm to base 10 of a coefficient's mean power, with its interval of 95 %
          from a bootstrap over images; ``second`` and so on
        - ``difference`` (second minus first; d for the distance), ``lower``, ``upper``: its interval of 95 %
        - ``p``: share of 4,999 random deals of the images to the sets whose largest difference of all rings,
          directions and coefficients, divided by its standard error, reaches this one; for the distance, share of 999
          deals with a distance as large. NaN under ten images in a set.
        - ``marked``: whether p is at most 0.02; None where it is NaN
        - ``size``, ``residual``, ``first_images``, ``second_images`` (images of one value are left out and not counted)

        A distance is never negative, so two sets of few images have one above 0 even if nothing differs; p tells
        whether it is more than that. The interval is that of its square, less what the draws add on average.

    Raises:
        FileNotFoundError: If there is no such folder, or no image in it.
        TypeError: If the size or the seed is not a whole number.
        ValueError: If an image cannot be read or is smaller than the square; the message names it. If a set has no
            image but those of one value.

    Reference:
        Durall et al. 2020 (Watch your up-convolution), Fig. 1, for radial spectra of generated images; Corvi et al.
        2023 (Intriguing properties of synthetic images) for directions; Gray and Markel 1976 for the distance;
        :mod:`srop.differences` for the test.

    Example:
        >>> from matplotlib.cbook import get_sample_data
        >>> file = get_sample_data("grace_hopper.jpg", asfileobj=False)
        >>> table = compare_spectra([file], [file], size=64)
        >>> table.groupby("kind")["difference"].max().to_dict()
        {'direction': 0.0, 'distance': 0.0, 'radial': 0.0}
    """
    if size is not None:
        size = require_place("size", size, "an edge length in pixels", first=SMALLEST, last=LARGEST)
    if residual:
        median_residual(torch.zeros(1, 1), window=residual)
    sides = [[check_image(file, white=white) for file in _files(each)] for each in (first, second)]
    size = size or common_size([picture for pictures in sides for picture in pictures])
    sets = [image_spectra(pictures, size, residual=residual, block=block, white=white) for pictures in sides]
    return spectra_table(*sets, seed=seed)


def _files(files: str | Path | Sequence[str | Path]) -> list[Path]:
    if isinstance(files, str | Path):
        folder = Path(files).expanduser()
        return [folder] if folder.is_file() else image_files(folder)
    require_files("files", files)
    paths = [Path(file).expanduser() for file in files]
    if not paths:
        raise ValueError("an empty list of images was given; give a folder, or at least one image")
    return paths


def common_size(pictures: Sequence[Picture]) -> int:
    """Give the edge length of the largest square that all images hold, at most 1,024.

    Raises:
        ValueError: If it is under 16 pixels; the message names an image.
    """
    least = min(pictures, key=_shorter)
    if _shorter(least) < SMALLEST:
        raise ValueError(
            f"{least.file} is {least.width} x {least.height}; a spectrum by direction needs at least {SMALLEST} pixels"
        )
    return min(_shorter(least), LARGEST)


def _shorter(picture: Picture) -> int:
    return min(picture.width, picture.height)


def image_spectra(
    pictures: Sequence[Picture], size: int, *, residual: int = 0, block: int = 0, white: int | None = None
) -> ImageSpectra:
    """Measure the spectra of images, in the central square of a size at their own resolution.

    Args:
        pictures: What :func:`srop.data.images.check_image` gives.
        size: Edge length of the square.
        residual: As for :func:`compare_spectra`.
        block: As for :func:`compare_spectra`.
        white: As for :func:`srop.data.images.read_image`.

    Raises:
        ValueError: If an image is smaller than the square.
    """
    radial, direction, zigzag = [], [], []
    for picture in tqdm(pictures, desc="spectra", leave=False, disable=None):
        if _shorter(picture) < size:
            raise ValueError(
                f"{picture.file} is {picture.width} x {picture.height}, smaller than size={size}; give a smaller size, "
                "or leave the image out: images are not enlarged"
            )
        gray = read_image(picture.file, size, resize=_shorter(picture), channels=1, white=white)[0].double() / 255
        gray = median_residual(gray, window=residual) if residual else gray
        if block:
            zigzag.append(zigzag_spectrum(gray, block=block)[1:].clamp(min=_FLOOR).log10().numpy())
        radial.append(log_power(gray).numpy())
        direction.append(power_by_direction(gray).numpy())
    return ImageSpectra(size, np.array(radial), np.array(direction), np.array(zigzag) if block else None, residual)


def log_power(image: torch.Tensor) -> torch.Tensor:
    """Give the logarithm to base 10 of the power of an image in rings 1 to m.

    Args:
        image: Floating point ``(N, N)``.

    Returns:
        ``(m,)``; power below 1e-12 counts as 1e-12. NaN for an image of one value.

    Example:
        >>> wave = torch.cos(2 * torch.pi * 5 * torch.arange(24.0) / 24).expand(24, 24)
        >>> log_power(wave).argmax() + 1
        tensor(5)
    """
    size = MapSize(*image.shape)
    ring = torch.from_numpy(ring_index(size, PUBLISHED.ring_center).ravel().astype("int64"))
    power = torch.fft.fft2(image - image.mean()).abs().square().flatten() / size.pixels
    means = ring_means(power, ring)[1 : outermost_ring(size) + 1]
    return torch.full_like(means, torch.nan) if image.min() == image.max() else means.clamp(min=_FLOOR).log10()


def spectra_table(first: ImageSpectra, second: ImageSpectra, *, seed: int = 0) -> pd.DataFrame:
    """Compare two sets of spectra; see :func:`compare_spectra`.

    Args:
        first: The spectra of one set.
        second: The spectra of the other set, of the same size.
        seed: Seed of the draws.

    Raises:
        TypeError: If the seed is not a whole number.
        ValueError: If the sizes, residuals or blocks differ, or a set has no image but those of one value.
    """
    seed = require_seed(seed)
    if first.size != second.size:
        raise ValueError(f"spectra of {first.size} and of {second.size} pixels; measure both in squares of one size")
    if first.residual != second.residual or _coefficients(first) != _coefficients(second):
        raise ValueError("spectra of other residuals or blocks; measure both sets in one way")
    counts = [first.radial.shape[1], first.direction.shape[1], _coefficients(first)]
    rings = counts[0]
    values = []
    for name, spectra in (("first", first), ("second", second)):
        parts = [spectra.radial, spectra.direction, spectra.zigzag]
        joined = np.concatenate([part for part in parts if part is not None], axis=1)
        varied = joined[np.isfinite(spectra.radial).all(axis=1)]
        if not len(varied):
            raise ValueError(f"{name}: no image has a spectrum; give images that are not of one gray level")
        values.append(varied)
    test = unpaired_difference(*values, seed=seed)
    kinds = np.repeat(["radial", "direction", "zigzag"], counts)
    at = np.concatenate([mean_frequencies(first.size), sector_angles(counts[1]), np.arange(1, counts[2] + 1)])
    table = pd.DataFrame({"kind": kinds, "at": at})
    for name, part in zip(("first", "second"), values, strict=True):
        counted = np.isfinite(part)
        table[name] = np.where(counted, part, 0).sum(axis=0) / np.where(
            counted.any(axis=0), counted.sum(axis=0), np.nan
        )
        table[f"{name}_lower"], table[f"{name}_upper"] = mean_interval(part, seed=seed)
    table = table.assign(difference=test.mean, lower=test.lower, upper=test.upper, p=test.p)
    distance = {"kind": "distance", **_distance(*(part[:, :rings] for part in values), seed)}
    table = pd.concat([table, pd.DataFrame([distance])], ignore_index=True)
    table["marked"] = [None if np.isnan(p) else bool(p <= LEVEL) for p in table["p"]]
    return table.assign(
        size=first.size, residual=first.residual, first_images=len(values[0]), second_images=len(values[1])
    )


def _coefficients(spectra: ImageSpectra) -> int:
    return 0 if spectra.zigzag is None else spectra.zigzag.shape[1]


def _distance(first: np.ndarray, second: np.ndarray, seed: int) -> dict[str, float]:
    """Give the log-spectral distance in decibels, its interval, and its p."""
    generator = np.random.default_rng(seed)
    numbers = len(first), len(second)
    measured = float(_decibels(first.mean(axis=0), second.mean(axis=0)))

    def means(part: np.ndarray) -> np.ndarray:
        return generator.multinomial(len(part), np.full(len(part), 1 / len(part)), _DRAWS) / len(part) @ part

    lower = upper = p = np.nan
    if min(numbers) > 1:
        # A mean of drawn images has noise of its own, which adds to squares whatever the sets are.
        squares = _decibels(means(first), means(second)) ** 2
        ends = np.quantile(squares, [0.025, 0.975]) - (squares.mean() - measured**2)
        lower, upper = np.sqrt(ends.clip(min=0))
    if min(numbers) >= FEWEST_IMAGES:
        both = np.concatenate([first, second])
        dealt = generator.permuted(np.tile(np.arange(len(both)) < numbers[0], (_DRAWS, 1)), axis=1)
        others = _decibels(dealt @ both / numbers[0], ~dealt @ both / numbers[1])
        # What was measured is a deal, too.
        p = (np.sum(others >= measured * (1 - 1e-9)) + 1) / (_DRAWS + 1)
    return {"difference": measured, "lower": float(lower), "upper": float(upper), "p": float(p)}


def _decibels(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return 10 * np.sqrt(((second - first) ** 2).mean(axis=-1))
