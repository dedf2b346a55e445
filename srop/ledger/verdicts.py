"""The verdict on a claim, from the numbers of its replicates."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from srop.ledger.evidence import UntestableError

MIN_SEEDS = 3
"""Fewer seeds decide nothing. Three seeds all fall on one side by chance with probability 1/4 (two-sided)."""


SHIFT = 0.1
"""Values may move by this part of the seeds' spread without a change of the verdict."""


_SURE = 0.95
"""The share of resamples that must lie on one side to decide."""


_SHOWN = 5
"""Up to this many replicates are shown as values, more of them as a range."""


@dataclass(frozen=True)
class Finding:
    """A claim's numbers under one setting.

    Attributes:
        values: Numbers by replicate: one for each seed; one for each named network, or one for each of its seeds; or
            the resamples of one sample. NaN where a replicate has no number.
        above: The claim says that the values lie above this.
        below: The claim says that the values lie below this.
        direction: The limits within which the sign alone is right, if the claim states a size, too; else None.
        also: Further numbers of the same replicates, which must be above 0 as well.
        replicates: What they are: ``"seeds"``; ``"networks"`` by name, which are no sample, each with its seeds;
            ``"resamples"`` of images or channels, of which 95 % decide; ``"exact"``, no sample at all.
        missing: What a replicate without a number lacks.
        note: What else a reader has to know.
        further: What the further numbers ask for, in words.
        undecided: Why these numbers decide nothing, such as too short a training.
    """

    values: Mapping[Any, float | Sequence[float]]
    above: float = -np.inf
    below: float = np.inf
    direction: tuple[float, float] | None = None
    also: Mapping[Any, float | Sequence[float]] | None = None
    replicates: Literal["seeds", "networks", "resamples", "exact"] = "seeds"
    missing: str = "live map"
    note: str = ""
    further: str = ""
    undecided: str = ""

    @property
    def has_limit(self) -> bool:
        """Whether any number would count for or against a claim."""
        return np.isfinite([self.above, self.below]).any() or bool(self.also)


def decide(finding: Finding, *, min_seeds: int = MIN_SEEDS, leave_out: bool = True) -> dict[str, Any]:
    """Give the verdict for one setting.

    Each replicate reproduces the claim (``reproduced``), or its sign alone (``sign only``), or neither (``not
    reproduced``). The verdict is the replicates' own if they agree, ``sign only`` if all have the sign but not all the
    size, and ``mixed`` otherwise. It is also ``mixed`` if it changes when one seed is left out, or when values move by
    a tenth of the seeds' spread. It is ``cannot tell`` with fewer than three seeds (in every network), if resamples lie
    on both sides of a limit, and if a replicate has no number, since the others are no fair sample then. It
    is ``cannot tell``, too, where the finding says that its numbers decide nothing. A finding without a limit is a
    number, with ``no verdict``.

    Args:
        finding: The numbers.
        min_seeds: How many seeds are needed for a verdict.
        leave_out: Whether to test that the verdict stays when one seed is left out.

    Returns:
        ``verdict``; ``ours`` (mean; of resamples the sample itself), ``low`` and ``high`` (the least and the greatest
        replicate, or the 95 % interval of resamples); ``replicates`` (how many); in words ``values``, ``k_of_n`` (how
        many reproduce it) and ``limit`` (what would count); ``note``.

    Raises:
        UntestableError: If there is no replicate.
    """
    groups, also = (_arrays(values) for values in (finding.values, finding.also or {}))
    if not groups:
        raise UntestableError(finding.note or f"there is no {finding.missing}")
    row = _numbers(finding, groups) | {"k_of_n": "", "limit": what_counts(finding), "note": finding.note}
    if without := sum(bool(np.isnan(values).any()) for values in groups.values()):
        have = "has" if without == 1 else "have"
        note = "; ".join(filter(None, [f"{without} of {len(groups)} {have} no {finding.missing}", finding.note]))
        return row | {"verdict": "cannot tell", "note": note}
    if finding.undecided:
        return row | {"verdict": "cannot tell", "note": "; ".join(filter(None, [finding.undecided, finding.note]))}
    if not finding.has_limit:
        return row | {"verdict": "no verdict"}
    sides = _sides_by_group(finding, groups, also)
    if finding.replicates == "resamples":
        verdicts = [_majority(finding, groups[name], also.get(name)) for name in groups]
        row["k_of_n"] = _reproduced_count(verdicts) if len(groups) > 1 else ""
    elif finding.replicates == "seeds":
        seeds = [seed for group in sides.values() for seed in group]
        row["k_of_n"] = _reproduced_count([unmoved for unmoved, *_ in seeds])
        verdicts = [_stable(seeds, leave_out=leave_out)]
    else:
        row["k_of_n"] = _reproduced_count([_combined([unmoved for unmoved, *_ in group]) for group in sides.values()])
        verdicts = [_stable(group, leave_out=leave_out and len(group) > 1) for group in sides.values()]
    seed_count = max(map(len, groups.values())) if finding.replicates == "networks" else len(groups)
    if finding.replicates in ("seeds", "networks") and seed_count < min_seeds:
        verdicts = ["cannot tell"]
    return row | {"verdict": _combined(verdicts)}


