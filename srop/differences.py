"""Is a difference more than images vary, or more than seeds vary: intervals and tests of numbers alone.

Every test is simultaneous over the columns (a network's layers): the chance that any column is marked, if nothing
differs, is at most :data:`LEVEL` for the whole comparison.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

LEVEL = 0.02
"""The chance of any mark in a comparison of two things that do not differ."""

FEWEST_IMAGES = 10
"""With fewer images there is no mark."""

FEWEST_SEEDS = 3
"""With fewer networks that vary by their seed alone there is no mark."""

CONFIDENCE = 0.95
"""The confidence of intervals, which hold for one column each."""

_DRAWS = 4999
"""How many random deals there are. With the measured one they are 5,000, so LEVEL is an exact share of them."""

_VALUES = 2_000_000
"""How many values are in memory at a time: 16 MB."""


class Difference(NamedTuple):
    """Differences with their intervals and tests; each field has a value for each column.

    Attributes:
        mean: The difference of the means; NaN where fewer than one row counts.
        lower: Lower end of the interval of 95 %; NaN where fewer than two rows count.
        upper: Upper end.
        p: Share of differences without a cause that are as large in any column, in (0, 1]; NaN under ten rows.
    """

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    p: np.ndarray


def paired_difference(first: np.ndarray, second: np.ndarray, *, seed: int = 0) -> Difference:
    r"""Test the mean difference of pairs, such as SROPs of two networks for the same images.

    With :math:`d_i = b_i - a_i` and :math:`t = \bar d \sqrt n / s_d`, p is the share of random changes of sign of the
    rows for which the largest :math:`|t|` of all columns reaches a column's own. If each pair could as well stand the
    other way round, the chance of any p up to a level is at most that level, whatever the distribution is. The interval
    comes from a bootstrap over rows.

    Args:
        first: ``(n, columns)``, one row per image; NaN leaves a pair out.
        second: As ``first``, of the same images.
        seed: Seed of the draws.

    Returns:
        A :class:`Difference`.

    Raises:
        ValueError: If the shapes differ or are not ``(n, columns)``.

    Reference:
        Westfall and Young 1993, Algorithm 2.5 (largest statistic); Hesterberg 2015, Sec. 5.3 (interval).

    Example:
        >>> before = np.linspace(0.1, 0.3, 12)[:, None]
        >>> test = paired_difference(before, before + np.linspace(0.01, 0.02, 12)[:, None])
        >>> test.mean.round(3), bool(test.p[0] < LEVEL)
        (array([0.015]), True)
    """
    first, second = _tables(first, second)
    if first.shape != second.shape:
        raise ValueError(
            f"first has shape {first.shape} and second has {second.shape}; give both of the same images and layers"
        )
    apart = second - first
    counted = np.isfinite(apart)
    apart = np.where(counted, apart, 0.0)
    generator = np.random.default_rng(seed)
    number = counted.sum(axis=0)

    def largest(signs: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = signs @ apart / number
            # The sum of squares does not change with the signs.
            spread = (apart**2).sum(axis=0) - number * mean**2
            return _ratio(mean, np.sqrt(spread.clip(min=0) / (number * (number - 1.0))))

    observed = largest(np.ones((1, len(apart))))
    draws = _drawn(lambda count: largest(generator.choice([-1.0, 1.0], (count, len(apart)))), len(apart))
    means = _bootstrap(apart, counted, generator)
    return _difference(apart, counted, means, observed[0], draws, number)


def unpaired_difference(first: np.ndarray, second: np.ndarray, *, seed: int = 0) -> Difference:
    r"""Test the difference of two groups' means, such as SROPs of one network for two sets of images.

    With :math:`t = (\bar b - \bar a) / \sqrt{s_a^2 / n_a + s_b^2 / n_b}`, p is the share of random assignments of the
    rows to the groups for which the largest :math:`|t|` of all columns reaches a column's own. If both groups have one
    distribution, the chance of any p up to a level is at most that level.

    Args:
        first: ``(n, columns)``, one row per image; NaN leaves a value out.
        second: ``(m, columns)``.
        seed: Seed of the draws.

    Returns:
        A :class:`Difference`; p is NaN where either group has fewer than ten rows.

    Raises:
        ValueError: If the numbers of columns differ, or a shape is not ``(n, columns)``.

    Reference:
        Westfall and Young 1993, Algorithm 2.8; Janssen 1997 (the t statistic of unequal variances); Hesterberg 2015.

    Example:
        >>> test = unpaired_difference(np.arange(12.0)[:, None], np.arange(30.0)[:, None])
        >>> test.mean, bool(test.lower[0] < 9 < test.upper[0])
        (array([9.]), True)
    """
    first, second = _tables(first, second)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"first has {first.shape[1]} columns and second has {second.shape[1]}; give the same layers")
    values = np.concatenate([first, second])
    counted = np.isfinite(values)
    values = np.where(counted, values, 0.0)
    # Differences from the middle, for the rounding of squares.
    with np.errstate(invalid="ignore"):
        middle = np.nan_to_num(values.sum(axis=0) / counted.sum(axis=0))
    values = np.where(counted, values - middle, 0.0)
    is_second = np.arange(len(values)) >= len(first)
    generator = np.random.default_rng(seed)

    def moments(members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        members = members.astype(float)
        number = members @ counted
        mean = members @ values / number
        square = (members @ values**2 - number * mean**2).clip(min=0) / ((number - 1.0) * number)
        return mean, square

    def largest(members: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            (mean, square), (others, other_square) = moments(members), moments(~members)
            return _ratio(mean - others, np.sqrt(square + other_square))

    observed = largest(is_second[None])
    draws = _drawn(lambda count: largest(generator.permuted(np.tile(is_second, (count, 1)), axis=1)), len(is_second))
    parts = [(values[group], counted[group]) for group in (~is_second, is_second)]
    before, after = (_bootstrap(*part, generator) for part in parts)
    numbers = [count.sum(axis=0) for _, count in parts]
    with np.errstate(invalid="ignore"):
        means = [part.sum(axis=0) / number for (part, _), number in zip(parts, numbers, strict=True)]
    fewest = np.minimum(*numbers)
    lower, upper = _interval(after - before, fewest)
    return Difference(means[1] - means[0], lower, upper, _p(observed[0], draws, fewest))


class SeedTest(NamedTuple):
    """Differences against the spread over seeds; each field has a value for each column.

    Attributes:
        std: Standard deviation over seeds, pooled over the groups; NaN where no group has two values.
        p: Chance of a difference as large in any column, if only seeds differ, in [0, 1]; NaN under three seeds.
    """

    std: np.ndarray
    p: np.ndarray


def seed_test(difference: np.ndarray, groups: Sequence[np.ndarray], sizes: tuple[int, int]) -> SeedTest:
    r"""Test differences against the spread of networks that differ by their seeds alone.

    With :math:`s^2` the variance within the groups, pooled, and its :math:`\nu` degrees of freedom, p is
    :math:`2 L P(T_\nu > |d| / (s \sqrt{1/m + 1/k}))` for L columns, at most 1 (Bonferroni). It rests on values that
    are about normal over seeds: of very skewed values with heavy tails, five times as many pairs were marked.

    Args:
        difference: ``(columns,)``, the difference of two means.
        groups: Arrays ``(seeds, columns)`` of the networks that vary, each group about its own mean; NaN leaves a value
            out. A group of one network adds nothing.
        sizes: The numbers m and k of networks that the two means are of.

    Returns:
        A :class:`SeedTest`; p is NaN if the groups have fewer than two degrees of freedom.

    Raises:
        ValueError: If a group has another number of columns.

    Reference:
        Student's t with a pooled variance; Dunn 1961 for several columns.

    Example:
        >>> seed_test(np.array([3.0, 30.0]), [np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])], (1, 1)).p.round(3)
        array([0.336, 0.004])
    """
    from scipy.stats import t

    difference = np.asarray(difference, dtype=float)
    if wrong := [each.shape for each in groups if each.ndim != 2 or each.shape[1] != len(difference)]:
        raise ValueError(f"a group has shape {wrong[0]}; give (seeds, {len(difference)}), a column per difference")
    square, freedom = np.zeros(len(difference)), np.zeros(len(difference))
    for group in groups:
        counted = np.isfinite(group)
        number = counted.sum(axis=0)
        with np.errstate(invalid="ignore"):
            mean = np.where(counted, group, 0.0).sum(axis=0) / number
        square += (np.where(counted, group - mean, 0.0) ** 2).sum(axis=0)
        freedom += (number - 1).clip(min=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        std = np.sqrt(np.where(freedom > 0, square / freedom, np.nan))
        statistic = _ratio(difference, std * np.sqrt(1 / sizes[0] + 1 / sizes[1]))
        columns = max(1, np.isfinite(difference).sum())
        p = (2 * columns * t.sf(statistic, freedom)).clip(max=1)
    return SeedTest(std, np.where((freedom >= FEWEST_SEEDS - 1) & np.isfinite(difference), p, np.nan))


def mean_interval(values: np.ndarray, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Give the interval of 95 % of each column's mean, from a bootstrap over rows.

    Args:
        values: ``(n, columns)``; NaN leaves a value out.
        seed: Seed of the draws.

    Returns:
        Lower and upper ends, each ``(columns,)``; NaN where fewer than two rows count.

    Raises:
        ValueError: If the shape is not ``(n, columns)``.

    Reference:
        Hesterberg 2015, Sec. 5.3.

    Example:
        >>> lower, upper = mean_interval(np.arange(20.0)[:, None])
        >>> bool(lower[0] < 9.5 < upper[0])
        True
    """
    (values,) = _tables(values)
    counted = np.isfinite(values)
    means = _bootstrap(np.where(counted, values, 0.0), counted, np.random.default_rng(seed))
    return _interval(means, counted.sum(axis=0))


