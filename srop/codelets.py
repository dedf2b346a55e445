"""Straight-line code for real discrete Fourier transforms of small sizes: which sums and products, for any printer."""

from functools import lru_cache
from math import cos, pi, sin
from typing import NamedTuple

ODD_FACTORS = (1, 3, 5, 7)
"""Sizes are one of these times a power of 2."""
SMALLEST, LARGEST = 4, 224
"""The least and largest size with a codelet."""


class Operation(NamedTuple):
    """One operation on values; its result is the next value.

    Attributes:
        kind: ``"add"``, ``"subtract"`` or ``"multiply"``.
        first: Number of the first value; of a product its only one.
        second: Number of the second value, or the constant factor.
    """

    kind: str
    first: int
    second: int | float


class Codelet(NamedTuple):
    """Operations that transform n real values.

    Attributes:
        size: n.
        operations: In the order in which they run. Values are numbered: 0 ... n - 1 are the inputs, value n + i is the
            result of operation i.
        outputs: Numbers of the n results: first the cosines 0 ... n // 2, then the sines 1 ... (n - 1) // 2.
        signs: 1 or -1 for each output, by which it is to be multiplied. A sum of squares needs no signs.
    """

    size: int
    operations: tuple[Operation, ...]
    outputs: tuple[int, ...]
    signs: tuple[int, ...]


def has_codelet(size: int) -> bool:
    """Say whether there is a codelet: sizes from 4 to 224 that are 1, 3, 5 or 7 times a power of 2.

    Example:
        >>> [size for size in range(1, 30) if has_codelet(size)]
        [4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28]
    """
    return SMALLEST <= size <= LARGEST and size // (size & -size) in ODD_FACTORS


