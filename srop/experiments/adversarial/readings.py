"""The attacks by name, how Wang et al. 2020 and their program apply them, and what they are compared with."""

ATTACKS = ("fgsm", "pgd", "cw", "hopskipjump")
"""Attacks by name. The last needs no gradient, only the network's decisions, and stands for the paper's SimBA."""


ATTACKED_AS = ("printed", "code", "code-away")
"""``"printed"``: within the range of pixels, away from the true class. ``"code"``: as the authors' program attacks,
clamped to [0, 1] in the normalized units of the network's input, and towards the true class, as ten of its eleven
batches go; ``"code-away"``: so, but away from it."""


CONTROLS = ("l2", "linf")
"""White noise of the same norm (:func:`srop.experiments.adversarial.changes.white_noise_like`)."""
