"""Spectral roll-off points of maps and signals: tensors in, tensors out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor

from srop.convention import PUBLISHED, Convention
from srop.rings import outermost_ring, ring_sizes, ring_weights

_SMALLEST = 4
_ROUNDING = 32
"""A band whose power is below what an error of this many units in the last place would bring counts as empty."""
_CHUNK = {"cpu": 2**20, "cuda": 2**26}
"""Components of the spectra that are worked on at a time, by type of device."""


@torch.no_grad()
def rolloff_points(
    maps: Tensor,
    *,
    convention: Convention = PUBLISHED,
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
        convention: Which definition; the default reproduces the paper's Table 2.
        reference: Size N to which the SROP refers, at least n, so that maps of different layers can be compared (224
            in the paper's layer-wise experiments). None takes the map's own size.
        check_finite: Raise if a value is NaN or infinite. False saves a synchronisation with the device; the SROP of
            such a map is then NaN.

    Returns:
        Tensor ``(...)`` of values in (0, 1], in [0, 1] for ``PRINTED``. NaN where a map has no SROP: dead maps (all
        values equal, see :func:`dead_maps`) and maps out of band (not constant, but with no power in the band beyond
        rounding, such as a checkerboard).

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
    size = _edge_length(maps)
    if reference is not None and reference < size:
        raise ValueError(f"reference={reference} is smaller than the maps, which are {size} x {size}")
    upsampled = reference is not None and convention.reference_rule == "upsample"
    transform = reference if upsampled else size
    if transform < _SMALLEST:
        raise ValueError(f"maps of {size} x {size} are too small: a spectrum needs at least {_SMALLEST} x {_SMALLEST}")

    flat = maps.reshape(-1, size, size)
    if flat.dtype not in (torch.float32, torch.float64):
        flat = flat.float()
    points = flat.new_empty(len(flat))
    chunk = max(1, _CHUNK.get(flat.device.type, _CHUNK["cpu"]) // transform**2)
    for part, out in zip(flat.split(chunk), points.split(chunk), strict=True):
        out.copy_(_points(part, transform, convention, check_finite))
    if reference is not None and not upsampled:
        points *= size / reference
    return points.reshape(maps.shape[:-2])


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
    low, high = maps.flatten(-2).aminmax(dim=-1)
    return low == high


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
    scaled = _scaled(signals, low, high, dim=-1, centre=first > 0)
    bins = torch.fft.rfft(scaled).abs()[..., first : last + 1]
    floor = _ROUNDING * torch.finfo(scaled.dtype).eps * scaled.square().sum(-1).sqrt()
    if spectrum == "power":
        bins, floor = bins.square(), floor.square()
    position = _rolloff(bins, kappa, floor * bins.shape[-1])
    return position.masked_fill(low == high, torch.nan) / (last - first)


def _edge_length(maps: Tensor) -> int:
    shape = tuple(maps.shape)
    if maps.is_complex():
        raise ValueError("maps are complex; the SROP is defined for real maps")
    if maps.ndim < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"maps of shape {shape} are not square; the last two dimensions must be equal")
    if shape[-1] == 0:
        raise ValueError(f"maps of shape {shape} are empty")
    return shape[-1]


def _points(maps: Tensor, transform: int, convention: Convention, check_finite: bool) -> Tensor:
    """SROPs of ``(batch, n, n)`` floating-point maps whose spectra are taken at ``transform``."""
    low, high = maps.flatten(-2).aminmax(dim=-1)
    if check_finite and not (low.isfinite() & high.isfinite()).all():
        raise ValueError("maps have NaN or infinite values")
    if transform % maps.shape[-1]:
        index = torch.arange(transform, device=maps.device) * maps.shape[-1] // transform
        maps = maps[:, index[:, None], index]
    size, first = maps.shape[-1], convention.first_ring
    scaled = _scaled(maps, low, high, dim=(-2, -1), centre=first > 0)

    spectrum = torch.fft.rfft2(scaled)
    floor = _rounding(scaled, dim=(-2, -1)) * (transform / size)
    if convention.spectrum == "power":
        components, floor = spectrum.real.square() + spectrum.imag.square(), floor.square()
    else:
        components = spectrum.abs()
    with _full_precision(maps.device):
        rings = components.flatten(-2) @ _weights(
            size, transform, replace(convention, kappa=0.5), scaled.dtype, maps.device
        )
    in_ring = ring_sizes(transform, convention.ring_centre, first)
    evenly = len(in_ring) if convention.ring_statistic == "mean" else int(in_ring.sum())
    ring = _rolloff(rings, convention.kappa, floor * evenly) + first
    return ring.masked_fill(low == high, torch.nan) / outermost_ring(transform)


def _scaled(x: Tensor, low: Tensor, high: Tensor, *, dim: int | tuple[int, ...], centre: bool) -> Tensor:
    """Bring the largest magnitude to 1, so that no square over- or underflows, and take out the mean on demand."""
    largest = torch.maximum(low.abs(), high.abs())
    largest = torch.where(largest > 0, largest, 1).reshape(low.shape + (1,) * (x.ndim - low.ndim))
    x = x / largest
    return x - x.mean(dim=dim, keepdim=True) if centre else x


def _rounding(x: Tensor, *, dim: int | tuple[int, ...]) -> Tensor:
    """Magnitude of a spectral component that may come from rounding alone, errors spread evenly over the spectrum."""
    return _ROUNDING * torch.finfo(x.dtype).eps * x.square().sum(dim).sqrt()


def _rolloff(spectrum: Tensor, kappa: float, empty: Tensor) -> Tensor:
    """Position in the last dimension where the running total reaches its share, NaN where all is no more than empty."""
    running = spectrum.cumsum(-1)
    total = running[..., -1]
    position = (running < kappa * total[..., None]).sum(-1).to(spectrum.dtype)
    return torch.where(total > empty, position, torch.nan)


@lru_cache(maxsize=16)
def _weights(size: int, transform: int, convention: Convention, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.from_numpy(ring_weights(size, transform, convention)).to(device=device, dtype=dtype)


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
