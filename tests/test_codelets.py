"""Codelets, run one operation at a time in plain Python."""

import numpy as np
import pytest

from srop.codelets import Codelet, codelet, has_codelet

SIZES = [size for size in range(300) if has_codelet(size)]


def run(code: Codelet, x: np.ndarray) -> np.ndarray:
    values = list(x)
    for kind, first, second in code.operations:
        if kind == "multiply":
            values.append(values[first] * second)
        else:
            values.append(values[first] + (1 if kind == "add" else -1) * values[second])
    return np.array([values[number] for number in code.outputs]) * code.signs


def test_sizes():
    assert len(SIZES) == 24
    assert set(SIZES) >= {4, 5, 7, 8, 14, 28, 32, 56, 112, 224}
    assert not set(SIZES) & {0, 1, 3, 9, 13, 27, 55, 225, 256}
    with pytest.raises(ValueError, match="no codelet of size 13"):
        codelet(13)


@pytest.mark.parametrize("size", SIZES)
def test_cosines_and_sines(size):
    x = np.random.default_rng(0).standard_normal(size)
    spectrum = np.fft.fft(x)
    expected = np.concatenate([spectrum.real[: size // 2 + 1], spectrum.imag[1 : (size + 1) // 2]])
    np.testing.assert_allclose(run(codelet(size), x), expected, atol=1e-13)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_computed_twice_or_in_vain(size):
    code = codelet(size)
    assert len(set(code.operations)) == len(code.operations)
    used = {operand for kind, *operands in code.operations for operand in operands[: 1 if kind == "multiply" else 2]}
    assert used | set(code.outputs) == set(range(size + len(code.operations)))


def test_as_few_operations_as_the_best_for_powers_of_two():
    """Half of the 4 n log2 n - 6 n + 8 of a complex split radix, less the n - 2 that real values save."""
    for exponent in range(2, 8):
        size = 2**exponent
        assert len(codelet(size).operations) == 2 * size * exponent - 3 * size + 4 - (size - 2)
