"""The arms of the experiment: how networks with chosen filters are trained.

Nothing here imports torch, because the workflow reads this at every start.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MODULATED = {"plain": (False, False), "gates": (True, False), "perturbed": (False, True), "both": (True, True)}
"""Arms that tell gates and perturbation apart: whether there are gates, and whether images are perturbed."""


@dataclass(frozen=True)
class Arm:
    """How a network is trained.

    Attributes:
        name: Short.
        group: ``"held"`` or ``"modulated"``.
        proportion: Of low filters, held after each step; None leaves them free.
        gates: Whether the filters' bands are modulated by gates that are learned.
        noise: By which the power of training images is perturbed; 0 for none.
    """

    name: str
    group: str
    proportion: float | None = None
    gates: bool = False
    noise: float = 0.0


def arm_names(proportions: Sequence[float]) -> list[str]:
    """List all arms: one for each proportion that is held, and :data:`MODULATED`.

    Example:
        >>> arm_names([0, 0.5])
        ['p0', 'p0.5', 'plain', 'gates', 'perturbed', 'both']
    """
    return [*(f"p{float(proportion)!r}".removesuffix(".0") for proportion in proportions), *MODULATED]


def arm_named(name: str, noise: float) -> Arm:
    """Say what an arm of :func:`arm_names` is.

    Args:
        name: Its name.
        noise: By which images are perturbed where they are.

    Raises:
        ValueError: If there is no such arm.

    Example:
        >>> arm_named("p0.5", 0.3).proportion
        0.5
    """
    if name in MODULATED:
        gates, perturbed = MODULATED[name]
        return Arm(name, "modulated", gates=gates, noise=noise if perturbed else 0.0)
    if not re.fullmatch(r"p\d+(\.\d+)?(e-\d+)?", name):
        raise ValueError(f"there is no arm {name}: there are {', '.join(MODULATED)}, and p with a proportion, as p0.5")
    return Arm(name, "held", proportion=float(name.removeprefix("p")))
