"""Spectral roll-off points of maps and signals: tensors in, tensors out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import index

import numpy as np
import torch
from torch import Tensor

from srop import kernels, lanes
from srop.checks import require_number, require_one_of, require_tensor
from srop.convention import PUBLISHED, Convention, as_convention
from srop.folding import fold, folds
from srop.memory import channels_first, in_place
from srop.rings import Band
from srop.sizes import MapSize, as_reference, as_size
from srop.spectra import CONSTANT, Spectra, component_weights, constant, empty_total, full_precision, half_plane, scale

_SMALLEST = 4
_TIE = {torch.float32: 16, torch.float64: 4096}
"""A running total that misses its share by up to this many units in the last place counts as having reached it:
otherwise rounding would decide ties."""
_WIDE = (torch.int32, torch.int64, torch.uint32, torch.uint64)
_SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}
_DENSE = 2**23
"""Up to this size the linear map from a spectrum to its rings is a dense matrix, which is faster."""
_CHUNK = {"cpu": 2**22, "cuda": 2**26}
"""How many components of the spectra are in memory at a time, by type of device."""


def rolloff_points(
    maps: Tensor,
    *,
    convention: Convention | str | Sequence[Convention | str] = PUBLISHED,
    reference: int | tuple[int, int] | None = None,
    check_finite: bool = True,
) -> Tensor:
    r"""Compute the spectral roll-off point of each map: the radius at which its ring averages reach 85 % of their sum.

    .. math:: \mathrm{SROP} = \frac{1}{m} \min\Big\{k : \sum_{j=k_0}^{k} S(j) \ge \kappa \sum_{j=k_0}^{m} S(j)\Big\}

    S(j) is the average power in ring j of the spectrum, and m the outermost ring (:func:`srop.rings.outermost_ring`).
    The convention defines the spectrum, the rings and the innermost ring k_0. For maps of H x W, ring j holds the
    frequencies from j / N to (j + 1) / N cycles per pixel, with N the longer side, so a ring is equally wide along both
    axes. A ring without a component, such as ring 144 of 156 at 5 x 224, adds nothing.

    Args:
        maps: Real maps ``(..., H, W)`` of any leading shape, on any device. float32 and float64 keep their type,
            integers beyond 2^24 are computed in float64, all other types in float32.
        convention: The definition of the SROP, or its name; the default reproduces the paper's Table 2. In a sequence,
            several conventions share one transform.
        reference: Size N, or rows and columns, at least those of the maps. The maps are enlarged to it by nearest
            neighbor along each axis, so that maps of different layers can be compared (224 in the paper's layer-wise
            experiments); a convention that scales multiplies the SROP by the ratio n / N of the longer sides instead.
            Maps that are not square need both numbers, those of the network's input. None uses the maps' own size.
        check_finite: Whether NaN and infinite values raise an error. False saves a synchronization with the device;
            the SROP of a map with such values is then NaN.

    Returns:
        Tensor ``(...)`` of values in (0, 1], in [0, 1] for ``PRINTED``; ``(conventions, ...)`` for a sequence of
        conventions. NaN where a map has no SROP. Such a map is dead (all values equal, see :func:`dead_maps`) or out of
        band: it has no power in the band beyond rounding. A checkerboard is out of band, and so is a map that is
        constant up to rounding (its values spread by at most 32 units in the last place of the largest value, in the
        type of the computation; integers and half precision count as exact).

    Raises:
        TypeError: If the maps are not a tensor, the reference is neither a whole number nor two, or the convention is
            neither a :class:`srop.Convention` nor a name.
        ValueError: If the maps are complex, empty, or have NaN or infinite values; if the spectrum's longer side would
            be below 4; if the reference is smaller than the maps, or one number for maps that are not square.

    Reference:
        Yu et al. 2021, Eq. 2-6; the conventions are this project's reading of them.

    Example:
        The power of a plane wave with 5 periods across the map lies in ring 5 of 15:

        >>> x = torch.arange(24) / 24
        >>> wave = torch.cos(2 * torch.pi * 5 * x).expand(24, 24)
        >>> rolloff_points(wave) * 15
        tensor(5.)

        A single bright pixel has a flat spectrum, as white noise has on average: the first 13 of 15 equal rings reach
        85 %. So a high SROP means that a map is fine or sparse; it does not mean noise:

        >>> pixel = torch.zeros(24, 24)
        >>> pixel[8, 12] = 1
        >>> rolloff_points(pixel) * 15
        tensor(13.)
        >>> rolloff_points(torch.zeros(2, 24, 24))
        tensor([nan, nan])

        The same wave has the same SROP, whatever the other side is:

        >>> rolloff_points(wave[:5]) * 15, rolloff_points(wave[:5].T) * 15
        (tensor(5.), tensor(5.))
    """
    # as_convention refuses what is neither a convention nor a sequence of them.
    single = isinstance(convention, (Convention, str)) or not isinstance(convention, Iterable)
    conventions = tuple(map(as_convention, (convention,) if single else convention))
    if not conventions:
        raise ValueError("convention is empty; give a convention, or a list of at least one")
    values, rounding = _checked(maps)
    size = MapSize(*values.shape[-2:])
    search = _search(size, conventions, as_reference(reference, size), values.dtype)
    find = _points_on_cpu if values.device.type == "cpu" else _points
    points = find(values, search, rounding, check_finite)
    shape = maps.shape[:-2]
    return points.reshape(shape if single else (len(conventions), *shape))


def radial_spectrum(
    maps: Tensor, *, convention: Convention | str = PUBLISHED, reference: int | tuple[int, int] | None = None
) -> Tensor:
    r"""Compute the radially averaged spectrum of each map; the SROP is read from its running total.

    .. math:: S(k) / \sum_{j=k_0}^{m} S(j)

    S(k) is the mean of the power over ring k of one map (of the magnitude, or the sum, if the convention says so). The
    values are shares of the map's own total and not logarithms; zero frequency is left out unless the convention begins
    at ring 0. Ring k holds the frequencies from k / N to (k + 1) / N cycles per pixel, with N the longer side of the
    map or reference. A mean over maps of these shares counts all maps alike, whatever their contrast.

    If the maps require a gradient, the spectrum has one (:func:`soft_rolloff_points`, :func:`spectral_slope`). The
    gradient of a map without an SROP is 0.

    Args:
        maps: As for :func:`rolloff_points`.
        convention: As for :func:`rolloff_points`.
        reference: As for :func:`rolloff_points`; a convention that scales ignores it.

    Returns:
        Tensor ``(..., rings)``: the share of each ring k, from ``convention.first_ring`` to m; 0 for a ring without a
        component; NaN for maps without an SROP.

    Raises:
        TypeError: As :func:`rolloff_points`.
        ValueError: As :func:`rolloff_points`.

    Reference:
        Yu et al. 2021, Eq. 3 and 6.

    Example:
        >>> wave = torch.cos(2 * torch.pi * 5 * torch.arange(24) / 24).expand(24, 24)
        >>> spectrum = radial_spectrum(wave)
        >>> spectrum.shape, spectrum.argmax() + PUBLISHED.first_ring
        (torch.Size([15]), tensor(5))
    """
    convention = as_convention(convention)
    values, rounding = _checked(maps, has_gradient=True)
    flat, size = _flat(values), MapSize(*values.shape[-2:])
    (band,) = _search(size, (convention,), as_reference(reference, size), flat.dtype).bands
    rings = band.outermost + 1 - convention.first_ring
    shares = [flat.new_empty(0, rings)]
    for chunk in _chunks(len(flat), band.transform, flat.device):
        spectrum, empty = _rings(Spectra(flat[chunk], rounding, check_finite=True), band)
        total = spectrum.sum(-1)
        full = (total > empty)[:, None]
        # Divided by a finite number everywhere, or the gradient of the others would be NaN, too.
        shares.append(torch.where(full, spectrum / torch.where(full, total[:, None], 1), torch.nan))
    return torch.cat(shares).reshape(*maps.shape[:-2], rings)


@torch.no_grad()
def dead_maps(maps: Tensor, *, among: Tensor | None = None) -> Tensor:
    """Find the dead maps: all their values are equal and finite, as in a channel whose ReLU never fires.

    With :func:`rolloff_points` this shows why a map has no SROP: it is dead, or else out of band.

    Args:
        maps: Real maps ``(..., H, W)``.
        among: Boolean tensor ``(...)``: the maps that may be dead, such as those without an SROP. The others are not
            looked at, which saves time on a CPU.

    Returns:
        Boolean tensor ``(...)``.

    Raises:
        TypeError: If the maps are not a tensor.
        ValueError: If they are complex, have fewer than two dimensions, or a map is empty.

    Example:
        >>> dead_maps(torch.stack([torch.zeros(4, 4), torch.eye(4)]))
        tensor([ True, False])
    """
    require_tensor("maps", maps)
    if maps.ndim < 2 or 0 in maps.shape[-2:]:
        raise ValueError(
            f"maps of shape {tuple(maps.shape)}; give maps of shape (..., H, W), with at least one row and one column"
        )
    if maps.is_complex():
        raise ValueError("maps are complex; give real maps, such as maps.abs()")
    if maps.dtype in _SIGNED:
        # torch has no minimum of these types; equal values have equal bits, whatever the sign.
        maps = maps.view(_SIGNED[maps.dtype])
    if maps.device.type != "cpu" or maps.numel() == 0 or not maps.is_floating_point():
        lowest = maps.amin((-2, -1))
        return (lowest == maps.amax((-2, -1))) & lowest.isfinite()
    maps = maps if maps.dtype in (torch.float32, torch.float64) else maps.float()
    # Before strides are asked for, because it may lay out the maps anew.
    maps = maps.detach().resolve_neg()
    *leading, height, width = maps.shape
    values, starts = in_place(maps)
    chosen = slice(None) if among is None else among.numpy().ravel()
    dead = np.zeros(len(starts), bool)
    dead[chosen] = kernels.dead(values, starts[chosen], height, width, *maps.stride()[-2:])
    return torch.from_numpy(dead).reshape(leading)


def rolloff_grid(
    size: int | tuple[int, int],
    *,
    convention: Convention | str = PUBLISHED,
    reference: int | tuple[int, int] | None = None,
) -> tuple[int, float]:
    """Give the values that the SROPs of maps of one size can take, as a grid of rings.

    Args:
        size: Edge length n of the maps, or their rows and columns.
        convention: As for :func:`rolloff_points`.
        reference: As for :func:`rolloff_points`.

    Raises:
        TypeError: If a size is neither a whole number nor two.
        ValueError: If a size is not positive, or the reference does not fit the maps.

    Returns:
        The outermost ring m, and the number by which rings are divided: every SROP is one of the rings 0, 1, ..., m
        over that number. It is m itself, or m N/n where the convention scales; N and n are the longer sides.

    Example:
        >>> rolloff_grid(7, reference=224), rolloff_grid(24), rolloff_grid((7, 10), reference=(224, 320))
        ((156, 156), (15, 15.0), (224, 224))
    """
    size = as_size(size)
    band = Band.for_maps(size, as_convention(convention), reference)
    outermost, own = band.outermost, as_reference(reference, size) or size
    return outermost, outermost * own.longer / size.longer if band.ring_size == size else outermost


@torch.no_grad()
def rolloff_points_1d(
    signals: Tensor,
    *,
    spectrum: str = "magnitude",
    band: tuple[int, int] | None = None,
    kappa: float = 0.85,
) -> Tensor:
    r"""Compute the normalized spectral roll-off point of each signal.

    .. math:: \sum_{k=b_1}^{\mathrm{SROP}} S(k) = \kappa \sum_{k=b_1}^{b_2} S(k), \qquad
              \mathrm{SROP}_\mathrm{normalized} = \frac{\mathrm{SROP} - b_1}{b_2 - b_1}

    Args:
        signals: Real signals ``(..., n)``, n at least 2.
        spectrum: ``"magnitude"``, :math:`S = |F|` as in Eq. 3, or ``"power"``, :math:`S = |F|^2`.
        band: Edges (b_1, b_2), both included, 0 <= b_1 < b_2 <= n // 2. None means (0, n // 2).
        kappa: Share of the band's total, in (0, 1).

    Returns:
        Tensor ``(...)`` of values in [0, 1], for the smallest bin that reaches the share. NaN where a signal is
        constant or has nothing in the band beyond rounding.

    Raises:
        TypeError: If the signals are not a tensor, the band is not a pair of whole numbers, or kappa is not a number.
        ValueError: If the signals are complex, shorter than 2 samples or not finite, or an argument is out of range.

    Reference:
        Yu et al. 2021, Eq. 2-4.

    Example:
        >>> t = torch.arange(100) / 100
        >>> rolloff_points_1d(torch.sin(2 * torch.pi * 10 * t))
        tensor(0.2000)
    """
    require_tensor("signals", signals)
    length = signals.shape[-1] if signals.ndim else 0
    first, last = (0, length // 2) if band is None else _edges(band)
    if signals.is_complex():
        raise ValueError("signals are complex; the SROP is defined for real signals, such as signals.real")
    if length < 2 or signals.numel() == 0:
        raise ValueError(f"signals of shape {tuple(signals.shape)}; give signals of at least 2 samples each")
    if not 0 <= first < last <= length // 2:
        raise ValueError(f"band={band}; give edges with 0 <= b1 < b2 <= {length // 2}, half the signal's length")
    require_one_of("spectrum", spectrum, ("power", "magnitude"))
    if not 0 < require_number("kappa", kappa, "a share of the spectrum") < 1:
        raise ValueError(f"kappa={kappa!r}; give a share of the spectrum, which lies in (0, 1)")
    signals, rounding = _computable(signals)
    if not signals.isfinite().all():
        raise ValueError("signals have NaN or infinite values; give finite signals")

    low, high = signals.aminmax(dim=-1)
    scaled = scale(signals, low, high)
    if first > 0:
        scaled = scaled - scaled.mean(-1, keepdim=True)
    bins = torch.fft.rfft(scaled).abs()[..., first : last + 1]
    norm = scaled.square().sum(-1).sqrt()
    if spectrum == "power":
        bins, norm = bins.square(), norm.square()
    empty = empty_total(np.eye(bins.shape[-1]), bins.dtype, magnitude=spectrum == "magnitude")
    position = _rolloff(bins, empty * norm, _share(kappa, bins.dtype))
    return position.masked_fill(constant(low, high, rounding), torch.nan) / (last - first)


def _edges(band: tuple[int, int]) -> tuple[int, int]:
    try:
        first, last = map(index, band)
    except (TypeError, ValueError):
        raise TypeError(f"band={band!r}; give its two edges as whole numbers (b1, b2)") from None
    return first, last


@dataclass(frozen=True)
class _Search:
    """The search for the roll-off ring, in one band for each convention.

    Attributes:
        bands: The bands.
        shares: For each band the share of its total that the roll-off ring reaches.
        first: For each band its innermost ring.
        units: For each band the ring at which the SROP is 1.
        dtype: The type of the computation.
    """

    bands: tuple[Band, ...]
    shares: tuple[float, ...]
    first: tuple[float, ...]
    units: tuple[float, ...]
    dtype: torch.dtype

    @cached_property
    def numpy_dtype(self) -> np.dtype:
        """The type as NumPy's."""
        return np.dtype(str(self.dtype).removeprefix("torch."))

    @cached_property
    def own(self) -> list[int]:
        """Indices of the bands for which the spectrum of the maps' own size is enough."""
        return [row for row, band in enumerate(self.bands) if band.transform == band.size]

    @cached_property
    def folds(self) -> bool:
        """Whether all bands can be read from a folded spectrum."""
        return all(map(folds, self.bands))

    @cached_property
    def folded(self) -> lanes.Bands:
        """What is searched for in a folded spectrum."""
        empty = [empty_total(component_weights(band), self.dtype, magnitude=band.magnitude) for band in self.bands]
        return lanes.Bands(
            fold(self.bands),
            np.array(self.shares),
            np.array(empty),
            np.array([band.dc_counts for band in self.bands]),
            np.array(self.first),
            np.array(self.units),
        )

    @cached_property
    def compiled(self) -> list[tuple[float, kernels.Rings, float, float]]:
        """The arguments of the compiled loops, for each band."""
        rings = [_compiled_rings(band, self.dtype) for band in self.bands]
        return list(zip(self.shares, rings, self.first, self.units, strict=True))


