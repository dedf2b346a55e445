"""Whether a density of SROPs tells that a class is missing from a data set."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy.stats import ks_2samp
from torch import Tensor, nn

from srop.profiles import profile
from srop.rolloff import rolloff_points

LEVEL = 0.02
"""Chance that a test accuses a complete data set."""

_BATCH = 250


def image_srops(network: nn.Module, inputs: Tensor, layer: str) -> np.ndarray:
    """Give the mean SROP of each image's live maps in a layer; NaN where every map is dead."""
    batches = list(inputs.split(_BATCH))
    _, images = profile(network, batches, [layer], origin="", by_image=True)
    return images["srop"].to_numpy()


def own_srops(images: Tensor) -> np.ndarray:
    """Give the SROPs of images ``(m, n, n)`` themselves."""
    return torch.cat([rolloff_points(part.float()) for part in images.split(_BATCH)]).numpy()


def omission_table(
    srops: np.ndarray, labels: np.ndarray, *, digit: int, kept: Sequence[float], repeats: int, seed: int
) -> pd.DataFrame:
    """Compare the densities of two random halves of a data set, from one of which images of a class are left out.

    Args:
        srops: An SROP of each image ``(m,)``; images without one are left out.
        labels: Their classes ``(m,)``.
        digit: The class.
        kept: Shares of that class's images that stay; 1 leaves the set complete.
        repeats: Number of random halves.
        seed: Seed of the halves.

    Returns:
        A row per share: ``kept``, ``repeats``, and ``detections``, in how many of them a Kolmogorov-Smirnov test at
        :data:`LEVEL` tells the halves apart.

    Reference:
        Yu et al. 2021, Sec. 6, for the question; the test is ours.
    """
    labels, srops = labels[~np.isnan(srops)], srops[~np.isnan(srops)]
    random = np.random.default_rng(seed)
    counts = dict.fromkeys(kept, 0)
    for _ in range(repeats):
        complete, other = np.array_split(random.permutation(len(srops)), 2)
        is_digit = labels[other] == digit
        for share in kept:
            dropped = np.flatnonzero(is_digit)[round(share * is_digit.sum()) :]
            changed = np.delete(other, dropped)
            counts[share] += ks_2samp(srops[complete], srops[changed]).pvalue <= LEVEL
    return pd.DataFrame(
        [{"kept": share, "repeats": repeats, "detections": int(count)} for share, count in counts.items()]
    )
