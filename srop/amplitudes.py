"""Relative log amplitudes: the Fourier amplitudes of maps over frequency, less that of the lowest frequency."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from srop.checks import require_number, require_one_of, require_tensor
from srop.rings import ring_index, ring_means
from srop.sizes import MapSize

MEANS = ("log", "amplitude")
PATHS = ("diagonal", "rings")
AXES = ("stretched", "exact")


class LogAmplitude(NamedTuple):
    """A curve of log amplitudes over frequency.

    Attributes:
        frequency: ``(F,)``, from 0, in units of pi radians per pixel: 1 is the finest frequency, half a cycle per
            pixel. See the argument ``axis`` of :func:`relative_log_amplitude`.
        amplitude: ``(F,)``, natural logarithms.
    """

    frequency: Tensor
    amplitude: Tensor


@dataclass(frozen=True)
class AmplitudeChoices:
    """The choices in which published log amplitudes differ; the fields are those of :func:`relative_log_amplitude`."""

    mean_of: str = "log"
    along: str = "diagonal"
    relative: bool = True
    axis: str = "stretched"
    offset: float = 1e-6

    def __post_init__(self) -> None:
        require_one_of("mean_of", self.mean_of, MEANS)
        require_one_of("along", self.along, PATHS)
        require_one_of("axis", self.axis, AXES)
        if not isinstance(self.relative, bool):
            raise TypeError(f"relative={self.relative!r}: give True or False")
        if require_number("offset", self.offset, "a number that is added to amplitudes") < 0:
            raise ValueError(f"offset={self.offset}: it is added to amplitudes before the logarithm; give 0 or more")

    def require_size(self, size: MapSize) -> None:
        """Require maps that have the frequencies.

        Raises:
            ValueError: If the maps have one pixel along their longer side, or are not square and the diagonal is asked
                for.
        """
        if size.longer < 2:
            raise ValueError(f"maps of {size.words} have a single frequency; give larger maps")
        if self.along == "diagonal" and not size.is_square:
            raise ValueError(
                f"maps of {size.words} are not square, so no component but zero lies at one frequency along "
                "both axes; write along='rings'"
            )

    def summed(self, maps: Tensor) -> Tensor:
        """Add up the amplitudes of maps ``(..., H, W)``, or their logarithms, over all maps: ``(H, W)``, DC first."""
        amplitude = torch.fft.fft2(maps).abs()
        values = (amplitude + self.offset).log() if self.mean_of == "log" else amplitude
        return values.flatten(0, -3).sum(0)

    def curve(self, mean: Tensor) -> LogAmplitude:
        """Read the curve from the mean ``(H, W)`` over maps of what :meth:`summed` adds up."""
        size = MapSize(*mean.shape)
        count = (size.longer + 1) // 2
        if self.along == "diagonal":
            values = mean.diagonal()[:count]
        else:
            ring = torch.from_numpy(ring_index(size, "dc").astype("int64")).to(mean.device).flatten()
            values = ring_means(mean.flatten(), ring)[:count]
        if self.mean_of == "amplitude":
            values = (values + self.offset).log()
        if self.relative:
            values = values - values[0]
        return LogAmplitude(self.frequencies(size).to(values), values)

    def frequencies(self, size: MapSize) -> Tensor:
        """Give the frequencies of the curve for maps of a size, float64 ``(F,)``."""
        count = (size.longer + 1) // 2
        if self.axis == "stretched":
            return torch.linspace(0, 1, count, dtype=torch.float64, device="cpu")
        return torch.arange(count, dtype=torch.float64, device="cpu") * 2 / size.longer


def relative_log_amplitude(
    maps: Tensor,
    *,
    mean_of: str = "log",
    along: str = "diagonal",
    relative: bool = True,
    axis: str = "stretched",
    offset: float = 1e-6,
) -> LogAmplitude:
    r"""Compute the log amplitude of maps over frequency, relative to that of the lowest frequency.

    .. math:: A(k) = \frac{1}{b c} \sum_{i, j} \log\big(|F_{ij}(k, k)| + \epsilon\big), \qquad \Delta(k) = A(k) - A(0)

    F is the two-dimensional Fourier transform of map (i, j), without a window and without a factor; k = 0, 1, ...
    counts periods along both axes. Published code differs in five points, and each is an argument; the defaults are
    those of the paper's authors. Name them next to a picture.

    Args:
        maps: Real maps ``(b, c, H, W)``, on any device. float32 and float64 keep their type, other types are computed
            in float32. Tokens are folded to their grid first, without the class token, as :func:`srop.layer_amplitudes`
            does.
        mean_of: ``"log"`` takes the mean over images and channels after the logarithm, so each map counts alike;
            ``"amplitude"`` before it, so maps of large values count more.
        along: ``"diagonal"`` reads the components (k, k), from the center of the shifted spectrum to its corner;
            ``"rings"`` takes the mean over each ring about zero frequency (before or after the logarithm as
            ``mean_of`` says), up to the finest frequency of an axis.
        relative: Whether the value at zero frequency is subtracted.
        axis: Frequencies in units of pi. ``"stretched"`` spreads the values evenly over 0 to 1, as the authors' picture
            does; ``"exact"`` gives 2 k / N for the longer side N. They differ by a factor: even N has its last value
            at 1 - 2 / N.
        offset: The number added to amplitudes before the logarithm. It is no share: multiply the maps by a factor, and
            amplitudes near it change otherwise than the rest.

    Returns:
        :class:`srop.amplitudes.LogAmplitude` ``(frequency, amplitude)``, each ``((N + 1) // 2,)``; natural logarithms,
        differentiable. At zero frequency a relative amplitude is 0. Without an offset, amplitudes of 0 give -inf, and
        NaN if the zero frequency has none.

    Raises:
        TypeError: If the maps are not a tensor, or an argument has another type.
        ValueError: If the maps are complex, not ``(b, c, H, W)``, empty, of one pixel, or not finite; if they are not
            square and the diagonal is asked for; if a word is unknown, or the offset is negative.

    Reference:
        Park and Kim 2022, Fig. 2a and 8.

    Example:
        One bright pixel has the same amplitude at all frequencies, and a map of one value has none but the lowest:

        >>> pixel, constant = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
        >>> pixel[..., 2, 3] = 1
        >>> relative_log_amplitude(pixel).amplitude.abs().max() < 1e-5
        tensor(True)
        >>> relative_log_amplitude(constant).amplitude  # log(1e-6) - log(64)
        tensor([  0.0000, -17.9744, -17.9744, -17.9744])
        >>> relative_log_amplitude(constant, axis="exact").frequency
        tensor([0.0000, 0.2500, 0.5000, 0.7500])
    """
    choices = AmplitudeChoices(mean_of, along, relative, axis, offset)
    maps = computable(maps)
    choices.require_size(MapSize(*maps.shape[-2:]))
    return choices.curve(choices.summed(maps) / maps.shape[:2].numel())


def computable(maps: Tensor) -> Tensor:
    """Check maps ``(b, c, H, W)``, and give them as float32 or float64.

    Raises:
        TypeError: If the maps are not a tensor.
        ValueError: If the maps are complex, not of this shape, empty, or not finite.
    """
    require_tensor("maps", maps)
    if maps.is_complex():
        raise ValueError("maps are complex; give real maps, such as maps.abs()")
    if maps.ndim != 4 or not maps.numel():
        raise ValueError(f"maps of shape {tuple(maps.shape)}; give images x channels x rows x columns, at least one")
    maps = maps if maps.dtype in (torch.float32, torch.float64) else maps.float()
    if not maps.isfinite().all():
        raise ValueError("maps have NaN or infinite values")
    return maps
