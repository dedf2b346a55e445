"""The arms of the experiment: how networks with held or modulated filters are trained."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MODULATED = {"plain": (False, False), "gates": (True, False), "perturbed": (False, True), "both": (True, True)}
"""Arms that separate gates from perturbation: whether there are gates, and whether images are perturbed."""


@dataclass(frozen=True)
class Arm:
    """How a network is trained.

    Attributes:
        name: Short name.
        group: ``"held"`` or ``"modulated"``.
        proportion: The proportion of low filters that is held after each step; None leaves the filters free.
        gates: Whether learned gates modulate the filters' bands.
        noise: The perturbation of the power of training images; 0 for none.
    """

    name: str
    group: str
    proportion: float | None = None
    gates: bool = False
    noise: float = 0.0


def arm_names(proportions: Sequence[float]) -> list[str]:
    """List all arms: one for each held proportion, and :data:`MODULATED`.

    Example:
        >>> arm_names([0, 0.5])
        ['p0', 'p0.5', 'plain', 'gates', 'perturbed', 'both']
    """
    return [*(f"p{float(proportion)!r}".removesuffix(".0") for proportion in proportions), *MODULATED]


def arm_named(name: str, noise: float) -> Arm:
    """Give an arm by its name (:func:`arm_names`).

    Args:
        name: Its name.
        noise: The perturbation in arms that have one.

    Raises:
        ValueError: If the arm does not exist.

    Example:
        >>> arm_named("p0.5", 0.3).proportion
        0.5
    """
    if name in MODULATED:
        gates, perturbed = MODULATED[name]
        return Arm(name, "modulated", gates=gates, noise=noise if perturbed else 0.0)
    if not re.fullmatch(r"p\d+(\.\d+)?(e-\d+)?", name):
        raise ValueError(f"there is no arm {name}; give {', '.join(MODULATED)}, or p and a proportion, such as p0.5")
    return Arm(name, "held", proportion=float(name.removeprefix("p")))