@lru_cache(maxsize=32)
def codelet(size: int) -> Codelet:
    r"""Generate the real Fourier transform of n values.

    .. math:: c_k = \sum_j x_j \cos(2 \pi j k / n), \quad s_k = -\sum_j x_j \sin(2 \pi j k / n)

    The odd factor and the power of 2 are transformed one after the other, without factors between them.

    Args:
        size: n, for which :func:`has_codelet` holds.

    Returns:
        The codelet; no value is computed twice or in vain.

    Raises:
        ValueError: If there is no codelet of this size.

    Reference:
        Good 1958, The interaction algorithm and practical Fourier analysis; Duhamel and Hollmann 1984, Split radix FFT
        algorithm.

    Example:
        >>> codelet(4).operations[2], codelet(4).outputs
        (Operation(kind='add', first=1, second=3), (8, 5, 9, 7))
        >>> [len(codelet(n).operations) for n in (7, 14, 28)]
        [42, 98, 222]
    """
    if not has_codelet(size):
        raise ValueError(
            f"there is no codelet of size {size}; 4 to 224 have one that are 1, 3, 5 or 7 times a power of 2"
        )
    graph = _Graph(size)
    spectrum = _transform(graph, [((1, j), None) for j in range(size)])
    results = [spectrum[k][0] for k in range(size // 2 + 1)] + [spectrum[k][1] for k in range(1, (size + 1) // 2)]
    return graph.codelet(results)


_Value = tuple[int, int] | None
"""A sign and the number of a value; None is zero."""
_Complex = tuple[_Value, _Value]


class _Graph:
    """Operations so far. Signs are kept apart, so that a value and its negative are computed once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._operations: list[Operation] = []
        self._known: dict[Operation, int] = {}

    def add(self, a: _Value, b: _Value) -> _Value:
        if a is None or b is None:
            return a or b
        (sign, first), (other, second) = sorted((a, b), key=lambda value: value[1])
        return sign, self._number(Operation("add" if sign == other else "subtract", first, second))

    def subtract(self, a: _Value, b: _Value) -> _Value:
        return self.add(a, _negative(b))

    def multiply(self, factor: float, a: _Value) -> _Value:
        if a is None or factor == 0:
            return None
        sign, number = a if factor > 0 else (-a[0], a[1])
        return sign, number if abs(factor) == 1 else self._number(Operation("multiply", number, abs(factor)))

    def _number(self, operation: Operation) -> int:
        if operation not in self._known:
            self._known[operation] = self._size + len(self._operations)
            self._operations.append(operation)
        return self._known[operation]

    def codelet(self, results: list[_Value]) -> Codelet:
        """Build the codelet, with only those operations that the results need."""
        needed, size = {number for _, number in results}, self._size
        for number in range(size + len(self._operations) - 1, size - 1, -1):
            if number in needed:
                kind, first, second = self._operations[number - size]
                needed |= {first} if kind == "multiply" else {first, second}
        kept = [number for number in range(size, size + len(self._operations)) if number in needed]
        renumbered = {number: number for number in range(size)} | {old: size + i for i, old in enumerate(kept)}
        operations = tuple(
            Operation(kind, renumbered[first], second if kind == "multiply" else renumbered[second])
            for kind, first, second in (self._operations[number - size] for number in kept)
        )
        signs, numbers = zip(*results, strict=True)
        return Codelet(size, operations, tuple(renumbered[number] for number in numbers), signs)


def _negative(a: _Value) -> _Value:
    return a and (-a[0], a[1])


def _transform(graph: _Graph, x: list[_Complex]) -> list[_Complex]:
    """Transform by Good's factors: the power of 2 and the odd rest share no divisor."""
    size = len(x)
    power = size & -size
    odd = size // power
    if 1 in (power, odd):
        return _power_of_two(graph, x) if odd == 1 else _odd(graph, x)
    rows = [_odd(graph, [x[(power * a + odd * b) % size] for a in range(odd)]) for b in range(power)]
    spectrum: list[_Complex] = [(None, None)] * size
    for k in range(odd):
        column = _power_of_two(graph, [row[k] for row in rows])
        for i, value in enumerate(column):
            spectrum[(power * pow(power, -1, odd) * k + odd * pow(odd, -1, power) * i) % size] = value
    return spectrum


def _odd(graph: _Graph, x: list[_Complex]) -> list[_Complex]:
    """Transform from the definition, with sums and differences of values that lie opposite."""
    size = len(x)
    pairs = range(1, size // 2 + 1)
    sums = {j: _plus(graph, x[j], x[-j]) for j in pairs}
    differences = {j: _minus(graph, x[j], x[-j]) for j in pairs}
    total = x[0]
    for each in sums.values():
        total = _plus(graph, total, each)
    spectrum = [total] * size
    for k in pairs:
        even, odd = x[0], (None, None)
        for j in pairs:
            real, imaginary = _root(j * k, size)
            even = _plus(graph, even, _times(graph, (real, 0.0), sums[j]))
            odd = _plus(graph, odd, _times(graph, (0.0, imaginary), differences[j]))
        spectrum[k], spectrum[-k] = _plus(graph, even, odd), _minus(graph, even, odd)
    return spectrum


def _power_of_two(graph: _Graph, x: list[_Complex]) -> list[_Complex]:
    """Transform by a split radix: of the even values, and of the odd ones in two halves."""
    size = len(x)
    if size == 1:
        return x
    if size == 2:
        return [_plus(graph, *x), _minus(graph, *x)]
    even = _power_of_two(graph, x[::2])
    first, third = _power_of_two(graph, x[1::4]), _power_of_two(graph, x[3::4])
    spectrum: list[_Complex] = [(None, None)] * size
    quarter = size // 4
    for k in range(quarter):
        turned = _times(graph, _root(k, size), first[k]), _times(graph, _root(3 * k, size), third[k])
        total = _plus(graph, *turned)
        difference = _times(graph, (0.0, -1.0), _minus(graph, *turned))
        spectrum[k], spectrum[k + 2 * quarter] = _plus(graph, even[k], total), _minus(graph, even[k], total)
        spectrum[k + quarter] = _plus(graph, even[k + quarter], difference)
        spectrum[k + 3 * quarter] = _minus(graph, even[k + quarter], difference)
    return spectrum


def _plus(graph: _Graph, a: _Complex, b: _Complex) -> _Complex:
    return graph.add(a[0], b[0]), graph.add(a[1], b[1])


def _minus(graph: _Graph, a: _Complex, b: _Complex) -> _Complex:
    return graph.subtract(a[0], b[0]), graph.subtract(a[1], b[1])


def _times(graph: _Graph, factor: tuple[float, float], a: _Complex) -> _Complex:
    real, imaginary = factor
    return (
        graph.subtract(graph.multiply(real, a[0]), graph.multiply(imaginary, a[1])),
        graph.add(graph.multiply(real, a[1]), graph.multiply(imaginary, a[0])),
    )


def _root(k: int, size: int) -> tuple[float, float]:
    """Give exp(-2 pi i k / n). Roots that mirror one another have the same digits, so that products are shared."""
    return _cosine(k, size), -_cosine(4 * k - size, 4 * size)


def _cosine(k: int, size: int) -> float:
    """Give cos(2 pi k / n), from the first eighth of the circle."""
    k = abs(k) % size
    k = min(k, size - k)
    if 4 * k > size:
        return -_cosine(size - 2 * k, 2 * size)
    return cos(2 * pi * k / size) if 8 * k <= size else sin(2 * pi * (size - 4 * k) / (4 * size))
