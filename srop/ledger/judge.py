"""The ledger of claims: one function each, from tidy tables to the numbers that decide it.

A claim's function sees the tables cut to one setting and returns a :class:`~srop.ledger.verdicts.Finding`. The first
setting is the paper's own: the layer, input, treatment of dead maps and batch-norm mode of the figure or table that
makes the claim. It gives the verdict; the others say how robust that is. Statistics and thresholds are chosen for what
the words say, each justified in its docstring. They were committed before they were first run; CHANGELOG.md lists what
was changed since, with both verdicts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from srop.experiments import discover
from srop.ledger.evidence import NeedsWeightsError, Tables, UntestableError
from srop.ledger.verdicts import FEWEST, Finding, decide
from srop.ledger.vocabulary import BASES, COLUMNS, KINDS

CONVENTION = {"convention": ("published", "printed")}


ALL_CONVENTIONS = {"convention": ("published", "half_pixel", "printed")}


YU_2021 = "Yu et al. 2021"
"""The paper on spectral roll-off points."""


_DECIDED = {"reproduced": 1, "sign only": 1, "not reproduced": -1}
"""Verdicts that take a side."""


class Networks(NamedTuple):
    """What networks a claim is about.

    Attributes:
        titles: Theirs; tables with a column ``title`` are cut to them.
        section: The section of the configuration that measured them, or the name of recorded runs that did.
    """

    titles: tuple[str, ...]
    section: str


class Run(NamedTuple):
    """What claims of one section are judged from.

    Attributes:
        said: What it is, in words.
        tables: Its tables.
        basis: ``"paper scale"`` or ``"reduced"``.
    """

    said: str
    tables: Tables
    basis: str


@dataclass(frozen=True)
class Claim:
    """A claim: which paper says it where, what is measured, and the function that judges it.

    Attributes:
        id: Unique; a number comes first, or letters and a number.
        source: The paper, as a short citation.
        kind: One of :data:`~srop.ledger.vocabulary.KINDS`.
        section: Of the paper.
        text: What it says.
        measure: What is measured.
        paper: What the paper found.
        over: Axes of the settings; the first value of each is the paper's own.
        networks: What networks it is about.
        judge: From tables of one setting to a finding.
        shown_in: The figure or table that shows it.
        exact: Whether no sample is involved.
        inconsistent: Why the text contradicts itself, so that no verdict is possible.
    """

    id: str
    source: str
    kind: str
    section: str
    text: str
    measure: str
    paper: str
    over: Mapping[str, tuple[str, ...]]
    networks: Networks
    judge: Callable[[Tables], Finding]
    shown_in: str = ""
    exact: bool = False
    inconsistent: str = ""


_CLAIMS: list[Claim] = []


def all_claims() -> list[Claim]:
    """Give the claims of all experiments: those of the paper on SROPs first, each source's in the order of numbers."""
    discover("claims")

    def order(claim: Claim) -> tuple:
        head = re.match(r"(\D*)(\d+)", claim.id)
        return claim.source != YU_2021, claim.source, head[1], int(head[2]), claim.id

    return sorted(_CLAIMS, key=order)


def claim(
    id: str,
    section: str,
    text: str,
    *,
    measure: str,
    paper: str,
    over: Mapping[str, tuple[str, ...]],
    networks: Networks,
    source: str = YU_2021,
    kind: str = "paper",
    shown_in: str = "",
    exact: bool = False,
    inconsistent: str = "",
) -> Callable[[Callable[[Tables], Finding]], Callable[[Tables], Finding]]:
    """Register a function as the judge of a claim; a function may judge several. See :class:`Claim`.

    Raises:
        ValueError: If the id has no number, the kind is none, or an axis is called like a column of the ledger.
    """
    if not re.match(r"[A-Za-z]*\d", id) or kind not in KINDS:
        raise ValueError(f"claim {id} of kind {kind}: ids bear a number, and the kinds are {', '.join(KINDS)}")

    if taken := {*over} & {*COLUMNS}:
        raise ValueError(f"claim {id}: the ledger has a column {', '.join(taken)}; call the axis something else")

    def register(judge: Callable[[Tables], Finding]) -> Callable[[Tables], Finding]:
        made = Claim(id, source, kind, section, text, measure, paper, over, networks, judge)
        _CLAIMS.append(replace(made, shown_in=shown_in, exact=exact, inconsistent=inconsistent))
        return judge

    return register


