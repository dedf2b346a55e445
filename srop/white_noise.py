"""The SROP of white noise: what maps without any structure have."""

from functools import cache

from srop.convention import PUBLISHED, Convention
from srop.data.noise import noise_maps
from srop.rolloff import rolloff_points
from srop.sizes import MapSize, as_reference, as_size

_MOST_MAPS, _FEWEST_MAPS = 2000, 200

_VALUES = 2**24
"""Large maps are fewer, so that their sample holds about as many values (64 MiB); their SROPs hardly differ."""


def white_noise_srop(
    size: int | tuple[int, int],
    *,
    reference: int | tuple[int, int] | None = None,
    convention: Convention | str = PUBLISHED,
) -> float:
    """Compute the mean SROP of Gaussian white noise, the same noise at every call.

    The sample has 2,000 maps up to 91 x 91, fewer above it (334 at 224 x 224), and never fewer than 200. The standard
    error of the mean, under the published convention and at the maps' own size, is .0018 at 12, .0008 at 24 and .0003
    at 224.

    Args:
        size: Edge length of the maps, or their rows and columns.
        reference: Size that the SROP refers to, or its rows and columns; None is the maps' own size.
        convention: Which definition, or its name.

    Returns:
        The mean over the sample, in (0, 1].

    Raises:
        ValueError: As :func:`srop.rolloff_points`.

    Example:
        >>> round(white_noise_srop(24), 2), round(white_noise_srop(112, reference=224), 2)
        (0.88, 0.4)
        >>> round(white_noise_srop((24, 40)), 2), round(white_noise_srop((7, 10), reference=(224, 320)), 3)
        (0.87, 0.024)
    """
    size = as_size(size)
    return _mean_srop(size, as_reference(reference, size), convention)


@cache
def _mean_srop(size: MapSize, reference: MapSize | None, convention: Convention | str) -> float:
    maps = noise_maps(max(_FEWEST_MAPS, min(_MOST_MAPS, _VALUES // size.pixels)), size)
    return rolloff_points(maps, convention=convention, reference=reference).mean().item()
