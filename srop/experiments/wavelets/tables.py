"""Tables of rank-1 patterns."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from srop.data.labeled import LabeledImages
from srop.experiments.wavelets.coefficients import bases
from srop.experiments.wavelets.rank1 import energy_held, patterns_needed
from srop.ledger.statistics import rank_correlation
from srop.rolloff import rolloff_points

log = logging.getLogger(__name__)

_CHUNK = 5_000


def patterns_by_image(data: LabeledImages, *, wavelet: str, levels: list[int], shares: Sequence[float]) -> pd.DataFrame:
    """Count the patterns of each image in each basis, and measure its SROP.

    Args:
        data: The images.
        wavelet: As for :func:`srop.experiments.wavelets.coefficients.bases`.
        levels: As for :func:`srop.experiments.wavelets.coefficients.bases`.
        shares: Shares of the energy, in (0, 1).

    Returns:
        A row per image, basis and share: ``image``, ``label``, ``srop`` (mean over colors, at the image's own size; NaN
        if no color has one), ``basis``, ``share``, ``patterns``.
    """
    tables = []
    for start in range(0, len(data.labels), _CHUNK):
        # In float64, rounding does not decide whether a basis reaches a threshold.
        images = data.images[start : start + _CHUNK].double() / 255
        points = rolloff_points(images).nanmean(dim=1)
        for basis, matrices in bases(images, wavelet=wavelet, levels=levels).items():
            needed = patterns_needed(matrices, shares)
            for share, patterns in zip(shares, needed.T, strict=True):
                columns = {
                    "image": np.arange(start, start + len(images)),
                    "label": data.labels[start : start + _CHUNK],
                    "srop": points,
                }
                tables.append(pd.DataFrame(columns | {"basis": basis, "share": share, "patterns": patterns}))
    return pd.concat(tables, ignore_index=True)


def patterns_table(by_image: pd.DataFrame) -> pd.DataFrame:
    """Average the patterns by class, and correlate them with the SROP.

    Args:
        by_image: The table of :func:`patterns_by_image`.

    Returns:
        A row per basis, share and class, and one for all classes (``label`` -1): ``images``, ``patterns`` and
        ``srop`` (means), ``rank_correlation`` of the two over the images.
    """
    rows = []
    for (basis, share, label), images in pd.concat([by_image, by_image.assign(label=-1)]).groupby(
        ["basis", "share", "label"], sort=False
    ):
        measured = images[["patterns", "srop"]].dropna()
        correlation = rank_correlation(measured["patterns"], measured["srop"])
        rows.append((basis, share, label, len(images), images["patterns"].mean(), images["srop"].mean(), correlation))
    columns = ["basis", "share", "label", "images", "patterns", "srop", "rank_correlation"]
    return pd.DataFrame(rows, columns=columns).sort_values(["basis", "share", "label"], ignore_index=True)


def energy_table(data: LabeledImages) -> pd.DataFrame:
    """Compute the share of the energy that the first patterns hold, by class.

    Returns:
        A row per ``label`` and ``patterns`` with ``energy``, the mean over the images of the class. Black images have
        no energy and are left out with a warning; ``energy`` is NaN if all images of a class are black.
    """
    held = torch.cat([energy_held(images.float()) for images in data.images.split(_CHUNK)]).numpy()
    labels, bright = data.labels.numpy(), held[:, -1] > 0
    if not bright.all():
        log.warning("%d of %d images are black and have no energy; they are left out", (~bright).sum(), len(bright))
    rows = []
    for label in np.unique(labels).tolist():
        images = held[bright & (labels == label)]
        shares = images.mean(axis=0) if len(images) else np.full(held.shape[1], np.nan)
        rows += [(label, place, share) for place, share in enumerate(shares, start=1)]
    return pd.DataFrame(rows, columns=["label", "patterns", "energy"])