def _tables(*tables: np.ndarray) -> list[np.ndarray]:
    arrays = [np.asarray(table, dtype=float) for table in tables]
    if wrong := [each.shape for each in arrays if each.ndim != 2]:
        raise ValueError(f"values of shape {wrong[0]}; give (images, layers)")
    return arrays


def _ratio(difference: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Divide absolute differences by their errors; no difference is 0, and one without an error is infinite."""
    size = np.abs(difference)
    # Equal values differ by rounding alone, and their error may be as small.
    ratio = np.where(size <= 1e-12, 0.0, size / np.where(error <= 1e-12, 0.0, error))
    return np.where(np.isnan(ratio), 0.0, ratio)


def _p(observed: np.ndarray, draws: np.ndarray, number: np.ndarray) -> np.ndarray:
    columns = number >= FEWEST_IMAGES
    if not columns.any():
        return np.full(len(number), np.nan)
    largest = draws[:, columns].max(axis=1)
    # What was measured is a draw, too. Draws that repeat it differ by rounding.
    reached = (largest[:, None] >= observed * (1 - 1e-9)).sum(axis=0) + 1
    return np.where(columns, reached / (len(draws) + 1), np.nan)


def _drawn(draw: Callable[[int], np.ndarray], rows: int) -> np.ndarray:
    """Draw in parts, because all draws of many rows would not fit into memory."""
    part = max(1, _VALUES // max(rows, 1))
    return np.concatenate([draw(min(part, _DRAWS - start)) for start in range(0, _DRAWS, part)])


def _bootstrap(values: np.ndarray, counted: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Give the columns' means over rows drawn with replacement, ``(draws, columns)``; NaN where no row counts."""
    rows = len(values)
    if not rows:
        return np.full((_DRAWS, values.shape[1]), np.nan)

    def means(count: int) -> np.ndarray:
        times = generator.multinomial(rows, np.full(rows, 1 / rows), count).astype(float)
        with np.errstate(invalid="ignore"):
            return times @ values / (times @ counted)

    return _drawn(means, rows)


def _interval(means: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.stats import norm, t

    lower, upper = np.full(len(number), np.nan), np.full(len(number), np.nan)
    for column in np.flatnonzero(number > 1):
        # Quantiles of a bootstrap are too near for few rows; these widen them as Student's t does.
        wide = np.sqrt(number[column] / (number[column] - 1)) * t.ppf((1 - CONFIDENCE) / 2, number[column] - 1)
        share = norm.cdf(wide)
        lower[column], upper[column] = np.nanquantile(means[:, column], [share, 1 - share])
    return lower, upper


def _difference(
    apart: np.ndarray,
    counted: np.ndarray,
    means: np.ndarray,
    observed: np.ndarray,
    draws: np.ndarray,
    number: np.ndarray,
) -> Difference:
    with np.errstate(invalid="ignore"):
        mean = apart.sum(axis=0) / counted.sum(axis=0)
    return Difference(mean, *_interval(means, number), _p(observed, draws, number))