# Cached, because for small maps that come one at a time this takes longer than the measurement.
@lru_cache(maxsize=256)
def _search(
    size: MapSize, conventions: tuple[Convention, ...], reference: MapSize | None, dtype: torch.dtype
) -> _Search:
    bands = tuple(Band.for_maps(size, each, reference) for each in conventions)
    if min(band.ring_size.longer for band in bands) < _SMALLEST:
        least = f"{_SMALLEST} x {_SMALLEST}" if size.is_square else f"{_SMALLEST} along its longer side"
        raise ValueError(
            f"maps of {size.words} are too small: a spectrum needs at least {least}; give larger maps, or a larger "
            "reference= with a convention that upsamples (printed does not)"
        )
    return _Search(
        bands,
        tuple(_share(each.kappa, dtype) for each in conventions),
        tuple(float(each.first_ring) for each in conventions),
        tuple(float(rolloff_grid(size, convention=each, reference=reference)[1]) for each in conventions),
        dtype,
    )


def _checked(maps: Tensor, *, has_gradient: bool = False) -> tuple[Tensor, float]:
    """Check maps ``(..., H, W)``, and convert them as :func:`_computable` does, with or without their graph."""
    require_tensor("maps", maps)
    shape = maps.shape
    if maps.is_complex():
        raise ValueError("maps are complex; the SROP is defined for real maps, such as maps.abs()")
    if maps.ndim < 2:
        raise ValueError(
            f"maps of shape {tuple(shape)} have no rows and columns; give maps of shape (..., H, W), or signals to "
            "srop.rolloff_points_1d"
        )
    if 0 in shape[-2:]:
        raise ValueError(f"maps of shape {tuple(shape)} are empty; give maps of at least one pixel")
    return _computable((maps if has_gradient else maps.detach()).resolve_neg())


