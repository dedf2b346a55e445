"""The frequencies of the filters in the networks' first convolutions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from srop.filters import low_proportion
from srop.networks.build import build_network
from srop.networks.first_convolution import first_convolution
from srop.networks.instances import networks


def low_proportions(
    architecture: Mapping[str, Any], weights: str, *, cutoffs: Sequence[float], size: int
) -> dict[str, float]:
    """Compute the share of low filters in a network's first convolution, for each cut-off.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.
        weights: A key of ``architecture["weights"]`` whose file is here; ``"random"`` takes seed 0.
        cutoffs: As :func:`srop.filters.low_proportion` takes them.
        size: As :func:`srop.filters.low_proportion` takes it.

    Returns:
        The shares by the name ``low_<cutoff>``; NaN if there is no convolution, or if the first one's kernels are not
        square or larger than ``size``.
    """
    missing = {f"low_{cutoff:g}": np.nan for cutoff in cutoffs}
    if weights == "random":
        network = build_network(*(architecture[key] for key in ("source", "model", "arguments")), seed=0)
    else:
        options = {"seeds": [0], "batch_norms": [], "calibration": torch.empty(0), "download": False}
        _, network = next(networks(architecture, weights, **options))
    try:
        convolution = first_convolution(network)
    except ValueError:
        return missing
    if len(set(convolution.kernel_size)) > 1 or convolution.kernel_size[0] > size:
        return missing
    return {f"low_{cutoff:g}": low_proportion(convolution.weight, cutoff, size=size) for cutoff in cutoffs}
