"""Statistics that several experiments use: rank correlation, and resamples."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

RESAMPLES = 200
"""How many samples of images or channels there are: the measured one, and others drawn from it with replacement."""


def rank_correlation(one: pd.Series, other: pd.Series) -> float:
    """Compute Spearman's rank correlation; NaN where one of the two does not vary."""
    return spearmanr(one, other).statistic if one.nunique() > 1 and other.nunique() > 1 else np.nan


def resampled_indices(count: int) -> np.ndarray:
    """Draw indices of a sample with replacement, the same at every call: ``(RESAMPLES, count)``.

    The first row is the sample itself.
    """
    indices = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    indices[0] = np.arange(count)
    return indices