def _flat(maps: Tensor) -> Tensor:
    """Lay out maps one after the other: ``(batch, H, W)``."""
    return channels_first(maps).reshape(-1, *maps.shape[-2:])


def _computable(values: Tensor) -> tuple[Tensor, float]:
    """Convert values to float32 or float64, and give the largest relative spread that is only rounding."""
    if values.dtype in (torch.float32, torch.float64):
        return values, CONSTANT * torch.finfo(values.dtype).eps
    if values.dtype in _WIDE and values.numel():
        exact = values.double()
        if exact.abs().amax() > 2**24:
            return exact, 0.0
    return values.float(), 0.0


def _rings(spectra: Spectra, band: Band) -> tuple[Tensor, Tensor]:
    """Compute the ring statistics of spectra, and for each spectrum the total up to which its band is empty."""
    power = spectra.power(band.transform)
    weights, empty = _weights(band, power.dtype, power.device)
    with full_precision(power.device):
        values = _magnitude(power) if band.magnitude else power
        rings = values @ weights if weights.layout is torch.strided else (weights @ values.T).T
    norm = spectra.norm(band)
    return rings, empty * (norm if band.magnitude else norm.square())


def _magnitude(power: Tensor) -> Tensor:
    """Take the root, with a gradient of 0 where the power is 0 and the root has none."""
    if not power.requires_grad:
        return power.sqrt()
    return torch.where(power > 0, torch.where(power > 0, power, 1).sqrt(), 0)


