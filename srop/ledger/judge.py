"""The paper's claims, one function each: from tidy tables to the numbers that decide it.

A claim is judged under every setting that it leaves open: layer, convention, treatment of dead maps, batch-norm mode
and input. Its function sees the tables cut to one setting and returns a :class:`Finding`: a number for each replicate
(seed or network) and what the claim says of their mean. Statistics and thresholds are chosen for what the words say,
each justified in its docstring. They were committed before their first full run; CHANGELOG.md lists what was changed
since, with both verdicts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import spearmanr

from srop.experiments import discover


class Networks(NamedTuple):
    """What networks a claim is about.

    Attributes:
        titles: Theirs; tables with a column ``title`` are cut to them.
        section: Of the configuration, which says at what scale they were measured.
    """

    titles: tuple[str, ...]
    section: str


CONVENTION = {"convention": ("published", "printed")}


ALL_CONVENTIONS = {"convention": ("published", "half_pixel", "printed")}


DEAD = {"dead": ("one", "omit")}


class Tables:
    """Tidy tables by name, from which claims are judged; a claim sees each cut to one setting.

    Args:
        tables: By name, which is the attribute as well. Rules files say what there is (``JUDGED``).
        absent: Names of tables that other runs have and this one does not.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], absent: Iterable[str] = ()) -> None:
        self._tables = dict(tables)
        self._absent = frozenset(absent)

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Give a table.

        Raises:
            UntestableError: If it is absent here.
            AttributeError: If no run has a table of this name.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._absent:
            raise UntestableError(f"this run has no table {name}")
        if name not in self._tables:
            raise AttributeError(f"there is no table {name}; there are {', '.join(self._tables)}")
        return self._tables[name]

    def changed(self, **tables: pd.DataFrame) -> "Tables":
        """Give the same tables with others in the place of some."""
        return Tables(self._tables | tables, self._absent)

    def has(self, column: str, value: str) -> bool:
        """Say whether any table has a value in a column."""
        return any((table[column] == value).any() for table in self._tables.values() if column in table)

    def at(self, setting: Mapping[str, str], titles: Iterable[str]) -> "Tables":
        """Cut every table to a setting and to networks by title, as far as it has the columns.

        Networks without a choice of batch norm stay in every setting.
        """
        cut = {}
        for name, table in self._tables.items():
            own = {column: value for column, value in setting.items() if column in table}
            if "architecture" in table:
                own.pop("layer", None)  # of the digit network
            own |= {"title": tuple(titles)} if "title" in table else {}
            key = (name, id(table), *own.items())
            if key not in _CUTS:
                _CUTS[key] = (table, _cut(table, own))
            cut[name] = _CUTS[key][1]
        return Tables(cut, self._absent)


_CUTS: dict[tuple, tuple[pd.DataFrame, pd.DataFrame]] = {}
"""Tables and their cuts: many claims share a setting, and a table of single images is large."""


def _cut(table: pd.DataFrame, setting: Mapping[str, Any]) -> pd.DataFrame:
    for column, value in setting.items():
        allowed = {"title": value, "batch_norm": (value, "none", "trained")}.get(column, (value,))
        table = table[table[column].isin(allowed)]
    return table


@dataclass(frozen=True)
class Finding:
    """A claim's numbers under one setting.

    Attributes:
        values: One for each replicate; NaN where a replicate has none.
        above: The claim says that their mean lies above this.
        below: Likewise.
        also: Whether its secondary condition holds; None where it is undecided.
        exact: Whether the number is no sample, so that one decides; a single seed or network leaves a claim undecided.
        note: What else is to be known.
    """

    values: Iterable[float]
    above: float = -np.inf
    below: float = np.inf
    also: bool | None = True
    exact: bool = False
    note: str = ""


class UntestableError(Exception):
    """A claim cannot be judged from these tables; the message says why."""


@dataclass(frozen=True)
class Claim:
    """A claim of the paper: where it stands, what it says, what is measured, and the function that judges it."""

    id: str
    section: str
    text: str
    measure: str
    paper: str
    over: Mapping[str, tuple[str, ...]]
    networks: Networks
    judge: Callable[[Tables], Finding]
    shown_in: str = ""


_CLAIMS: list[Claim] = []


