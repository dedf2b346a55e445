"""DCT coefficients in zigzag order, and what a median filter takes out of images."""

from functools import lru_cache

import torch
from scipy.ndimage import median_filter
from torch import Tensor

from srop.checks import require_size, require_tensor
from srop.occlusion import transformed


@lru_cache(maxsize=8)
def zigzag_places(block: int) -> tuple[tuple[int, int], ...]:
    """List the coefficients of a block in the order of JPEG, as rows and columns.

    Example:
        >>> zigzag_places(3)
        ((0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (1, 2), (2, 1), (2, 2))
    """
    places = [(u, v) for u in range(block) for v in range(block)]
    return tuple(sorted(places, key=lambda place: (sum(place), place[0] if sum(place) % 2 else -place[0])))


def zigzag_spectrum(maps: Tensor, *, block: int = 8) -> Tensor:
    r"""Compute the mean power of DCT coefficients over the blocks of each map, in zigzag order.

    .. math:: Z(j) = \frac{1}{B} \sum_b C_b(u_j, v_j)^2

    :math:`C_b` is the orthonormal DCT-II of block b. Blocks touch, beginning at the upper left corner, as those of a
    JPEG; rows and columns that fill no block are left out. The place j counts along the diagonals of a block, from the
    block's mean to the finest checkerboard, as JPEG does.

    Args:
        maps: Floating-point maps ``(..., H, W)``.
        block: Edge length n of a block. The size of square maps gives the DCT of whole maps.

    Returns:
        ``(..., n * n)``, with gradients; float32 for half precision. The first value is the power of the means of
        blocks. White noise has its variance everywhere; a natural image falls by decades.

    Raises:
        TypeError: If the maps are not a floating-point tensor, or the block is not a whole number.
        ValueError: If the maps have fewer than two dimensions, or hold no block.

    Reference:
        Skorokhodov et al. 2025 (Improving the diffusability of autoencoders) for latents and their decoded images;
        Frank et al. 2020 (Leveraging frequency analysis for deep fake image recognition) for the DCT of whole images.
        Published pictures differ in the mean and the logarithm; here is the mean power, without a logarithm.

    Example:
        >>> columns = torch.arange(8.0)
        >>> wave = torch.cos(torch.pi * (columns + 0.5) * 2 / 8).expand(16, 8)  # the third coefficient of a row
        >>> zigzag_spectrum(wave).argmax(), zigzag_places(8)[5]
        (tensor(5), (0, 2))
    """
    require_tensor("maps", maps)
    if not maps.is_floating_point():
        raise TypeError(f"maps are {maps.dtype}; give floating point, as maps.float()")
    block = require_size("block", block)
    if maps.ndim < 2 or min(maps.shape[-2:]) < block:
        raise ValueError(f"maps of shape {tuple(maps.shape)} hold no block of {block} x {block}; give larger maps")
    rows, columns = (side // block * block for side in maps.shape[-2:])
    blocks = maps[..., :rows, :columns].unfold(-2, block, block).unfold(-2, block, block)
    power = transformed(blocks, "dct").square().mean((-4, -3))
    down, across = torch.tensor(zigzag_places(block), device=maps.device).T
    return power[..., down, across]


def median_residual(images: Tensor, *, window: int = 3) -> Tensor:
    """Give what a median filter takes out of images: the images less their medians over square windows.

    Spectra of residuals show the traces of cameras and of generators, which the scene hides in spectra of whole images.
    Images are mirrored at their edges.

    Args:
        images: Floating-point images ``(..., H, W)``; each color is filtered alone.
        window: Odd edge length of the window.

    Returns:
        As the images, without gradients. A constant image, and one of steep edges alone, gives zeros.

    Raises:
        TypeError: If the images are not a floating-point tensor, or the window is not a whole number.
        ValueError: If the window is even or 1.

    Reference:
        Wang et al. 2020 (CNN-generated images are surprisingly easy to spot... for now), the mean spectra of high-pass
        filtered images; by the authors' answer in issue 21 of their code, a median filter with a window of 5.

    Example:
        >>> image = torch.zeros(5, 5)
        >>> image[2, 2] = 1
        >>> torch.equal(median_residual(image), image)
        True
    """
    require_tensor("images", images)
    if not images.is_floating_point() or images.ndim < 2:
        raise TypeError(f"images of shape {tuple(images.shape)} and {images.dtype}; give floating point (..., H, W)")
    if require_size("window", window) % 2 == 0 or window == 1:
        raise ValueError(f"window={window}: the median of a window is that of its middle pixel; give 3, 5, ...")
    # The filter knows no half precision.
    values = images.detach().cpu().double().numpy()
    medians = median_filter(values, size=(1,) * (images.ndim - 2) + (window, window), mode="reflect")
    return (images.detach().double() - torch.from_numpy(medians).to(images.device)).to(images.dtype)