def judge(claim: Claim, tables: Tables) -> pd.DataFrame:
    """Judge a claim under each of its settings.

    Returns:
        A row per setting, the paper's own first: ``id``, the setting's axes, what
        :func:`~srop.ledger.verdicts.decide` gives, and ``same_as``: an earlier setting that cannot differ, since the
        claim reads the same numbers there. The verdict is ``not applicable`` where a setting does not concern the
        claim. That of the paper's own setting is ``mixed`` if it changes when one seed is left out.
    """
    rows, known = [], {}
    for values in product(*claim.over.values()):
        setting = dict(zip(claim.over, values, strict=True))
        at = tables.at(setting, claim.networks.titles)
        try:
            mode = setting.get("batch_norm")
            if mode and not tables.has("batch_norm", mode):
                raise UntestableError(f"no network ran its batch norms as {mode}")
            finding = claim.judge(at)
            result = decide(finding)
            if not rows and _hangs_on_a_seed(claim, at, result["verdict"]):
                result["verdict"] = "mixed"
                result["note"] = "; ".join(filter(None, [result["note"], "the verdict hangs on a single seed"]))
            result["same_as"] = _earlier(known, setting, finding, at)
        except UntestableError as error:
            result = {"ours": np.nan, "low": np.nan, "high": np.nan, "replicates": 0, "values": "", "k_of_n": ""}
            verdict = "needs weights" if isinstance(error, NeedsWeightsError) else "not applicable"
            result |= {"verdict": verdict, "note": str(error), "same_as": ""}
        rows.append({"id": claim.id, **setting, **result})
    return pd.DataFrame(rows)


def _earlier(known: dict, setting: Mapping[str, str], finding: Finding, at: Tables) -> str:
    """Name the earlier setting that cannot differ: dead maps or batch norm are other words there for the same numbers.

    Numbers of peaks coincide by chance, so claims with a bandwidth ask for the same tables.
    """
    if "bandwidth" in setting:
        told = at.digest()
    else:
        numbers = [[np.round(of, 9).tolist() for of in part.values()] for part in (finding.values, finding.also or {})]
        told = repr((numbers, [value for axis, value in setting.items() if axis not in ("dead", "batch_norm")]))
    first = known.setdefault(told, _said(setting))
    return "" if first == _said(setting) else first


def _said(setting: Mapping[str, str]) -> str:
    return ", ".join(setting.values())


def _hangs_on_a_seed(claim: Claim, at: Tables, verdict: str) -> bool:
    if verdict in ("mixed", "cannot tell"):
        return False
    seeds = at.seeds()
    for seed in seeds if len(seeds) >= FEWEST else ():
        try:
            left = decide(claim.judge(at.without_seed(seed)), fewest=FEWEST - 1, leave_out=False)
            if left["verdict"] != verdict:
                return True
        except UntestableError:
            return True
    return False


def verdict(claim: Claim, settings: pd.DataFrame) -> dict[str, Any]:
    """Put the settings of a claim together.

    Args:
        claim: The claim.
        settings: What :func:`judge` gives.

    Returns:
        A row of the ledger: the claim's own fields; of the paper's own setting (the first, named in ``setting``)
        ``ours``, ``low``, ``high``, ``replicates``, ``values``, ``k_of_n``, ``note`` and ``verdict``; and of the
        distinct other settings how many ``agree`` with it, are ``against`` it or are ``open`` (mixed, not to be told,
        or another size of the same sign), in ``others`` by verdict, and in ``flips`` which single choice turns it.
    """
    names = ("id", "source", "kind", "section", "measure", "paper", "shown_in")
    row = {name: getattr(claim, name) for name in names} | {"claim": claim.text}
    own = settings.iloc[0]
    row |= {name: own[name] for name in (*_NUMBERS, "note", "verdict")}
    row["setting"] = _said({axis: own[axis] for axis in claim.over})
    judged = settings[~settings["verdict"].isin(["not applicable", "needs weights"])]
    others = judged[(judged["same_as"] == "") & (judged.index != own.name)]
    row |= _robustness(own["verdict"], others["verdict"])
    row["flips"] = _flips(claim, own, judged)
    if own["verdict"] == "not applicable":
        row["verdict"] = "cannot tell"
    elif claim.inconsistent:
        found = f"the sign of the figure is {own['verdict']}" if own["verdict"] in _DECIDED else ""
        row |= {"verdict": "text inconsistent"}
        row["note"] = "; ".join(filter(None, [claim.inconsistent, found, own["note"]]))
    return row


