"""Statistics that several experiments use: rank correlation, and resamples."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

RESAMPLES = 200
"""How often a sample of images or channels is drawn anew, with replacement."""


def rank_correlation(one: pd.Series, other: pd.Series) -> float:
    """Compute Spearman's rank correlation; NaN where one of the two does not vary."""
    return spearmanr(one, other).statistic if one.nunique() > 1 and other.nunique() > 1 else np.nan


def resampled_indices(count: int) -> np.ndarray:
    """Draw indices of a sample with replacement, the same at every call: ``(RESAMPLES, count)``."""
    return np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