def all_claims() -> list[Claim]:
    """Give the claims of all experiments in the order of their numbers."""
    discover("claims")
    return sorted(_CLAIMS, key=lambda claim: (int(claim.id.partition("-")[0]), claim.id))


def claim(
    id: str,
    section: str,
    text: str,
    *,
    measure: str,
    paper: str,
    over: Mapping[str, tuple[str, ...]],
    networks: Networks,
    shown_in: str = "",
) -> Callable[[Callable[[Tables], Finding]], Callable[[Tables], Finding]]:
    """Register a function as the judge of a claim, which a figure or table shows; a function may judge several."""

    def register(judge: Callable[[Tables], Finding]) -> Callable[[Tables], Finding]:
        _CLAIMS.append(Claim(id, section, text, measure, paper, over, networks, judge, shown_in))
        return judge

    return register


def judge(claim: Claim, tables: Tables) -> pd.DataFrame:
    """Judge a claim under each of its settings.

    Returns:
        A row per setting: ``id``, the setting's axes, ``ours`` (mean over replicates), its 95 % interval ``low`` to
        ``high`` (NaN for a single replicate), ``replicates``, ``verdict`` and ``note``. The verdict is ``holds`` where
        the interval lies wholly where the claim says, ``fails`` where it lies wholly elsewhere or its secondary
        condition does not hold, ``undecided`` between and for a single replicate, and ``untestable``.
    """
    rows = []
    for values in product(*claim.over.values()):
        setting = dict(zip(claim.over, values, strict=True))
        try:
            mode = setting.get("batch_norm")
            if mode and not tables.has("batch_norm", mode):
                raise UntestableError(f"no network ran its batch norms as {mode}")
            result = _decide(claim.judge(tables.at(setting, claim.networks.titles)))
        except UntestableError as error:
            result = {"ours": np.nan, "low": np.nan, "high": np.nan, "replicates": 0}
            result |= {"verdict": "untestable", "note": str(error)}
        rows.append({"id": claim.id, **setting, **result})
    return pd.DataFrame(rows)


