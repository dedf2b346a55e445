"""The attacks by name, how Wang et al. 2020 and their program apply them, and what they are compared with."""

ATTACKS = ("fgsm", "pgd", "cw", "hopskipjump")
"""Attacks by name. The last one needs only the network's decisions, no gradient, and stands for the paper's SimBA."""


ATTACKED_AS = ("printed", "code", "code-away")
"""How the attacks are applied. ``"printed"``: within the range of pixels, away from the true class. ``"code"``: as by
the authors' program, clamped to [0, 1] in the normalized units of the network's input, and towards the true class, as
in ten of its eleven batches; ``"code-away"``: as by the program, away from the true class."""


CONTROLS = ("l2", "linf")
"""Norms in which white noise equals an attack (:func:`srop.experiments.adversarial.changes.white_noise_like`)."""
