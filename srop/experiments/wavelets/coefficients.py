"""Images in several bases: pixels, wavelets and a random one."""

import numpy as np
import pywt
import torch
from torch import Tensor

from srop.experiments.wavelets.orthogonal import is_orthogonal, orthogonal_wavelets


def wavelet_coefficients(images: Tensor, *, wavelet: str, level: int) -> Tensor:
    """Transform images by two-dimensional wavelets, each color by itself.

    One level of an orthogonal wavelet multiplies an image of even sides by one orthogonal matrix from the left and
    another from the right, so it keeps the singular values. A second level transforms only the coarse quarter, and so
    changes them.

    Args:
        images: ``(..., h, w)``.
        wavelet: Name of an orthogonal wavelet of PyWavelets, such as ``"db1"``; see
            :func:`srop.experiments.wavelets.orthogonal.is_orthogonal`.
        level: How often the transform is applied, at least 1.

    Returns:
        ``(..., h, w)``: coarse coefficients in the upper left, details to the right and below, as
        :func:`pywt.coeffs_to_array` lays them out. Their energy is that of the image.

    Raises:
        ValueError: If the wavelet is unknown or not orthogonal (the message lists the orthogonal ones), or if the sides
            are not multiples of 2 to the power of ``level``.

    Reference:
        Yousefzadeh and Huang 2020 (arXiv 2006.09879); Yousefzadeh 2020 (arXiv 2002.10257) names ``db1`` at one level.

    Example:
        >>> wavelet_coefficients(torch.ones(1, 4, 4), wavelet="db1", level=1)[0, 0].round()
        tensor([2., 2., 0., 0.])
    """
    height, width = images.shape[-2:]
    if level < 1 or height % 2**level or width % 2**level:
        raise ValueError(
            f"level {level}: images of {height} x {width} cannot be halved so often without a remainder; give a level "
            "of at least 1, and sides that are multiples of 2 to its power"
        )
    if not is_orthogonal(wavelet):
        raise ValueError(
            f"wavelet {wavelet} is not orthogonal; give one of PyWavelets' orthogonal ones: {orthogonal_wavelets()}"
        )
    parts = pywt.wavedec2(images.numpy(), wavelet, mode="periodization", level=level, axes=(-2, -1))
    array, _ = pywt.coeffs_to_array(parts, axes=(-2, -1))
    return torch.from_numpy(np.ascontiguousarray(array))


def random_orthogonal(size: int, seed: int) -> Tensor:
    """Draw a uniformly distributed orthogonal matrix ``(size, size)`` in float64.

    Example:
        >>> matrix = random_orthogonal(3, seed=0)
        >>> torch.allclose(matrix @ matrix.T, torch.eye(3, dtype=torch.float64))
        True
    """
    gaussian = torch.randn(size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    q, r = torch.linalg.qr(gaussian)
    return q * r.diagonal().sign()


def bases(images: Tensor, *, wavelet: str, levels: list[int]) -> dict[str, Tensor]:
    """Transform images into each basis.

    Args:
        images: ``(n, c, h, w)``, of a floating type.
        wavelet: As for :func:`wavelet_coefficients`.
        levels: Levels of the wavelets.

    Returns:
        The transformed images by name: ``"pixels"`` (the images themselves), ``"wavelets, level 1"`` and so on, and
        ``"random"`` (multiplied by random orthogonal matrices from left and right, as a control).
    """
    left, right = (random_orthogonal(side, seed).to(images.dtype) for seed, side in enumerate(images.shape[-2:]))
    transformed = {
        f"wavelets, level {level}": wavelet_coefficients(images, wavelet=wavelet, level=level) for level in levels
    }
    return {"pixels": images, **transformed, "random": left @ images @ right}
