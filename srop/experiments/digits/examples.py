"""Example pictures of digits blended with the frog."""

from collections.abc import Iterable

import numpy as np

from srop.data.digits import Digits, blend


def blended_ones(digits: Digits, weights: Iterable[float]) -> list[np.ndarray]:
    """Blend the first '1' of the test set with the frog: a picture ``(28, 28)`` in [0, 1] for each weight."""
    one = digits.test_images[digits.test_labels == 1][0]
    return [blend(one, digits.frog, w).numpy() for w in weights]
