"""Images that are constant, enlarged, blurred, noisy or compressed: the signs of that in their pixels."""

from typing import NamedTuple

import numpy as np

from srop.maps import is_square

SMALLEST = 32
"""Smaller images have too few pixels to tell more than whether they are constant."""

_SMOOTH, _RATHER_SMOOTH = -3.0, -2.6
"""Decades of :attr:`Signs.fall`; 120 photographs as they come have -2.5 to -.7."""

_PERIODIC = 0.1
"""Enlarged images repeat their roughness every few pixels; blurred ones do not."""

_BLOCKS, _SOME_BLOCKS, _FLAT = 0.8, 0.45, 0.1
"""A JPEG of quality 20 shows blocks of eight pixels, or fewer of them and blocks without any fine detail."""

_NOISE = 6.5
"""Gray levels in the smoothest fiftieth of the image."""

_LEVELS = 2
"""An image of a smaller range is constant."""

_FACTORS = (2, 3, 4, 5, 6)


class Signs(NamedTuple):
    """What the pixels of an image show; NaN where the image is too small or constant.

    Attributes:
        contrast: Range of the gray levels, 0 to 255.
        fall: Decades by which the power of waves of 3.3 to 5 pixels lies below that of waves of 12 to 33 pixels.
        period: Largest contrast, over periods of 2 to 6 pixels, of the mean second difference, 0 or more.
        repeats: Whether rows and columns are repeated, as enlarging by nearest neighbor does.
        blocks: The same contrast for a period of 8 pixels.
        noise: Root mean square of the finest diagonal waves in the smoothest fiftieth of the image, in gray levels.
    """

    contrast: float
    fall: float
    period: float
    repeats: bool
    blocks: float
    noise: float


def image_signs(gray: np.ndarray) -> Signs:
    """Measure what tells whether an image is blurred, noisy, compressed, enlarged or constant.

    Args:
        gray: ``(n, n)``, gray levels of 0 to 255, at the image's own size: resizing would hide what is looked for.

    Returns:
        The :class:`Signs`.

    Raises:
        ValueError: If the image is not square or not finite.

    Reference:
        Gallagher 2005 (periods of second differences in enlarged images); Wang et al. 2002 (blocks of JPEG).

    Example:
        >>> image_signs(np.zeros((64, 64))).contrast
        0.0
    """
    gray = np.asarray(gray, dtype=float)
    if not is_square(gray.shape, 2) or not np.isfinite(gray).all():
        raise ValueError(f"gray of shape {gray.shape}: give finite gray levels (n, n)")
    contrast = float(np.ptp(gray))
    if contrast < _LEVELS or len(gray) < SMALLEST:
        return Signs(contrast, np.nan, np.nan, False, np.nan, np.nan)
    period = max(_period(gray, factor) for factor in _FACTORS)
    repeats = any(_repeats(gray, factor) for factor in _FACTORS)
    return Signs(contrast, _fall(gray), period, repeats, _period(gray, 8), _noise(gray))


def image_faults(signs: Signs) -> list[str]:
    """Name the faults that an image's signs show.

    Args:
        signs: What :func:`image_signs` gives.

    Returns:
        Of ``"constant"``, ``"enlarged"``, ``"blurred"``, ``"compressed"`` and ``"noisy"`` those that apply.

    Example:
        >>> image_faults(image_signs(np.zeros((64, 64))))
        ['constant']
    """
    if signs.contrast < _LEVELS:
        return ["constant"]
    faults = []
    if signs.repeats or (signs.fall < _RATHER_SMOOTH and signs.period > _PERIODIC):
        faults.append("enlarged")
    elif signs.fall < _SMOOTH:
        faults.append("blurred")
    elif signs.blocks > _BLOCKS or (signs.blocks > _SOME_BLOCKS and signs.noise < _FLAT):
        faults.append("compressed")
    if signs.noise > _NOISE:
        faults.append("noisy")
    return faults


def _fall(gray: np.ndarray) -> float:
    size = len(gray)
    # Opposite borders differ, and without a window their edge would be a fine pattern.
    window = np.hanning(size)
    power = np.abs(np.fft.rfft2((gray - gray.mean()) * window[:, None] * window)) ** 2
    radius = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    fine, coarse = (power[(radius >= low) & (radius < high)].mean() for low, high in ((0.2, 0.3), (0.03, 0.08)))
    # So small that a flat band has no logarithm of 0.
    return float(np.log10((fine + 1e-9) / (coarse + 1e-9)))


def _phases(gray: np.ndarray, factor: int, order: int) -> list[np.ndarray]:
    """Give the mean absolute difference at each place of a period, along rows and along columns."""
    result = []
    for lines in (gray, gray.T):
        along = np.abs(np.diff(lines, order, axis=1)).mean(axis=0)
        result.append(along[: len(along) // factor * factor].reshape(-1, factor).mean(axis=0))
    return result


def _period(gray: np.ndarray, factor: int) -> float:
    # Both directions must show it, because stripes show it in one.
    return float(min(np.ptp(phases) / max(phases.mean(), 1e-9) for phases in _phases(gray, factor, 2)))


def _repeats(gray: np.ndarray, factor: int) -> bool:
    return all((phases > 0).sum() == 1 for phases in _phases(gray, factor, 1))


def _noise(gray: np.ndarray) -> float:
    even = gray[: len(gray) // 2 * 2, : len(gray) // 2 * 2]
    diagonal = (even[::2, ::2] - even[1::2, ::2] - even[::2, 1::2] + even[1::2, 1::2]) / 2
    count = len(diagonal) // 8
    blocks = diagonal[: count * 8, : count * 8].reshape(count, 8, count, 8).swapaxes(1, 2).reshape(-1, 64)
    return float(np.quantile(np.sqrt((blocks**2).mean(axis=1)), 0.02))
