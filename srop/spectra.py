"""Spectra of maps or of their upsampling: tensors in, tensors out."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import sqrt

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from srop import kernels
from srop.rings import Band, ring_weights
from srop.sizes import MapSize

_ROUNDING = {torch.float32: (39, 6100), torch.float64: (512, 32768)}
"""Errors of a spectrum that count as rounding, in units of the last place times the map's norm: the root mean square
over the components, and the error of the worst component. See :func:`empty_total`."""
CONSTANT = 32
"""A map is constant if its values spread by no more than this many units in the last place of the largest."""
_SMALL = 10
"""Up to this size a matrix product transforms maps faster than an FFT."""


class NotFiniteError(ValueError):
    """Maps have NaN or infinite values, for example after a training that diverged."""


class Spectra:
    """Scaled maps and their spectra, each computed once.

    Args:
        maps: ``(batch, h, w)``.
        rounding: As for :func:`constant`.
        check_finite: Whether NaN and infinite values raise an error.

    Attributes:
        constant: ``(batch,)``: which maps are constant up to rounding.

    Raises:
        NotFiniteError: If a value is NaN or infinite, and ``check_finite`` is set.
    """

    def __init__(self, maps: Tensor, rounding: float, check_finite: bool) -> None:
        # A factor changes no share, so the gradient goes around the scale.
        low, high = maps.detach().amin((-2, -1)), maps.detach().amax((-2, -1))
        if check_finite and not (low.isfinite() & high.isfinite()).all():
            raise NotFiniteError("maps have NaN or infinite values")
        self.constant = constant(low, high, rounding)
        self._scaled = scale(maps, low, high)
        self._size = MapSize(*maps.shape[-2:])
        self._means: dict[MapSize, Tensor] = {}
        self._powers: dict[MapSize, Tensor] = {}

    def power(self, transform: MapSize) -> Tensor:
        """Compute power ``(batch, components)``; the first component is DC."""
        if transform not in self._powers:
            # With the mean subtracted, the rounding errors of the spectrum are relative to the variation alone.
            mean = self._mean(transform)
            varying = self._scaled - mean[:, None, None]
            power = _power(varying) if transform == self._size else upsampled_power(varying, transform)
            power[:, 0] = (mean * transform.pixels).square()
            self._powers[transform] = power
        return self._powers[transform]

    def norm(self, band: Band) -> Tensor:
        """Compute the norms ``(batch,)`` of the maps of a band, at the size of the transform; infinite if constant."""
        mean = 0 if band.dc_counts else self._mean(band.size)[:, None, None]
        rows, columns = (large / small for large, small in zip(band.transform, band.size, strict=True))
        norm = (self._scaled - mean).square().sum((-2, -1)).sqrt() * sqrt(rows * columns)
        return norm.masked_fill(self.constant, torch.inf)

    def _mean(self, transform: MapSize) -> Tensor:
        if transform not in self._means:
            scaled = self._scaled
            if transform == self._size:
                mean = scaled.mean((-2, -1))
            else:
                down, across = (
                    torch.bincount(_source(side, upsampled, scaled.device)).to(scaled.dtype) / upsampled
                    for side, upsampled in zip(self._size, transform, strict=True)
                )
                with full_precision(scaled.device):
                    mean = (down @ scaled) @ across
            self._means[transform] = mean
        return self._means[transform]


def _source(size: int, upsampled: int, device: torch.device) -> Tensor:
    """Give for each row of an upsampling (nearest neighbor) the row of the map that it repeats."""
    return torch.arange(upsampled, device=device) * size // upsampled


def half_plane(maps: Tensor) -> Tensor:
    """Compute spectra as ``rfft2`` does: ``(batch, 2 h (w // 2 + 1))``, real and imaginary parts in turn."""
    size = MapSize(*maps.shape[-2:])
    if size.longer > _SMALL:
        return torch.view_as_real(torch.fft.rfft2(maps)).flatten(1)
    with full_precision(maps.device):
        return maps.flatten(1) @ _dft(size, maps.dtype, maps.device)


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # Kept for later calls, whose gradients may need it.
def _dft(size: MapSize, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Build the Fourier transform of a flattened map as a matrix."""
    units = torch.eye(size.pixels, dtype=torch.float64, device="cpu").unflatten(1, size)
    return torch.view_as_real(torch.fft.rfft2(units)).flatten(1).to(device=device, dtype=dtype)


def _power(maps: Tensor) -> Tensor:
    """Compute the power in the half plane of spectra: ``(batch, h (w // 2 + 1))``."""
    real, imaginary = half_plane(maps).unflatten(1, (-1, 2)).unbind(-1)
    return real.square() + imaginary.square()


def upsampled_power(maps: Tensor, transform: MapSize) -> Tensor:
    r"""Compute the power spectra of maps' nearest-neighbor upsampling, without the upsampled maps.

    .. math:: |F(\pm u, v)|^2 = (C x C^T \mp S x S^T)_{uv}^2 + (S x C^T \pm C x S^T)_{uv}^2

    C and S are the real and the imaginary part of a Fourier matrix. Upsampling repeats values, so the matrix's columns
    for the same value are added up. On the left of x it is the matrix for rows, on the right the matrix for columns.

    Returns:
        ``(batch, 2 a b)`` with a = H // 2 + 1 and b = W // 2 + 1: first all (u, v), then all (-u, v), for u from 0 to
        a - 1 and v from 0 to b - 1.
    """
    down, across = (
        _upsampled_dft(side, upsampled, maps.dtype, maps.device)
        for side, upsampled in zip(maps.shape[-2:], transform, strict=True)
    )
    with full_precision(maps.device):
        if maps.device.type != "cpu" or maps.requires_grad:
            return _power_of_parts(down @ (maps @ across.T)).flatten(1)
        power = maps.new_empty(len(maps), 2, len(down) // 2, len(across) // 2)
        # In small parts, so that the products stay in a cache.
        for part, out in zip(maps.split(4), power.split(4), strict=True):
            kernels.upsampled_power((down @ (part @ across.T)).numpy(), out.numpy())
    return power.flatten(1)


def _power_of_parts(parts: Tensor) -> Tensor:
    """Compute the same as :func:`srop.kernels.upsampled_power`, on any device."""
    height, width = (side // 2 for side in parts.shape[-2:])
    (cosines, mixed_t), (mixed, sines) = (rows.split(width, dim=2) for rows in parts.split(height, dim=1))
    plus = (cosines - sines).square_().add_((mixed + mixed_t).square_())
    minus = (cosines + sines).square_().add_((mixed - mixed_t).square_())
    return torch.stack([plus, minus], dim=1)


@lru_cache(maxsize=16)
@torch.inference_mode(False)
def _upsampled_dft(size: int, transform: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Build a matrix ``(2 h, size)`` that repeats rows and transforms them: h rows of cosines, then h of sines."""
    dft = torch.fft.fft(torch.eye(transform, dtype=torch.float64, device="cpu"), dim=0)[: transform // 2 + 1]
    matrix = dft.new_zeros(len(dft), size).index_add_(1, _source(size, transform, dft.device), dft)
    return torch.cat([matrix.real, -matrix.imag]).to(device=device, dtype=dtype)


def component_weights(band: Band) -> csr_array:
    """Build the sparse linear map ``(components, rings)`` from the power of :meth:`Spectra.power` to its rings."""
    if band.transform == band.size:
        return ring_weights(band.size, band.ring_size, band.convention)
    return _quadrants(ring_weights(band.ring_size, band.ring_size, band.convention), band.ring_size)


def _quadrants(weights: csr_array, size: MapSize) -> csr_array:
    """Bring the half plane's weights into the order of the components of :func:`upsampled_power`."""
    height, width = (side // 2 + 1 for side in size)
    entries = weights.tocoo()
    row, column = np.divmod(entries.coords[0], width)
    # Rows 0 and H/2 are their own conjugates and count once, in the first quadrant.
    component = np.where(row < height, row * width + column, (height + size.rows - row) * width + column)
    return csr_array((entries.data, (component, entries.coords[1])), shape=(2 * height * width, weights.shape[1]))


def constant(low: Tensor, high: Tensor, rounding: float) -> Tensor:
    """Find the maps that are constant up to rounding, by their least and largest values.

    The values of an interpolated or normalized constant map differ by a few units in the last place, whose spectrum is
    noise.

    Args:
        low: Least value of each map.
        high: Largest value of each map.
        rounding: The largest spread that counts as rounding, as a share of the largest magnitude.

    Example:
        >>> one = torch.ones(2)
        >>> constant(one, one + torch.tensor([0, 1e-5]), CONSTANT * torch.finfo(torch.float32).eps)
        tensor([ True, False])
    """
    return (high - low <= rounding * torch.maximum(low.abs(), high.abs())) & low.isfinite() & high.isfinite()


def scale(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Scale the largest magnitude to 1, so that no square over- or underflows."""
    largest = torch.maximum(low.abs(), high.abs())
    largest = torch.where(largest > 0, largest, 1).reshape(low.shape + (1,) * (x.ndim - low.ndim))
    return x / largest


def empty_total(weights: csr_array | np.ndarray, dtype: torch.dtype, *, magnitude: bool) -> float:
    r"""Give the total over the rings up to which a band counts as empty, for a map of norm 1.

    .. math:: \epsilon_1^p \sum_{c,k} W_{ck} + \epsilon_2^p \max_c \sum_k W_{ck}

    with p = 1 for magnitude and 2 for power: rounding gives every component an error of :math:`\epsilon_1`, and the
    component with the largest weight an error of :math:`\epsilon_2`. The errors of a transform differ: they accumulate
    along an axis, and at sizes with a large prime factor a double-precision transform can lose three more digits. So
    both bounds are four times the largest errors on any tested processor (``tests/test_rounding.py`` lists them),
    whichever processor runs. Real power is far above them: up to 2,000 x 2,000, 1e-5 of a float32 map's energy, or 1e-9
    of a float64 map's energy, is never lost.

    Args:
        weights: ``(components, rings)``, the linear map W from a spectrum to its rings.
        dtype: The type in which the spectrum is computed.
        magnitude: Whether the rings hold the magnitude instead of the power.
    """
    each, worst = (units * torch.finfo(dtype).eps for units in _ROUNDING[dtype])
    exponent = 1 if magnitude else 2
    shares = weights.sum(axis=1)
    return float(each**exponent * shares.sum() + worst**exponent * shares.max())


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Turn off autocast and reduced-precision products, which are too coarse to separate rings."""
    products = torch.backends.cuda.matmul, torch.backends.mkldnn.matmul
    precisions = [product.fp32_precision for product in products]
    try:
        for product in products:
            product.fp32_precision = "ieee"
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        for product, precision in zip(products, precisions, strict=True):
            product.fp32_precision = precision
