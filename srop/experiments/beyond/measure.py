"""Spectra of photographs after a change, and of generated digits."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from torchvision.transforms.functional import gaussian_blur

from srop.directions import power_by_direction
from srop.image_spectra import ImageSpectra, log_power, spectra_table


def changed_photographs(images: Tensor, *, enlarged: int, quality: int, blur: float) -> dict[str, Tensor]:
    """Change photographs in three ways.

    Args:
        images: uint8 ``(m, 3, n, n)`` on the CPU.
        enlarged: How many times the middle is enlarged, by bicubic interpolation.
        quality: Quality of a JPEG.
        blur: Standard deviation of a Gaussian, in pixels.

    Returns:
        The photographs as they are and the changed ones, uint8 of the same shape, by what was done.
    """
    size = images.shape[-1]
    inner, side = (size - size // enlarged) // 2, size // enlarged
    middle = images[..., inner : inner + side, inner : inner + side].float()
    larger = interpolate(middle, (size, size), mode="bicubic", align_corners=False).clamp(0, 255).round().byte()
    width = 2 * int(np.ceil(3 * blur)) + 1
    return {
        "photographs": images,
        f"enlarged {enlarged} times": larger,
        f"JPEG, quality {quality}": torch.stack([_compressed(image, quality) for image in images]),
        f"blurred by {blur:g} pixel{'s' * (blur != 1)}": gaussian_blur(images, [width, width], [blur, blur]),
    }


def _compressed(image: Tensor, quality: int) -> Tensor:
    file = BytesIO()
    Image.fromarray(image.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)


def spectra(images: Tensor) -> ImageSpectra:
    """Measure the spectra of gray images ``(m, n, n)`` in [0, 1], on the CPU."""
    images = images.double()
    radial = np.array([log_power(image).numpy() for image in images])
    direction = np.array([power_by_direction(image).numpy() for image in images])
    return ImageSpectra(images.shape[-1], radial, direction)


def against_first(sets: Mapping[str, Tensor]) -> pd.DataFrame:
    """Compare the spectra of sets of gray images with those of the first set.

    Args:
        sets: Gray images ``(m, n, n)`` in [0, 1], by name; the first set is the reference.

    Returns:
        The rows of :func:`srop.compare_spectra` for each other set, and its name as ``set``.
    """
    (_, reference), *others = ((name, spectra(images)) for name, images in sets.items())
    tables = [spectra_table(reference, measured).assign(set=name) for name, measured in others]
    return pd.concat(tables, ignore_index=True)


def gray(images: Tensor) -> Tensor:
    """Turn uint8 images ``(m, 3, n, n)`` into gray ones ``(m, n, n)`` in [0, 1], as Pillow weighs colors."""
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    return torch.einsum("mchw,c->mhw", images.double(), weights) / 255
