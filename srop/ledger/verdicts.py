"""From the numbers of replicates to a verdict."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from srop.ledger.evidence import UntestableError

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


def decide(finding: Finding, *, fewest: int = FEWEST, leave_out: bool = True) -> dict[str, Any]:
    """Give the verdict of one setting.

    Every replicate is on the claim's side (``reproduced``), on it by its sign alone (``sign only``) or not
    (``not reproduced``). All on one side give that verdict, those that agree on the sign alone ``sign only``, and the
    rest ``mixed``; so does a verdict that changes when one seed is left out, or when values move by a tenth of the
    seeds' spread. It is ``cannot tell`` with fewer than three seeds (in each of the networks), where resamples lie on
    both sides of a limit, and where a replicate has no number: the others are no fair sample then.

    Args:
        finding: The numbers.
        fewest: How many seeds are asked for.
        leave_out: Whether to leave seeds out.

    Returns:
        ``verdict``; ``ours`` (mean), ``low`` and ``high`` (the least and the greatest replicate, or the 95 % interval
        of resamples); ``replicates`` (how many); in words ``values`` and ``k_of_n`` (how many reproduce it); ``note``.

    Raises:
        UntestableError: If there is no replicate.
    """
    groups, also = (_arrays(of) for of in (finding.values, finding.also or {}))
    if not groups:
        raise UntestableError(finding.note or f"there is no {finding.missing}")
    row = _numbers(finding, groups) | {"k_of_n": "", "note": finding.note}
    if without := sum(bool(np.isnan(of).any()) for of in groups.values()):
        have = "has" if without == 1 else "have"
        note = "; ".join(filter(None, [f"{without} of {len(groups)} {have} no {finding.missing}", finding.note]))
        return row | {"verdict": "cannot tell", "note": note}
    sides = _sides_of(finding, groups, also)
    if finding.of != "resamples":
        still = [_put_together([side[0] for side in of]) for of in sides.values()]
        row["k_of_n"] = _k_of_n([side for of in sides.values() for side, *_ in of] if finding.of == "seeds" else still)
    if finding.of == "resamples":
        found = [_most(finding, groups[name], also.get(name)) for name in groups]
    elif finding.of == "seeds":
        found = [_stable([side for of in sides.values() for side in of], leave_out=leave_out)]
    else:
        found = [_stable(of, leave_out=leave_out and len(of) > 1) for of in sides.values()]
    few = max(map(len, groups.values())) if finding.of == "networks" else len(groups)
    if finding.of in ("seeds", "networks") and few < fewest:
        found = ["cannot tell"]
    return row | {"verdict": _put_together(found)}


def _arrays(values: Mapping[Any, float | Sequence[float]]) -> dict[Any, np.ndarray]:
    return {name: np.atleast_1d(np.asarray(of, dtype=float)) for name, of in values.items()}


def _put_together(sides: Sequence[str]) -> str:
    found = set(sides)
    if len(found) == 1:
        return found.pop()
    if found == {"reproduced", "sign only"}:
        return "sign only"
    return "cannot tell" if "cannot tell" in found else "mixed"


def _stable(sides: Sequence[Sequence[str]], *, leave_out: bool) -> str:
    """Put the sides of seeds together, of which each may have several as its value moves; ``mixed`` if that matters."""
    verdicts = set()
    # More than two of a kind say no more than two.
    kinds = Counter(tuple(sorted(set(side))) for side in sides)
    for chosen in product(*(kind for kind, count in kinds.items() for _ in range(min(count, 2)))):
        verdicts.add(_put_together(chosen))
        if leave_out:
            verdicts |= {_put_together(chosen[:place] + chosen[place + 1 :]) for place in range(len(chosen))}
    return verdicts.pop() if len(verdicts) == 1 else "mixed"


def _sides_of(
    finding: Finding, groups: Mapping[Any, np.ndarray], also: Mapping[Any, np.ndarray]
) -> dict[Any, list[tuple[str, ...]]]:
    """Give the sides of every number: unmoved first, then moved by a tenth of the seeds' spread."""
    spreads = [_spreads(finding, of) for of in (groups, also)]
    sides = {}
    for name, of in groups.items():
        beside = also.get(name, np.full(len(of), np.inf))
        step, step_beside = (MOVED * spread.get(name, 0.0) for spread in spreads)
        moves = product((0, -step, step), (0, -step_beside, step_beside))
        moved = [_sides(finding, of + by, beside + under) for by, under in moves]
        sides[name] = list(zip(*moved, strict=True))
    return sides


def _spreads(finding: Finding, groups: Mapping[Any, np.ndarray]) -> dict[Any, float]:
    """Give the seeds' range for each replicate; a network of one seed takes the largest of the others'."""
    if not groups or finding.of in ("exact", "resamples"):
        return {}
    if finding.of == "seeds":
        return dict.fromkeys(groups, float(np.ptp(np.concatenate(list(groups.values())))))
    ranges = {name: float(np.ptp(of)) for name, of in groups.items()}
    return {name: ranges[name] if len(of) > 1 else max(ranges.values()) for name, of in groups.items()}


def _most(finding: Finding, values: np.ndarray, also: np.ndarray | None) -> str:
    """Say on which side 95 % of resamples are."""
    beside = np.full(len(values), np.inf) if also is None else also
    sides, counts = np.unique(_sides(finding, values, beside), return_counts=True)
    return str(sides[counts.argmax()]) if counts.max() >= _SURE * len(values) else "cannot tell"


def _sides(finding: Finding, values: np.ndarray, also: np.ndarray) -> list[str]:
    size = (values > finding.above) & (values < finding.below) & (also > 0)
    sign = size
    if finding.direction:
        low, high = finding.direction
        sign = (values > low) & (values < high)
    return np.where(size, "reproduced", np.where(sign, "sign only", "not reproduced")).tolist()


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