def _arrays(values: Mapping[Any, float | Sequence[float]]) -> dict[Any, np.ndarray]:
    return {name: np.atleast_1d(np.asarray(numbers, dtype=float)) for name, numbers in values.items()}


def _combined(sides: Sequence[str]) -> str:
    kinds = set(sides)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {"reproduced", "sign only"}:
        return "sign only"
    return "cannot tell" if "cannot tell" in kinds else "mixed"


def _stable(sides: Sequence[Sequence[str]], *, leave_out: bool) -> str:
    """Combine the verdicts of all seeds; ``mixed`` if a seed left out or a value moved a little changes the result.

    Args:
        sides: For each seed its side, unmoved and after each move of its value.
        leave_out: Whether the verdict has to stay when one seed is left out.
    """
    verdicts = set()
    # More than two seeds of a kind add nothing to two.
    kinds = Counter(tuple(sorted(set(side))) for side in sides)
    for combination in product(*(kind for kind, count in kinds.items() for _ in range(min(count, 2)))):
        verdicts.add(_combined(combination))
        if leave_out:
            verdicts |= {_combined(combination[:i] + combination[i + 1 :]) for i in range(len(combination))}
    return verdicts.pop() if len(verdicts) == 1 else "mixed"


def _sides_by_group(
    finding: Finding, groups: Mapping[Any, np.ndarray], also: Mapping[Any, np.ndarray]
) -> dict[Any, list[tuple[str, ...]]]:
    """Give the sides of every number: unmoved first, then moved by a tenth of the seeds' spread."""
    spreads = [_spreads(finding, arrays) for arrays in (groups, also)]
    sides = {}
    for name, values in groups.items():
        further = also.get(name, np.full(len(values), np.inf))
        step, further_step = (SHIFT * spread.get(name, 0.0) for spread in spreads)
        moves = product((0, -step, step), (0, -further_step, further_step))
        moved = [_sides(finding, values + by, further + further_by) for by, further_by in moves]
        sides[name] = list(zip(*moved, strict=True))
    return sides


def _spreads(finding: Finding, groups: Mapping[Any, np.ndarray]) -> dict[Any, float]:
    """Give the range over seeds for each replicate; a network of one seed takes the largest range of the others."""
    if not groups or finding.replicates in ("exact", "resamples"):
        return {}
    if finding.replicates == "seeds":
        return dict.fromkeys(groups, float(np.ptp(np.concatenate(list(groups.values())))))
    ranges = {name: float(np.ptp(values)) for name, values in groups.items()}
    return {name: ranges[name] if len(values) > 1 else max(ranges.values()) for name, values in groups.items()}


