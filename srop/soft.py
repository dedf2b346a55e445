"""Differentiable measures of a spectrum, for losses: a soft SROP, and the slope of the spectrum."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from srop.checks import require_number, require_place
from srop.convention import PUBLISHED, Convention, as_convention
from srop.rings import mean_frequencies, outermost_ring
from srop.rolloff import radial_spectrum, rolloff_grid
from srop.sizes import MapSize


def soft_rolloff_points(
    maps: Tensor,
    *,
    temperature: float = 0.05,
    convention: Convention | str = PUBLISHED,
    reference: int | tuple[int, int] | None = None,
) -> Tensor:
    r"""Compute a differentiable approximation of the SROP of each map: the mean ring about which its total is reached.

    .. math:: \frac{1}{m} \sum_{k=k_0}^{m} k \, \frac{s(C(k)) - s(C(k - 1))}{s(1) - s(0)}, \qquad
              s(c) = \frac{1}{1 + e^{(\kappa - c) / T}}

    C(k) is the running total of the normalized ring averages (:func:`srop.radial_spectrum`) up to ring k, with
    C(k_0 - 1) = 0. The step s rises about :math:`\kappa` over a width of some T, so the fractions are a distribution
    over the rings, and the value is its mean.

    For T to 0 it converges to the SROP of :func:`srop.rolloff_points` if no running total equals :math:`\kappa`. If
    C(k) equals it, it converges to half of the way from ring k to the next ring with power. For large T it converges to
    the centroid, :math:`\sum_k k S(k) / m`. The error for small T is about :math:`e^{-d / T}`, with d the distance of
    :math:`\kappa` from the nearest running total.

    Args:
        maps: Real maps ``(..., H, W)`` of any leading shape; gradients need floating point.
        temperature: T, above 0, a share of the total. With a small T few rings have a gradient, and it is large; at
            the default the rings between about 70 % and 100 % of the total have one.
        convention: As for :func:`srop.rolloff_points`.
        reference: As for :func:`srop.rolloff_points`.

    Returns:
        ``(...)``, in the units and the range of the SROP, with gradients if the maps require them. NaN where a map has
        no SROP; such a map has a gradient of 0.

    Raises:
        TypeError: As for :func:`srop.rolloff_points`; if the temperature is not a number.
        ValueError: As for :func:`srop.rolloff_points`; if the temperature is not above 0.

    Reference:
        Yu et al. 2021, Eq. 2-6, for the SROP. The smooth step is this project's.

    Example:
        A convolution is trained to give maps of an SROP of 0.3. Dead maps count as 1, or a loss would fall as maps die:

        >>> _ = torch.manual_seed(0)
        >>> network, images = torch.nn.Conv2d(1, 2, 5), torch.randn(4, 1, 28, 28)
        >>> optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
        >>> for _ in range(60):
        ...     loss = (soft_rolloff_points(network(images)).nan_to_num(1.0) - 0.3).square().mean()
        ...     optimizer.zero_grad()
        ...     loss.backward()
        ...     _ = optimizer.step()
        >>> (soft_rolloff_points(network(images)).mean() - 0.3).abs() < 0.05
        tensor(True)
    """
    temperature = require_number("temperature", temperature, "the width of the step, a share of the total")
    if temperature <= 0:
        raise ValueError(f"temperature={temperature:g}: it is the width of the step, a share of the total, above 0")
    convention = as_convention(convention)
    spectrum = radial_spectrum(maps, convention=convention, reference=reference)
    _, unit = rolloff_grid(tuple(maps.shape[-2:]), convention=convention, reference=reference)
    first = convention.first_ring
    after = spectrum.cumsum(-1)
    shares = _step(after - spectrum, after, spectrum, convention.kappa, temperature)
    one = spectrum.new_ones(())
    whole = _step(0 * one, one, one, convention.kappa, temperature)
    rings = torch.arange(first, first + spectrum.shape[-1], dtype=spectrum.dtype, device=spectrum.device)
    return (shares * rings).sum(-1) / whole / unit


def _step(before: Tensor, after: Tensor, apart: Tensor, kappa: float, temperature: float) -> Tensor:
    """Give the rise of the logistic step from one total to the next, without the difference of two equal numbers."""
    low, high = (((total - kappa) / (2 * temperature)).tanh() for total in (before, after))
    return (apart / (2 * temperature)).tanh() * (1 - low * high) / 2


def spectral_slope(maps: Tensor, *, rings: Sequence[int] | None = None) -> Tensor:
    r"""Fit the power of each map's spectrum as :math:`S(k) \propto f_k^{-\alpha}`; give the exponent.

    .. math:: \alpha = -\frac{\sum_k (x_k - \bar x) \log S(k)}{\sum_k (x_k - \bar x)^2}, \qquad x_k = \log f_k

    S(k) is the mean of the power over ring k under the published convention, at the map's own size, and f_k the mean
    frequency of the ring's components. The fit is by least squares, each ring counts alike, and outer rings are denser
    in :math:`\log f`, so they weigh more.

    Args:
        maps: Real maps ``(..., H, W)``; gradients need floating point.
        rings: First and last ring of the fit, both included; None means 1 to N // 2 for the longer side N, the finest
            frequency along an axis, because rings beyond it hold corners alone. Rings without a component are left out.

    Returns:
        ``(...)``: 0 for a flat spectrum, about 2 for photographs (amplitudes of 1 / f); with gradients if the maps
        require them. White noise lies a little below 0, because the logarithms of means of few components are low, and
        inner rings have few. NaN where a map has no SROP, or no power in a ring of the fit.

    Raises:
        TypeError: As for :func:`srop.rolloff_points`; if the rings are not two whole numbers.
        ValueError: As for :func:`srop.rolloff_points`; if there are no such rings, or only one that holds a component.

    Reference:
        Field 1987 for the amplitudes of photographs.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> noise = torch.randn(64, 32, 32, dtype=torch.float64)
        >>> smooth = noise.cumsum(-1).cumsum(-2)
        >>> spectral_slope(noise).mean().abs() < 0.1, spectral_slope(smooth).mean() > 1.5
        (tensor(True), tensor(True))
    """
    spectrum = radial_spectrum(maps)
    size = MapSize(*maps.shape[-2:])
    first, last = _ends(rings, size)
    frequency = mean_frequencies(size)[first - 1 : last]
    filled = np.flatnonzero(~np.isnan(frequency))
    if len(filled) < 2:
        raise ValueError(f"rings={first, last}: {len(filled)} of them holds a component at {size.words}; give more")
    place = np.log(frequency[filled])
    place -= place.mean()
    weights = torch.from_numpy(-place / (place**2).sum()).to(spectrum)
    values = spectrum[..., first - 1 : last][..., filled]
    power = values > 0
    # The logarithm of a finite number everywhere, or the gradient of the others would be NaN, too.
    # A sum, because autocast rounds products of matrices.
    slope = (torch.where(power, values, 1).log() * weights).sum(-1)
    return torch.where(power.all(-1), slope, torch.nan)


def _ends(rings: Sequence[int] | None, size: MapSize) -> tuple[int, int]:
    outermost = outermost_ring(size)
    if rings is None:
        return 1, min(size.longer // 2, outermost)
    if isinstance(rings, str) or not isinstance(rings, Sequence) or len(rings) != 2:
        raise TypeError(f"rings={rings!r}: give the first and the last ring, such as (1, {outermost})")
    first, last = (require_place("rings", ring, "a ring", first=1, last=outermost) for ring in rings)
    if first >= last:
        raise ValueError(f"rings={first, last}: give a first ring below the last")
    return first, last
