"""The low-Nyquist prior: spectra and SROPs of the inputs themselves."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from srop.convention import Convention
from srop.data.noise import noise_batches
from srop.rolloff import radial_spectrum, rolloff_points


def low_nyquist_prior(images: Tensor, *, noise: int, convention: Convention) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure the radial spectra and SROPs of natural images and of noise.

    Args:
        images: uint8 ``(count, 3, n, n)``.
        noise: How many images of noise.
        convention: Which definition.

    Returns:
        Two tables. The spectra have a row per ``input`` and ring, with ``radius`` (in units of the SROP) and the
        ``lower_quartile``, ``median`` and ``upper_quartile`` of the ring's share over all maps. The SROPs have a row
        per ``input``, ``image`` and ``color``, with ``srop``.

    Reference:
        Yu et al. 2021, Figure 1.
    """
    size = images.shape[-1]
    inputs = {"images": images.float(), "noise": torch.cat(list(noise_batches(noise, size, noise)))}
    spectra, points = [], []
    for name, maps in inputs.items():
        shares = radial_spectrum(maps, convention=convention).flatten(0, 1)
        lower, median, upper = shares.nanquantile(torch.tensor([0.25, 0.5, 0.75]), dim=0).numpy()
        ring = np.arange(len(median)) + convention.first_ring
        quartiles = {"lower_quartile": lower, "median": median, "upper_quartile": upper}
        spectra.append(pd.DataFrame({"input": name, "radius": ring / ring[-1], **quartiles}))
        srops = rolloff_points(maps, convention=convention).numpy()
        index = pd.MultiIndex.from_product([[name], range(len(maps)), range(3)], names=["input", "image", "color"])
        points.append(pd.DataFrame({"srop": srops.ravel()}, index=index).reset_index())
    return pd.concat(spectra, ignore_index=True), pd.concat(points, ignore_index=True)


def examples(images: Tensor, index: int) -> dict[str, np.ndarray]:
    """Make pictures ``(n, n, 3)`` in [0, 1] of one image and of noise, which is clipped at three deviations."""
    noise = next(noise_batches(1, images.shape[-1], 1))[0].permute(1, 2, 0).numpy()
    return {"images": images[index].permute(1, 2, 0).numpy() / 255, "noise": (noise / 6 + 0.5).clip(0, 1)}
