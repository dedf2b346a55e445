"""The frequencies of the networks' first-layer filters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from srop.filters import low_proportion
from srop.networks.build import build_network
from srop.networks.instances import networks


def low_proportions(
    architecture: Mapping[str, Any], weights: str, *, cutoffs: Sequence[float], size: int
) -> dict[str, float]:
    """Give the share of low filters of a network's first convolution, below each cut-off.

    Args:
        architecture: As :class:`srop.networks.architecture.Architecture`, in plain types.
        weights: A key of ``architecture["weights"]`` that is here; ``"random"`` takes seed 0.
        cutoffs: As :func:`srop.filters.low_proportion` takes them.
        size: Likewise.

    Returns:
        By name, ``low_<cutoff>``; NaN where there is no first convolution, or it is not square or larger.
    """
    if weights == "random":
        network = build_network(*(architecture[key] for key in ("source", "model", "arguments")), seed=0)
    else:
        options = {"seeds": [0], "batch_norms": [], "calibration": torch.empty(0), "download": False}
        _, network = next(networks(architecture, weights, **options))
    first = next((module for module in network.modules() if isinstance(module, nn.Conv2d)), None)
    if first is None or len(set(first.kernel_size)) > 1 or first.kernel_size[0] > size:
        return {f"low_{cutoff:g}": np.nan for cutoff in cutoffs}
    return {f"low_{cutoff:g}": low_proportion(first.weight, cutoff, size=size) for cutoff in cutoffs}
