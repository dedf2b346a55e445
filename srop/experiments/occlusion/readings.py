"""What the text of Wang et al. 2020 and their program leave open, by name.

Nothing here imports torch, because the workflow reads this at every start.
"""

from collections.abc import Mapping
from typing import Any

READINGS: dict[str, Mapping[str, Any]] = {
    "printed": {},
    "random": {"baseline": "random"},
    "other": {"baseline": "other"},
    "dft": {"transform": "dft"},
    "code": {"score": "predicted"},
}
"""Arguments of :func:`srop.occluded_frequency`, by name. ``"printed"`` is the text with zeros, ``"random"`` its other
baseline; ``"other"`` and ``"dft"`` are ours. ``"code"`` is the authors' program, which gives the network training
images that are not normalized, and scores the class that it predicts; it leaves out the last frequency."""