def _majority(finding: Finding, values: np.ndarray, also: np.ndarray | None) -> str:
    """Give the side on which 95 % of the resamples lie, or ``cannot tell``."""
    further = np.full(len(values), np.inf) if also is None else also
    sides, counts = np.unique(_sides(finding, values, further), return_counts=True)
    return str(sides[counts.argmax()]) if counts.max() >= _SURE * len(values) else "cannot tell"


def _sides(finding: Finding, values: np.ndarray, also: np.ndarray) -> list[str]:
    size = (values > finding.above) & (values < finding.below) & (also > 0)
    sign = size
    if finding.direction:
        low, high = finding.direction
        sign = (values > low) & (values < high)
    return np.where(size, "reproduced", np.where(sign, "sign only", "not reproduced")).tolist()


def _reproduced_count(sides: Sequence[str]) -> str:
    count = sides.count("reproduced")
    text = f"{count} of {len(sides)}"
    return f"{text}; the sign in {count + sides.count('sign only')}" if "sign only" in sides else text


def _numbers(finding: Finding, groups: Mapping[Any, np.ndarray]) -> dict[str, Any]:
    # The first of the resamples is the sample itself.
    first = finding.replicates == "resamples"
    means = np.array([values[0] if first else values.mean() for values in groups.values()])
    known = means[~np.isnan(means)]
    ends = (np.nan, np.nan) if not len(known) else (known.min(), known.max())
    one_sample = first and len(groups) == 1
    if one_sample:
        ends = tuple(np.nanquantile(np.concatenate(list(groups.values())), [(1 - _SURE) / 2, (1 + _SURE) / 2]))
    text = f"{number(ends[0])} to {number(ends[1])}"
    if one_sample:
        text = f"{number(known.mean())} ({text})" if len(known) else ""
    elif len(groups) <= _SHOWN:
        text = " ".join(number(mean) for mean in means)
    return {
        "ours": known.mean() if len(known) else np.nan,
        "low": ends[0],
        "high": ends[1],
        "replicates": len(groups),
        "values": text,
    }


def what_counts(finding: Finding) -> str:
    """Say in words which numbers would reproduce the claim, and which would have its sign alone.

    Example:
        >>> what_counts(Finding({0: 1.0}, above=0.5, direction=(0, np.inf)))
        'above .5; sign: above 0'
        >>> what_counts(Finding({0: 1.0}, above=0.35, below=0.65, direction=(-np.inf, 1)))
        'between .35 and .65; sign: below 1'
        >>> what_counts(Finding({0: 1.0}))
        'no limit'
    """
    size = ", ".join(filter(None, [_range_in_words(finding.above, finding.below), finding.further]))
    sign = _range_in_words(*finding.direction) if finding.direction else ""
    return "; sign: ".join(filter(None, [size or "no limit", sign]))


def _range_in_words(low: float, high: float) -> str:
    if np.isfinite(low) and np.isfinite(high):
        return f"between {number(low)} and {number(high)}"
    return f"above {number(low)}" if np.isfinite(low) else f"below {number(high)}" if np.isfinite(high) else ""


def number(value: float, form: str = ".3g") -> str:
    """Format a number, with three significant digits if nothing else is given, and no zero before the point.

    Example:
        >>> number(0.98666), number(-0.5), number(0.25, ".3f"), number(float("nan"))
        ('.987', '-.5', '.250', 'none')
    """
    return "none" if np.isnan(value) else re.sub(r"^(-?)0\.", r"\1.", format(value, form))


def margin(values: Iterable[float]) -> float:
    """Give the range of values over seeds; a smaller difference counts as none.

    Example:
        >>> margin([0.5, 0.75, 0.6])
        0.25
    """
    return float(np.ptp(np.asarray(list(values), dtype=float)))
