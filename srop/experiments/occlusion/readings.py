"""The readings of what the text of Wang et al. 2020 and their program leave open, by name."""

from collections.abc import Mapping
from typing import Any

READINGS: dict[str, Mapping[str, Any]] = {
    "printed": {},
    "random": {"baseline": "random"},
    "other": {"baseline": "other"},
    "dft": {"transform": "dft"},
    "code": {"score": "predicted"},
}
"""Arguments of :func:`srop.occluded_frequency`, by name. ``"printed"`` is the text with zeros, ``"random"`` the text
with its other baseline; ``"other"`` and ``"dft"`` are ours. ``"code"`` is the authors' program: it gives the network
training images without normalization, scores the class that the network predicts, and leaves out the last frequency."""
