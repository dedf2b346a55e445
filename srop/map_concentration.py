"""Where a map is concentrated, in few pixels or in few waves: what an SROP does not tell of fine and sparse maps."""

import torch
from torch import Tensor

from srop.checks import require_tensor
from srop.rolloff import dead_maps

SPARSE, REGULAR = 0.15, 0.7
"""A map of high SROP is sparse below the first value, a texture above the second, and like noise between them."""

_FEWEST = 4


def concentration(maps: Tensor) -> Tensor:
    r"""Tell by one number whether a map is concentrated in few pixels (0), in few waves (1), or in neither, as noise.

    With a map y without its mean, its power spectrum S without the mean, and the share
    :math:`P(a) = (\sum a)^2 / (N \sum a^2)` of N values that hold the sum of a, the number is
    :math:`P(y^2) / (P(y^2) + P(S))`. By the uncertainty principle the two shares are never both small: one bright pixel
    has :math:`P(y^2) = 1 / N` and a flat spectrum, a wave the reverse. Gaussian noise has 1/3 and 1/2, so .4.

    Args:
        maps: Floating point ``(..., H, W)``, of at least 4 values.

    Returns:
        ``(...)``, in (0, 1); NaN for dead maps. An offset, a factor and a turn by 90 degrees change nothing.

    Raises:
        TypeError: If the maps are not a floating-point tensor.
        ValueError: If the shape has fewer than two dimensions, or a map fewer than 4 values.

    Reference:
        Participation ratio: Bell and Dean 1970. Donoho and Stark 1989 for the uncertainty principle of supports.

    Example:
        >>> pixel, wave = torch.zeros(16, 16), torch.arange(16.0).mul(torch.pi / 2).cos().expand(16, 16)
        >>> pixel[3, 5] = 1
        >>> concentration(torch.stack([pixel, wave])).round(decimals=2)
        tensor([0.0000, 0.9800])
    """
    require_tensor("maps", maps)
    if not maps.is_floating_point():
        raise TypeError(f"maps are {maps.dtype}; give floating point, as maps.float()")
    if maps.ndim < 2 or maps.shape[-2:].numel() < _FEWEST:
        raise ValueError(f"maps of shape {tuple(maps.shape)}; give (..., H, W), of at least {_FEWEST} values")
    dead = dead_maps(maps)
    values = maps.double().flatten(-2)
    values = values - values.mean(-1, keepdim=True)
    # For squares of squares of very small and very large maps.
    values = values / values.abs().amax(-1, keepdim=True)
    power = torch.fft.fft2(values.unflatten(-1, maps.shape[-2:])).abs().square().flatten(-2)[..., 1:]
    in_space, in_waves = _share(values.square()), _share(power)
    return (in_space / (in_space + in_waves)).masked_fill(dead, torch.nan).to(maps.dtype)


def _share(parts: Tensor) -> Tensor:
    return parts.sum(-1).square() / (parts.shape[-1] * parts.square().sum(-1))