_NUMBERS = ("ours", "low", "high", "replicates", "values", "k_of_n")


def _robustness(own: str, others: pd.Series) -> dict[str, Any]:
    side = _DECIDED.get(own, 0)
    agree = int((others == own).sum())
    against = int((others.map(_DECIDED).fillna(0) == -side).sum()) if side else 0
    counts = others.value_counts()
    said = ", ".join(f"{found} in {counts[found]}" for found in (*_DECIDED, "mixed", "cannot tell") if found in counts)
    return {"agree": agree, "against": against, "open": len(others) - agree - against, "others": said}


def _flips(claim: Claim, own: pd.Series, judged: pd.DataFrame) -> str:
    """Name each single choice that turns the verdict to the other side, or leaves no number to judge."""
    found = []
    for _, row in judged.iterrows():
        changed = [axis for axis in claim.over if row[axis] != own[axis]]
        if len(changed) != 1:
            continue
        said = f"{changed[0].replace('_', ' ')}: {row[changed[0]]}"
        if own["verdict"] in _DECIDED and _DECIDED.get(row["verdict"]) == -_DECIDED[own["verdict"]]:
            found.append(said)
        elif row["replicates"] and np.isnan(row["ours"]):
            found.append(f"{said} (no number there)")
    return "; ".join(found)


def ledger(runs: Mapping[str, Sequence[Run]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge every claim.

    Args:
        runs: By section, what its claims are judged from, recorded ones first. Runs at the paper's scale supersede
            others, and this run's such recorded ones.

    Returns:
        The ledger, a row per claim and run, as :func:`verdict` gives them with ``judged_on``, ``basis`` (one of
        :data:`~srop.ledger.vocabulary.BASES`) and ``superseded``: whether another row of the claim stands before it.
        A recorded run that cannot judge a claim has no row. And a row per claim, setting and run, see :func:`judge`.

    Raises:
        ValueError: If a claim's section has no run.
    """
    rows, settings = [], []
    if unknown := {claim.networks.section for claim in all_claims()} - {*runs}:
        raise ValueError(
            f"no run is told for {', '.join(unknown)}; an experiment's rules are included before claims.smk"
        )
    for claim in all_claims():
        found = []
        # The last is this run's: at the paper's scale it stands before what was recorded.
        of_section = sorted(reversed(runs[claim.networks.section]), key=lambda run: run.basis != "paper scale")
        for run in of_section:
            judged = judge(claim, run.tables)
            row = verdict(claim, judged) | {"judged_on": run.said, "basis": _basis(claim, run)}
            found.append((row, judged.assign(judged_on=run.said)))
        told = [one for one in found if one[0]["replicates"]] or found[-1:]
        for place, (row, judged) in enumerate(told):
            rows.append(row | {"superseded": place > 0})
            settings.append(judged)
    return pd.DataFrame(rows)[list(COLUMNS)], pd.concat(settings, ignore_index=True)


def _basis(claim: Claim, run: Run) -> str:
    basis = "exact" if claim.exact else "proxy" if claim.kind == "proxy" else run.basis
    if basis not in BASES:
        raise ValueError(f"{run.said}: {basis} is no basis; there are {', '.join(BASES)}")
    return basis


def readable(ledger: pd.DataFrame) -> pd.DataFrame:
    """Make a ledger a table to read: text only, without what another row supersedes."""
    text = ledger[~ledger["superseded"]].astype(object).fillna("").astype(str)
    columns = ["id", "source", "kind", "section", "claim", "measure", "paper", "verdict", "basis", "values", "k_of_n"]
    columns += ["setting", "others", "flips", "note", "judged_on"]
    return text[columns].rename(columns=lambda column: column.replace("_", " "))
