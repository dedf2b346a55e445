"""Spectral roll-off points of maps and signals: tensors in, tensors out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
import torch
from torch import Tensor

from srop.convention import PUBLISHED, Convention
from srop.rings import outermost_ring, ring_sizes, ring_weights

_SMALLEST = 4
_ROUNDING = 32
"""A band whose power is below what an error of this many units in the last place would bring counts as empty."""
_CHUNK = {"cpu": 2**21, "cuda": 2**26}
"""Components of the spectra that are worked on at a time, by type of device."""
_SPARSE = 0.04
"""Weights of which a smaller share is not zero are kept as a sparse matrix."""


@torch.no_grad()
def rolloff_points(
    maps: Tensor,
    *,
    convention: Convention | Sequence[Convention] = PUBLISHED,
    reference: int | None = None,
    check_finite: bool = True,
) -> Tensor:
    r"""Compute the spectral roll-off point of each map: the radius below which 85 % of its spectrum lies.

    .. math:: \mathrm{SROP} = \frac{1}{m} \min\Big\{k : \sum_{j=k_0}^{k} S(j) \ge \kappa \sum_{j=k_0}^{m} S(j)\Big\}

    with S(j) the average power in ring j of the spectrum and m its outermost ring (:func:`srop.rings.outermost_ring`);
    the convention says what a ring, a spectrum and the innermost ring k_0 are.

    Args:
        maps: Real maps ``(..., n, n)`` of any leading shape, on any device. float32 and float64 are computed as they
            are, any other type in float32.
        convention: Which definition; the default reproduces the paper's Table 2. Several share one transform.
        reference: Size N to which the SROP refers, at least n, so that maps of different layers can be compared (224
            in the paper's layer-wise experiments). None takes the map's own size.
        check_finite: Raise if a value is NaN or infinite. False saves a synchronisation with the device; the SROP of
            such a map is then NaN.

    Returns:
        Tensor ``(...)`` of values in (0, 1], in [0, 1] for ``PRINTED``; ``(conventions, ...)`` if a sequence of them
        was given. NaN where a map has no SROP: dead maps (all values equal, see :func:`dead_maps`) and maps out of
        band (not constant, but with no power in the band beyond rounding, such as a checkerboard).

    Raises:
        ValueError: If the maps are complex, not square, empty, or have NaN or infinite values; if the spectrum would
            be smaller than 4 x 4; if the reference is smaller than the map.

    Reference:
        Yu et al. 2021, Eq. 2-6; the conventions are this project's reading of them.

    Example:
        A plane wave of 5 periods across the map lies in ring 5 of 15:

        >>> x = torch.arange(24) / 24
        >>> wave = torch.cos(2 * torch.pi * 5 * x).expand(24, 24)
        >>> from srop import CENTRED
        >>> rolloff_points(wave, convention=CENTRED) * 15
        tensor(5.)
        >>> rolloff_points(torch.zeros(2, 24, 24))
        tensor([nan, nan])
    """
    conventions = (convention,) if isinstance(convention, Convention) else tuple(convention)
    flat = _flat(maps, conventions, reference)
    points = flat.new_empty(len(conventions), len(flat))
    chunk = _chunk(flat, reference)
    for part, out in zip(flat.split(chunk), points.split(chunk, dim=1), strict=True):
        # Conventions that differ in their kappa have the same rings.
        kinds = tuple(dict.fromkeys(replace(each, kappa=0.5) for each in conventions))
        rings = dict(zip(kinds, _rings(part, kinds, reference, check_finite), strict=True))
        for each, point in zip(conventions, out, strict=True):
            spectrum, empty = rings[replace(each, kappa=0.5)]
            point.copy_(_rolloff(spectrum, each.kappa, empty) + each.first_ring)
    for each, point in zip(conventions, points, strict=True):
        point /= rolloff_grid(flat.shape[-1], convention=each, reference=reference)[1]
    shape = maps.shape[:-2]
    return points.reshape(shape if isinstance(convention, Convention) else (len(conventions), *shape))


@torch.no_grad()
def radial_spectrum(maps: Tensor, *, convention: Convention = PUBLISHED, reference: int | None = None) -> Tensor:
    r"""Compute the radially averaged spectrum of each map, whose running total the SROP is read from.

    .. math:: S(k) / \sum_{j=k_0}^{m} S(j)

    Args:
        maps: As for :func:`rolloff_points`.
        convention: As for :func:`rolloff_points`.
        reference: As for :func:`rolloff_points`; a convention that scales takes none.

    Returns:
        Tensor ``(..., rings)``: the share of each ring k from ``convention.first_ring`` to m; NaN for maps without an
        SROP.

    Raises:
        ValueError: As :func:`rolloff_points`.

    Reference:
        Yu et al. 2021, Eq. 3 and 6.

    Example:
        >>> wave = torch.cos(2 * torch.pi * 5 * torch.arange(24) / 24).expand(24, 24)
        >>> from srop import CENTRED
        >>> spectrum = radial_spectrum(wave, convention=CENTRED)
        >>> spectrum.shape, spectrum.argmax() + CENTRED.first_ring
        (torch.Size([15]), tensor(5))
    """
    flat = _flat(maps, (convention,), reference)
    shares = []
    for part in flat.split(_chunk(flat, reference)):
        ((spectrum, empty),) = _rings(part, (convention,), reference, check_finite=True)
        total = spectrum.sum(-1)
        shares.append(spectrum / torch.where(total > empty, total, torch.nan)[:, None])
    return torch.cat(shares).reshape(*maps.shape[:-2], -1)


def dead_maps(maps: Tensor) -> Tensor:
    """Say which maps are dead: all values equal, as a ReLU leaves a channel that never fires.

    Together with :func:`rolloff_points` this tells why a map has no SROP: those that are not dead are out of band.

    Args:
        maps: Real maps ``(..., H, W)``.

    Returns:
        Boolean tensor ``(...)``.

    Example:
        >>> dead_maps(torch.stack([torch.zeros(4, 4), torch.eye(4)]))
        tensor([ True, False])
    """
    return maps.amin((-2, -1)) == maps.amax((-2, -1))


def rolloff_grid(size: int, *, convention: Convention = PUBLISHED, reference: int | None = None) -> tuple[int, float]:
    """Give the grid on which the SROPs of maps of a size lie.

    Args:
        size: Edge length n of the maps.
        convention: As for :func:`rolloff_points`.
        reference: As for :func:`rolloff_points`.

    Returns:
        The outermost ring m, and the ring that an SROP of 1 stands for: every SROP is one of the rings 0, 1, ..., m
        over that number, which is m itself, or m N/n where the convention scales.

    Example:
        >>> rolloff_grid(7, reference=224), rolloff_grid(24)
        ((156, 156), (15, 15.0))
    """
    ring_size = _ring_size(size, convention, reference)
    outermost = outermost_ring(ring_size)
    return outermost, outermost * (reference or size) / size if ring_size == size else outermost


@torch.no_grad()
def rolloff_points_1d(
    signals: Tensor,
    *,
    spectrum: str = "magnitude",
    band: tuple[int, int] | None = None,
    kappa: float = 0.85,
) -> Tensor:
    r"""Compute the normalised spectral roll-off point of each signal.

    .. math:: \sum_{k=b_1}^{\mathrm{SROP}} S(k) = \kappa \sum_{k=b_1}^{b_2} S(k), \qquad
              \mathrm{SROP}_\mathrm{normalised} = \frac{\mathrm{SROP} - b_1}{b_2 - b_1}

    Args:
        signals: Real signals ``(..., n)``, n at least 2.
        spectrum: ``"magnitude"``, :math:`S = |F|` as Eq. 3 prints it, or ``"power"``, :math:`S = |F|^2`.
        band: Edges (b_1, b_2), both included, 0 <= b_1 < b_2 <= n // 2. None takes (0, n // 2).
        kappa: Share of the band's total, in (0, 1).

    Returns:
        Tensor ``(...)`` of values in [0, 1]; the smallest bin that reaches the share. NaN where a signal is constant
        or has nothing in the band beyond rounding.

    Raises:
        ValueError: If the signals are complex, shorter than 2 samples or not finite, or an argument is out of range.

    Reference:
        Yu et al. 2021, Eq. 2-4.

    Example:
        >>> t = torch.arange(100) / 100
        >>> rolloff_points_1d(torch.sin(2 * torch.pi * 10 * t))
        tensor(0.2000)
    """
    length = signals.shape[-1] if signals.ndim else 0
    first, last = band or (0, length // 2)
    if signals.is_complex():
        raise ValueError("signals are complex; the SROP is defined for real signals")
    if length < 2 or signals.numel() == 0:
        raise ValueError(f"signals of shape {tuple(signals.shape)}: each needs at least 2 samples")
    if not 0 <= first < last <= length // 2:
        raise ValueError(f"band={band}: the edges need 0 <= b1 < b2 <= {length // 2}, half the signal's length")
    if spectrum not in ("power", "magnitude"):
        raise ValueError(f"spectrum={spectrum!r}: allowed are 'power', 'magnitude'")
    if not 0 < kappa < 1:
        raise ValueError(f"kappa={kappa!r}: a share of the spectrum lies in (0, 1)")
    if signals.dtype not in (torch.float32, torch.float64):
        signals = signals.float()
    if not signals.isfinite().all():
        raise ValueError("signals have NaN or infinite values")

    low, high = signals.aminmax(dim=-1)
    scaled = _scaled(signals, low, high)
    if first > 0:
        scaled = scaled - scaled.mean(-1, keepdim=True)
    bins = torch.fft.rfft(scaled).abs()[..., first : last + 1]
    floor = _ROUNDING * torch.finfo(scaled.dtype).eps * scaled.square().sum(-1).sqrt()
    if spectrum == "power":
        bins, floor = bins.square(), floor.square()
    position = _rolloff(bins, kappa, floor * bins.shape[-1])
    return position.masked_fill(low == high, torch.nan) / (last - first)


def _flat(maps: Tensor, conventions: Sequence[Convention], reference: int | None) -> Tensor:
    """Check maps, and give them as ``(batch, n, n)`` in a type to compute in."""
    shape = tuple(maps.shape)
    if maps.is_complex():
        raise ValueError("maps are complex; the SROP is defined for real maps")
    if maps.ndim < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"maps of shape {shape} are not square; the last two dimensions must be equal")
    size = shape[-1]
    if size == 0:
        raise ValueError(f"maps of shape {shape} are empty")
    if reference is not None and reference < size:
        raise ValueError(f"reference={reference} is smaller than the maps, which are {size} x {size}")
    if min(_ring_size(size, convention, reference) for convention in conventions) < _SMALLEST:
        raise ValueError(
            f"maps of {size} x {size} are too small: a spectrum needs at least {_SMALLEST} x {_SMALLEST}, and a "
            "convention that scales (printed) takes the maps' own"
        )
    flat = maps.reshape(-1, size, size)
    return flat if flat.dtype in (torch.float32, torch.float64) else flat.float()


def _ring_size(size: int, convention: Convention, reference: int | None) -> int:
    """Edge length of the spectrum that the rings are taken from."""
    return reference if reference is not None and convention.reference_rule == "upsample" else size


def _chunk(flat: Tensor, reference: int | None) -> int:
    """How many maps to work on at a time."""
    size = flat.shape[-1]
    transform = reference if reference is not None and reference % size else size
    return max(1, _CHUNK.get(flat.device.type, _CHUNK["cpu"]) // transform**2)


def _rings(
    maps: Tensor, conventions: Sequence[Convention], reference: int | None, check_finite: bool
) -> list[tuple[Tensor, Tensor]]:
    """Spectra over rings of ``(batch, n, n)`` maps under each convention, and the total below which each is empty."""
    low, high = maps.amin((-2, -1)), maps.amax((-2, -1))
    if check_finite and not (low.isfinite() & high.isfinite()).all():
        raise ValueError("maps have NaN or infinite values")
    size = maps.shape[-1]
    scaled = _scaled(maps, low, high)

    @cache
    def mean(transform: int) -> Tensor:
        if transform == size:
            return scaled.mean((-2, -1))
        repeats = torch.bincount(_source(size, transform, maps.device)).to(scaled.dtype) / transform
        return (repeats @ scaled) @ repeats

    @cache
    def rounding(dc_counts: bool) -> Tensor:
        return _rounding(scaled if dc_counts else scaled - mean(size)[:, None, None], dim=(-2, -1))

    # None of these refers to itself: a cycle would keep the spectra until the garbage collector comes.
    @cache
    def power(transform: int) -> Tensor:
        # Without its mean, a map's spectrum is exact to the rounding of what varies; DC is added where it counts.
        varying = scaled - mean(transform)[:, None, None]
        return _power(varying) if transform == size else _upsampled_power(varying, transform)

    results = []
    for convention in conventions:
        ring_size = _ring_size(size, convention, reference)
        transform = size if ring_size % size == 0 else ring_size
        dc_counts, magnitude = convention.first_ring == 0, convention.spectrum == "magnitude"
        weights, dc_weights = _weights(size, ring_size, convention, maps.dtype, maps.device)
        values = power(transform).sqrt() if magnitude else power(transform)
        with _full_precision(maps.device):
            rings = (weights @ values.T.contiguous()).T if weights.is_sparse else values @ weights.T
        if dc_counts:
            dc = mean(transform).abs() * transform**2
            rings = rings + (dc if magnitude else dc.square())[:, None] * dc_weights
        floor = rounding(dc_counts) * (ring_size / size)
        in_ring = ring_sizes(ring_size, convention.ring_centre, convention.first_ring)
        evenly = len(in_ring) if convention.ring_statistic == "mean" else int(in_ring.sum())
        empty = (floor if magnitude else floor.square()) * evenly
        results.append((rings, empty.masked_fill(low == high, torch.inf)))
    return results


def _source(size: int, upsampled: int, device: torch.device | None = None) -> Tensor:
    """Row or column of a map that each one of its nearest-neighbour upsampling repeats."""
    return torch.arange(upsampled, device=device) * size // upsampled


def _power(maps: Tensor) -> Tensor:
    """Power of the half plane of spectra: ``(batch, n (n // 2 + 1))``."""
    transformed = torch.fft.rfft2(maps)
    return (transformed.real.square() + transformed.imag.square()).flatten(-2)


def _upsampled_power(maps: Tensor, transform: int) -> Tensor:
    r"""Power of the spectra of maps' nearest-neighbour upsampling, which need not be built.

    With C and S the real and imaginary part of the Fourier matrix whose columns are summed as upsampling repeats them,

    .. math:: |F(\pm u, v)|^2 = (C x C^T \mp S x S^T)_{uv}^2 + (S x C^T \pm C x S^T)_{uv}^2 .

    Returns:
        ``(batch, 2 h^2)`` with h = N // 2 + 1: first all (u, v), then all (-u, v), for u and v from 0 to h - 1.
    """
    dft = _upsampled_dft(maps.shape[-1], transform, maps.dtype, maps.device)
    half = len(dft) // 2
    with _full_precision(maps.device):
        # The maps last, as the sparse weights want them.
        rows = torch.tensordot(dft, maps, dims=([1], [1]))
        parts = (dft @ rows.transpose(1, 2)).unflatten(1, (2, half)).unflatten(0, (2, half))
    cosines, sines, mixed, mixed_t = parts[0, :, 0], parts[1, :, 1], parts[1, :, 0], parts[0, :, 1]
    plus = (cosines - sines).square_().add_((mixed + mixed_t).square_())
    minus = (cosines + sines).square_().add_((mixed - mixed_t).square_())
    return torch.stack([plus, minus]).flatten(0, 2).T


@lru_cache(maxsize=16)
def _upsampled_dft(size: int, transform: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Cosines above sines ``(2 h, size)`` that repeat a map's rows and take the Fourier transform's first h rows."""
    dft = torch.fft.fft(torch.eye(transform, dtype=torch.float64), dim=0)[: transform // 2 + 1]
    matrix = dft.new_zeros(len(dft), size).index_add_(1, _source(size, transform), dft)
    return torch.cat([matrix.real, -matrix.imag]).to(device=device, dtype=dtype)


def _scaled(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Bring the largest magnitude to 1, so that no square over- or underflows."""
    largest = torch.maximum(low.abs(), high.abs())
    largest = torch.where(largest > 0, largest, 1).reshape(low.shape + (1,) * (x.ndim - low.ndim))
    return x / largest


def _rounding(x: Tensor, *, dim: int | tuple[int, ...]) -> Tensor:
    """Magnitude of a spectral component that may come from rounding alone, errors spread evenly over the spectrum."""
    return _ROUNDING * torch.finfo(x.dtype).eps * x.square().sum(dim).sqrt()


def _rolloff(spectrum: Tensor, kappa: float, empty: Tensor) -> Tensor:
    """Position in the last dimension where the running total reaches its share, NaN where all is no more than empty."""
    running = spectrum.cumsum(-1)
    total = running[..., -1]
    position = (running < kappa * total[..., None]).sum(-1).to(spectrum.dtype)
    return torch.where(total > empty, position, torch.nan)


@lru_cache(maxsize=32)
def _weights(
    size: int, ring_size: int, convention: Convention, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Map ``(rings, components)`` from a spectrum to its rings, sparse where that is faster, and DC's part of it."""
    if ring_size % size:
        weights = _quadrants(ring_weights(ring_size, ring_size, convention), ring_size)
    else:
        weights = ring_weights(size, ring_size, convention)
    matrix = torch.from_numpy(weights.T).to(device=device, dtype=dtype)
    sparse = (weights != 0).mean() < _SPARSE
    return (matrix.to_sparse() if sparse else matrix.contiguous()), matrix[:, 0].clone()


def _quadrants(weights: np.ndarray, size: int) -> np.ndarray:
    """Order the half plane's weights as :func:`_upsampled_power` orders its components."""
    half = size // 2 + 1
    plane = weights.reshape(size, half, -1)
    opposite = -np.arange(half) % size
    # Rows 0 and N/2 are their own opposites and count once.
    itself = opposite == np.arange(half)
    minus = np.where(itself[:, None, None], 0, plane[opposite])
    return np.stack([plane[:half], minus]).reshape(2 * half * half, -1)


@contextmanager
def _full_precision(device: torch.device) -> Iterator[None]:
    """Shut out autocast and reduced-precision products: both are too coarse to tell rings apart."""
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.autocast(device.type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)
