"""From the numbers of replicates to a verdict."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from srop.ledger.tables import UntestableError

FEWEST = 3
"""Fewer seeds decide nothing; all of three fall on one side by chance with probability 1/4 (two-sided)."""


MOVED = 0.1
"""The part of the seeds' spread by which values may move without a change of the verdict."""


_SURE = 0.95
"""The share of resamples on one side that decides."""


_SHOWN = 5
"""So many replicates are shown as values; more as their range."""


@dataclass(frozen=True)
class Finding:
    """A claim's numbers under one setting.

    Attributes:
        values: By replicate: a number for each seed; for each named network a number, or one for each of its seeds; or
            resamples of one sample. NaN where there is none.
        above: The claim says that they lie above this.
        below: Likewise.
        direction: Limits that stand for the sign alone, where the claim also says a size; None where it says none.
        also: Further numbers of the same replicates, which must be above 0 as well.
        of: What the replicates are: ``"seeds"``; ``"networks"`` by name, no sample of networks, each with its seeds;
            ``"resamples"`` of images or channels, of which 95 % decide; ``"exact"``, no sample at all.
        missing: What a replicate without a number has not.
        note: What else is to be known.
    """

    values: Mapping[Any, float | Sequence[float]]
    above: float = -np.inf
    below: float = np.inf
    direction: tuple[float, float] | None = None
    also: Mapping[Any, float | Sequence[float]] | None = None
    of: Literal["seeds", "networks", "resamples", "exact"] = "seeds"
    missing: str = "live map"
    note: str = ""


def decide(finding: Finding, *, fewest: int = FEWEST) -> dict[str, Any]:
    """Give the verdict of one setting.

    Every replicate is on the claim's side (``reproduced``), on it by its sign alone (``sign only``) or not
    (``not reproduced``). All on one side give that verdict, if it stays when every value moves by a tenth of the seeds'
    spread; else it is ``mixed``. It is ``cannot tell`` where there are fewer than three seeds, where resamples lie on
    both sides of a limit, and where a replicate has no number: the others are no fair sample then.

    Args:
        finding: The numbers.
        fewest: How many seeds are asked for.

    Returns:
        ``verdict``; ``ours`` (mean), ``low`` and ``high`` (the least and the greatest replicate, or the 95 % interval
        of resamples); ``replicates`` (how many); in words ``values`` and ``k_of_n`` (how many reproduce it); ``note``.

    Raises:
        UntestableError: If no replicate has a number.
    """
    groups = {name: np.atleast_1d(np.asarray(of, dtype=float)) for name, of in finding.values.items()}
    if not groups or all(np.isnan(of).all() for of in groups.values()):
        raise UntestableError(finding.note or f"no replicate has a {finding.missing}")
    row = _numbers(finding, groups)
    if without := sum(bool(np.isnan(of).any()) for of in groups.values()):
        have = "has" if without == 1 else "have"
        note = "; ".join(filter(None, [f"{without} of {len(groups)} {have} no {finding.missing}", finding.note]))
        return row | {"verdict": "cannot tell", "k_of_n": "", "note": note}
    also = {name: np.atleast_1d(np.asarray(of, dtype=float)) for name, of in (finding.also or {}).items()}
    spreads = [_spreads(finding, of) for of in (groups, also)]
    sides = [
        _side(finding, of, also.get(name, np.array([np.inf])), [spread.get(name, 0.0) for spread in spreads])
        for name, of in groups.items()
    ]
    unmoved = [_side(finding, of, also.get(name, np.array([np.inf])), (0.0, 0.0)) for name, of in groups.items()]
    row["k_of_n"] = _k_of_n(unmoved)
    if finding.of in ("seeds", "networks") and sum(map(len, groups.values())) < fewest:
        verdict = "cannot tell"
    elif len(set(sides)) == 1:
        verdict = sides[0]
    else:
        verdict = "cannot tell" if "cannot tell" in sides else "mixed"
    return row | {"verdict": verdict, "note": finding.note}


def _spreads(finding: Finding, groups: Mapping[Any, np.ndarray]) -> dict[Any, float]:
    """Give the seeds' range for each replicate; a network of one seed takes the largest of the others'."""
    if finding.of == "seeds":
        return dict.fromkeys(groups, float(np.ptp(np.concatenate([*groups.values(), []])))) if groups else {}
    if finding.of == "networks":
        ranges = {name: float(np.ptp(of)) for name, of in groups.items()}
        return {name: ranges[name] if len(of) > 1 else max(ranges.values()) for name, of in groups.items()}
    return {}


def _side(finding: Finding, values: np.ndarray, also: np.ndarray, spreads: Sequence[float]) -> str:
    """Say on which side all numbers of one replicate are, and would be if they moved."""
    if finding.of == "resamples":
        sides, counts = np.unique(_sides(finding, values, also), return_counts=True)
        return str(sides[counts.argmax()]) if counts.max() >= _SURE * len(values) else "cannot tell"
    moves = product((-MOVED, 0, MOVED), repeat=2)
    sides = {
        str(side)
        for by, under in moves
        for side in _sides(finding, values + by * spreads[0], also + under * spreads[1])
    }
    return sides.pop() if len(sides) == 1 else "mixed"


def _sides(finding: Finding, values: np.ndarray, also: np.ndarray) -> np.ndarray:
    low, high = finding.direction or (finding.above, finding.below)
    size = (values > finding.above) & (values < finding.below) & (also > 0)
    sign = (values > low) & (values < high)
    return np.where(size, "reproduced", np.where(sign, "sign only", "not reproduced"))


def _k_of_n(sides: Sequence[str]) -> str:
    count = sides.count("reproduced")
    text = f"{count} of {len(sides)}"
    return f"{text}; the sign in {count + sides.count('sign only')}" if "sign only" in sides else text


def _numbers(finding: Finding, groups: Mapping[Any, np.ndarray]) -> dict[str, Any]:
    means = np.array([of.mean() for of in groups.values()])
    found = means[~np.isnan(means)]
    ends = (np.nan, np.nan) if not len(found) else (found.min(), found.max())
    if finding.of == "resamples":
        ends = tuple(np.nanquantile(np.concatenate(list(groups.values())), [(1 - _SURE) / 2, (1 + _SURE) / 2]))
    text = f"{number(ends[0])} to {number(ends[1])}"
    if finding.of == "resamples":
        text = f"{number(found.mean())} ({text})" if len(found) else ""
    elif len(groups) <= _SHOWN:
        text = " ".join(number(mean) for mean in means)
    return {
        "ours": found.mean() if len(found) else np.nan,
        "low": ends[0],
        "high": ends[1],
        "replicates": len(groups),
        "values": text,
    }


def number(value: float) -> str:
    """Write a number in three significant digits, without a zero before its point.

    Example:
        >>> number(0.98666), number(-0.5), number(12.0), number(float("nan"))
        ('.987', '-.5', '12', 'none')
    """
    return "none" if np.isnan(value) else re.sub(r"^(-?)0\.", r"\1.", f"{value:.3g}")


def margin(values: Iterable[float]) -> float:
    """Give the range of values over seeds: what lies within it is the same.

    Example:
        >>> margin([0.5, 0.75, 0.6])
        0.25
    """
    return float(np.ptp(np.asarray(list(values), dtype=float)))
