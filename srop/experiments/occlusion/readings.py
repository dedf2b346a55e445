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


ATTACKS = ("fgsm", "pgd", "cw", "hopskipjump")
"""Attacks by name. The last needs no gradient, only the network's decisions, and stands for the paper's SimBA."""


ATTACKED_AS = ("printed", "code", "code-away")
"""``"printed"``: within the range of pixels, away from the true class. ``"code"``: as the authors' program attacks,
clamped to [0, 1] in the normalized units of the network's input, and towards the true class, as ten of its eleven
batches go; ``"code-away"``: so, but away from it."""


CONTROLS = ("l2", "linf")
"""White noise of the same norm (:func:`srop.experiments.occlusion.attacks.white_noise_like`)."""