def _decide(finding: Finding) -> dict[str, Any]:
    values = np.asarray(list(finding.values), dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        raise UntestableError("no replicate has a value")
    low, high = interval(values)
    if len(values) == 1 and not finding.exact:
        verdict = "undecided"
    elif finding.also is False or high <= finding.above or low >= finding.below:
        verdict = "fails"
    elif finding.also and low > finding.above and high < finding.below:
        verdict = "holds"
    else:
        verdict = "undecided"
    if len(values) == 1:
        low = high = np.nan
    row = {"ours": values.mean(), "low": low, "high": high, "replicates": len(values)}
    return row | {"verdict": verdict, "note": finding.note}


def interval(values: np.ndarray) -> tuple[float, float]:
    """Give Student's 95 % interval of the mean; without width for a single value."""
    half = 0.0
    if len(values) > 1:
        half = stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / len(values) ** 0.5
    return values.mean() - half, values.mean() + half


def within(values: Iterable[float], above: float, below: float) -> bool | None:
    """Say whether the mean of a sample lies between two limits by its interval; None where that is undecided."""
    low, high = interval(np.asarray(list(values), dtype=float))
    if low > above and high < below:
        return True
    return False if high <= above or low >= below else None


def verdict(claim: Claim, settings: pd.DataFrame) -> dict[str, Any]:
    """Put the settings of a claim together.

    Args:
        claim: The claim.
        settings: What :func:`judge` gives.

    Returns:
        A row of the ledger: ``id``, ``section``, ``claim``, ``measure``, ``paper``, ``shown_in`` (the figure or
        table that shows it); ``ours``, ``low``, ``high`` and
        ``replicates`` of the headline, the first setting that can be judged, named in ``setting``; ``verdict``:
        ``holds`` under all settings; ``depends`` if under some; if under none, ``fails`` where the headline does or all
        do, else ``undecided``; or ``untestable here``. ``holds_for``: under which it holds, or why it is untestable;
        ``note`` of the headline.
    """
    row = {"id": claim.id, "section": claim.section, "claim": claim.text, "measure": claim.measure}
    row |= {"paper": claim.paper, "shown_in": claim.shown_in}
    tested = settings[settings["verdict"] != "untestable"]
    if tested.empty:
        empty = {"ours": np.nan, "low": np.nan, "high": np.nan, "replicates": 0, "setting": ""}
        return row | empty | {"verdict": "untestable here", "holds_for": settings["note"].iloc[0], "note": ""}
    headline = tested.iloc[0]
    row |= {column: headline[column] for column in ("ours", "low", "high", "replicates")}
    row["setting"] = ", ".join(headline[axis] for axis in claim.over)
    found = set(tested["verdict"])
    if "holds" in found:
        row["verdict"] = "holds" if found == {"holds"} else "depends"
    else:
        row["verdict"] = "fails" if found == {"fails"} else headline["verdict"]
    return row | {"holds_for": _holds_for(tested, list(claim.over)), "note": headline["note"]}


def _holds_for(tested: pd.DataFrame, axes: list[str]) -> str:
    """Say in words under which settings a claim holds."""
    counts = tested["verdict"].value_counts()
    said = ", ".join(f"{found} in {counts[found]}" for found in ("holds", "fails", "undecided") if found in counts)
    said = f"{said} of {len(tested)}" if len(tested) > 1 else said
    holds = tested["verdict"] == "holds"
    values = {axis: list(dict.fromkeys(tested.loc[holds, axis])) for axis in axes}
    inside = pd.Series(True, index=tested.index)
    for axis, chosen in values.items():
        inside &= tested[axis].isin(chosen)
    conditions = [f"{axis} = {', '.join(chosen)}" for axis, chosen in values.items() if set(chosen) < set(tested[axis])]
    # Only where it holds in all of the product of these values, so that they say it all.
    return f"{said}: {'; '.join(conditions)}" if holds.any() and conditions and holds[inside].all() else said


DOWNLOADS = "; the weights of the paper's are downloads (preset paper)"


def rank(a: pd.Series, b: pd.Series) -> float:
    """Give Spearman's rank correlation; NaN where one does not vary."""
    return spearmanr(a, b).statistic if a.nunique() > 1 and b.nunique() > 1 else np.nan


def ledger(
    tables: Tables, recorded: Mapping[str, tuple[str, Tables]], scales: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge every claim.

    Args:
        tables: What they are judged from.
        recorded: By section of the configuration, a run that is too long to repeat: what it is in words, and its
            tables. Claims of that section are judged from these first, as far as they go.
        scales: On what claims are judged else, in words, by section.

    Returns:
        The ledger, a row per claim and what it is judged on, in the order of their numbers, as :func:`verdict` gives
        them with ``judged_on``; and a row per claim, setting and what it is judged on, see :func:`judge`.

    Raises:
        ValueError: If a claim's section has no scale.
    """
    rows, settings = [], []
    if unknown := {claim.networks.section for claim in all_claims()} - {*scales}:
        raise ValueError(
            f"SCALES says nothing of {', '.join(unknown)}; an experiment's rules are included before claims.smk"
        )
    for claim in all_claims():
        section = claim.networks.section
        if section in recorded:
            on, judged = recorded[section]
            found = judge(claim, judged)
            if (found["verdict"] != "untestable").any():
                settings.append(found.assign(judged_on=on))
                rows.append(verdict(claim, found) | {"judged_on": on})
        settings.append(judge(claim, tables).assign(judged_on=scales[section]))
        rows.append(verdict(claim, settings[-1]) | {"judged_on": scales[section]})
    return pd.DataFrame(rows), pd.concat(settings, ignore_index=True)


def readable(ledger: pd.DataFrame) -> pd.DataFrame:
    """Make a ledger a table to read: text only, what we found with its interval in one column."""

    def number(value: float) -> str:
        return "" if pd.isna(value) else f"{value:.3g}"

    def interval(row: pd.Series) -> str:
        return "" if pd.isna(row["low"]) else f" ({number(row['low'])} to {number(row['high'])})"

    ours = [number(row["ours"]) + interval(row) for _, row in ledger.iterrows()]
    text = ledger.assign(ours=ours).fillna({"note": "", "holds_for": "", "setting": ""})
    text["replicates"] = [f"{count:.0f}" if count > 0 else "" for count in ledger["replicates"]]
    columns = ["id", "section", "claim", "measure", "paper", "ours", "replicates", "setting", "verdict", "holds_for"]
    return text[[*columns, "note", "judged_on"]].rename(columns=lambda column: column.replace("_", " "))
