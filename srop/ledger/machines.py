"""Whether a verdict survives another machine: two recorded runs of the same values, and what lies between them.

CPUs round differently, and a training amplifies that. So two machines give two values of each replicate. Their spread
says how far a third machine may lie, and a verdict that turns within it says nothing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from srop.ledger.verdicts import Finding, decide

PERTURBATIONS = 200
"""How often a finding is moved by the spread between two machines."""


def machine_spread(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> float:
    r"""Compute the spread between two machines: :math:`\sqrt{\overline{(x - y)^2}}` over replicates and their numbers.

    Of errors with mean 0 it estimates the standard deviation of what another machine gives, less what this one gives.

    Args:
        one: Numbers by replicate, as in :class:`~srop.ledger.verdicts.Finding`.
        other: Those of the other machine; replicates that only one machine has are left out.

    Returns:
        The spread; 0 where nothing is common.

    Example:
        >>> machine_spread({0: 1.0, 1: 2.0}, {0: 1.5, 1: 1.5, 2: 5.0})
        0.5
    """
    common = [np.subtract(one[name], other[name], dtype=float).ravel() for name in one if name in other]
    squares = np.concatenate(common) ** 2 if common else np.zeros(1)
    known = squares[~np.isnan(squares)]
    return float(np.sqrt(known.mean())) if len(known) else 0.0


def turned(finding: Finding, spread: float, further_spread: float = 0.0, *, seed: int = 0) -> Counter[str]:
    """Move a finding's numbers 200 times by normal errors of a spread, and count the other verdicts that this gives.

    Args:
        finding: The numbers of one machine.
        spread: The standard deviation of the errors of its values.
        further_spread: The standard deviation of the errors of its further numbers.
        seed: Of the errors.

    Returns:
        How often each other verdict comes up; empty where the verdict survives.

    Example:
        >>> turned(Finding({0: 1.0, 1: 1.1, 2: 0.9}, above=0.5), 0.01)
        Counter()
    """
    generator = np.random.default_rng(seed)
    first = decide(finding)["verdict"]
    verdicts: Counter[str] = Counter()
    for _ in range(PERTURBATIONS):
        values = {name: _moved(numbers, spread, generator) for name, numbers in finding.values.items()}
        further = {name: _moved(numbers, further_spread, generator) for name, numbers in (finding.also or {}).items()}
        verdicts[decide(replace(finding, values=values, also=further or None))["verdict"]] += 1
    del verdicts[first]
    return verdicts


def _moved(numbers: Any, spread: float, generator: np.random.Generator) -> np.ndarray:
    values = np.atleast_1d(np.asarray(numbers, dtype=float))
    return values + spread * generator.standard_normal(len(values))