def _chunks(number: int, transform: MapSize, device: torch.device) -> Iterator[slice]:
    """Cut a batch into slices whose spectra, of the size ``transform``, fit into little memory."""
    chunk = max(1, _CHUNK.get(device.type, _CHUNK["cpu"]) // transform.pixels)
    return (slice(start, start + chunk) for start in range(0, number, chunk))


def _points(maps: Tensor, search: _Search, rounding: float, check_finite: bool) -> Tensor:
    """Compute SROPs ``(bands, batch)``: in each band the ring at which the running total reaches its share."""
    maps = _flat(maps)
    points = maps.new_empty(len(search.bands), len(maps))
    for chunk in _chunks(len(maps), max((band.transform for band in search.bands), key=_pixels), maps.device):
        spectra, rings = Spectra(maps[chunk], rounding, check_finite), {}
        for band, share, point in zip(search.bands, search.shares, points, strict=True):
            if band not in rings:
                rings[band] = _rings(spectra, band)
            point[chunk] = _rolloff(*rings[band], share)
    # Divided by a tensor: for a number, CUDA multiplies by its reciprocal, which rounds differently from a CPU.
    return (points + points.new_tensor(search.first)[:, None]) / points.new_tensor(search.units)[:, None]


def _points_on_cpu(maps: Tensor, search: _Search, rounding: float, check_finite: bool) -> Tensor:
    """Compute the same as :func:`_points` on a CPU: in lanes, or by compiled loops after an FFT."""
    size = MapSize(*maps.shape[-2:])
    maps = maps if maps.ndim > 2 else maps[None]
    if search.folds and lanes.is_ready(size.rows, maps.dtype, maps.shape[:-2].numel()):
        points, unsettled = lanes.rolloff(maps, search.folded, rounding)
        if unsettled:
            _settle(points, maps, search, rounding, check_finite)
        return torch.from_numpy(points)
    maps = _flat(maps)
    points = np.empty((len(search.bands), len(maps)), search.numpy_dtype)
    own = search.own
    unsettled = len(own) < len(search.bands)
    if unsettled:
        points.fill(kernels.UNSETTLED)
    if own:
        for chunk in _chunks(len(maps), size, maps.device):
            spectra = half_plane(maps[chunk]).numpy()
            for row in own:
                unsettled += kernels.rolloff(spectra, size.pixels, *search.compiled[row], points[row, chunk])
    if unsettled:
        _settle(points, maps, search, rounding, check_finite)
    return torch.from_numpy(points)


def _settle(points: np.ndarray, maps: Tensor, search: _Search, rounding: float, check_finite: bool) -> None:
    """Fill in the unsettled points, of constant maps, of maps that need scaling, and of upsampled maps."""
    for transform in {band.transform for band in search.bands}:
        rows = [row for row, band in enumerate(search.bands) if band.transform == transform]
        unsettled = np.flatnonzero((points[rows] == kernels.UNSETTLED).any(axis=0))
        few = maps[tuple(map(torch.from_numpy, np.unravel_index(unsettled, maps.shape[:-2])))]
        constant = kernels.constant(few.flatten().numpy(), *few.shape[-2:], rounding)
        points[np.ix_(rows, unsettled[constant])] = np.nan
        few, varying = few[torch.from_numpy(~constant)], unsettled[~constant]
        for chunk in _chunks(len(varying), transform, maps.device):
            spectra = Spectra(few[chunk], rounding, check_finite)
            power = spectra.power(transform).numpy()
            for row in rows:
                settled = kernels.search(power, spectra.norm(search.bands[row]).numpy(), *search.compiled[row])
                before = points[row, varying[chunk]]
                points[row, varying[chunk]] = np.where(before == kernels.UNSETTLED, settled, before)


def _pixels(size: MapSize) -> int:
    return size.pixels


def _share(kappa: float, dtype: torch.dtype) -> float:
    """Give the share of the total at which kappa counts as reached."""
    return kappa * (1 - _TIE[dtype] * torch.finfo(dtype).eps)


def _rolloff(spectrum: Tensor, empty: Tensor, share: float) -> Tensor:
    """Find the index at which the running total reaches its share; NaN where the total is no more than ``empty``."""
    running = spectrum.cumsum(-1)
    total = running[..., -1]
    position = (running < share * total[..., None]).sum(-1).to(spectrum.dtype)
    return torch.where(total > empty, position, torch.nan)


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # Kept for later calls, whose gradients may need it.
def _weights(band: Band, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, float]:
    """Build the linear map ``(components, rings)`` from power to rings, and the total up to which a band is empty."""
    weights = component_weights(band)
    empty = empty_total(weights, dtype, magnitude=band.magnitude)
    if np.prod(weights.shape) <= _DENSE:
        return torch.from_numpy(weights.toarray()).to(device=device, dtype=dtype), empty
    by_ring = weights.T.tocsr()
    parts = (torch.from_numpy(part).to(device) for part in (by_ring.indptr, by_ring.indices, by_ring.data))
    return torch.sparse_csr_tensor(*parts, by_ring.shape, dtype=dtype, device=device), empty


@lru_cache(maxsize=32)
def _compiled_rings(band: Band, dtype: torch.dtype) -> kernels.Rings:
    weights = component_weights(band)
    return kernels.prepare(
        weights,
        np.dtype(str(dtype).removeprefix("torch.")),
        empty=empty_total(weights, dtype, magnitude=band.magnitude),
        magnitude=band.magnitude,
        dc_counts=band.dc_counts,
    )
