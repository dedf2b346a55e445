"""The ledger of claims: one function judges each claim from tidy tables.

A claim's function sees the tables cut to one setting and returns a :class:`~srop.ledger.verdicts.Finding`. The first
setting is the paper's own: the layer, input, treatment of dead maps and batch-norm mode of the figure or table that
makes the claim. It gives the verdict; the other settings show how robust that verdict is. Statistics and thresholds
follow the words of the claim, and each function's docstring justifies them. A row is ``seen`` if its statistic or limit
was written or changed when its data, or a part of them, were known; CHANGELOG.md has both verdicts of each change.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from srop.experiments import discover
from srop.ledger.evidence import NeedsWeightsError, NotMeasuredError, Tables, UntestableError
from srop.ledger.verdicts import MIN_SEEDS, Finding, decide
from srop.ledger.vocabulary import BASES, COLUMNS, KINDS, SEEN

CONVENTION = {"convention": ("published", "printed")}


ALL_CONVENTIONS = {"convention": ("published", "half_pixel", "printed")}


YU_2021 = "Yu et al. 2021"
"""The paper on spectral roll-off points."""


Judge = Callable[[Tables], Finding]
"""A function that computes a claim's numbers from the tables of one setting."""


_DECIDED = {"reproduced": 1, "sign only": 1, "not reproduced": -1}
"""Verdicts for or against a claim, by their sign."""


class Networks(NamedTuple):
    """What networks a claim is about.

    Attributes:
        titles: Their titles; tables with a column ``title`` are cut to these.
        section: The section of the configuration that measures them, or how the names of recorded runs that did begin.
    """

    titles: tuple[str, ...]
    section: str


class Run(NamedTuple):
    """A run from which the claims of one section are judged.

    Attributes:
        title: The run in words; the ledger's ``judged_on``.
        tables: Its tables.
        basis: ``"paper scale"``, ``"reduced"`` or ``"proxy"``.
    """

    title: str
    tables: Tables
    basis: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim: the paper that makes it, what is measured, and the function that judges it.

    Attributes:
        id: Unique; begins with a number, or with letters and a number.
        section: The section of the paper.
        text: What the claim says.
        measure: What is measured.
        paper: The paper's result.
        over: The axes of the settings with their values; the first value of each is the paper's own.
        networks: The networks that the claim is about.
        judge: The function that computes a finding from the tables of one setting.
        source: The paper, as a short citation.
        kind: One of :data:`~srop.ledger.vocabulary.KINDS`.
        short: The text in at most eight words, for a picture; empty if the text is as short.
        shown_in: The figure or table that shows the claim.
        exact: Whether no sample is involved.
        inconsistent: Why the text contradicts itself, so that no verdict is possible.
        seen: Whether the statistic or its limit was written or changed after its data were seen.
        may_differ: Whether the verdict of a reduced run turns from machine to machine: it differs between two recorded
            ones, or within 200 perturbations by the spread between them (``tests/test_machines.py``). Such a row says
            ``cannot tell`` on every machine.

    Raises:
        ValueError: If the id has no number, the kind does not exist, or an axis has the name of a column of the ledger.
    """

    id: str
    section: str
    text: str
    measure: str
    paper: str
    over: Mapping[str, tuple[str, ...]]
    networks: Networks
    judge: Judge
    source: str = YU_2021
    kind: str = "paper"
    short: str = ""
    shown_in: str = ""
    exact: bool = False
    inconsistent: str = ""
    seen: bool = False
    may_differ: bool = False

    def __post_init__(self) -> None:
        if not re.match(r"[A-Za-z]*\d", self.id) or self.kind not in KINDS:
            raise ValueError(
                f"claim {self.id} of kind {self.kind}: an id begins with a number, or with letters and a number; the "
                f"kinds are {', '.join(KINDS)}"
            )
        if taken := {*self.over} & {*COLUMNS}:
            raise ValueError(f"claim {self.id}: the ledger has a column {', '.join(taken)}; give the axis another name")


_CLAIMS: list[Claim] = []


def all_claims() -> list[Claim]:
    """Give the claims of all experiments, sorted by source (the paper on SROPs first) and number."""
    discover("claims")

    def order(claim: Claim) -> tuple:
        head = re.match(r"(\D*)(\d+)", claim.id)
        return claim.source != YU_2021, claim.source, head[1], int(head[2]), claim.id

    return sorted(_CLAIMS, key=order)


def claim(id: str, section: str, text: str, **fields: Any) -> Callable[[Judge], Judge]:
    """Register a function as the judge of a claim; one function may judge several.

    Args:
        id: As in :class:`Claim`.
        section: As in :class:`Claim`.
        text: As in :class:`Claim`.
        **fields: The other fields of :class:`Claim`.
    """

    def register(judge: Judge) -> Judge:
        _CLAIMS.append(Claim(id=id, section=section, text=text, judge=judge, **fields))
        return judge

    return register


def not_measured(needs: str) -> Judge:
    """Give the judge of a claim that no experiment measures, with what a measurement needs."""

    def judge(at: Tables) -> Finding:
        """Say what is missing."""
        raise NotMeasuredError(needs)

    return judge


def judge(claim: Claim, tables: Tables) -> pd.DataFrame:
    """Judge a claim under each of its settings.

    Returns:
        A row per setting, the paper's own first: ``id``, the setting's axes, what
        :func:`~srop.ledger.verdicts.decide` gives, and ``same_as``: an earlier setting whose verdict cannot differ,
        since the claim reads the same numbers there. The verdict is ``not applicable`` where a setting does not concern
        the claim. The verdict of the paper's own setting is ``mixed`` if it changes when one seed is left out.
    """
    rows, earlier = [], {}
    for values in product(*claim.over.values()):
        setting = dict(zip(claim.over, values, strict=True))
        at = tables.at(setting, claim.networks.titles)
        try:
            mode = setting.get("batch_norm")
            if mode and not tables.has("batch_norm", mode):
                raise UntestableError(f"no network ran its batch norms as {mode}")
            finding = claim.judge(at)
            result = decide(finding)
            if not rows and _depends_on_one_seed(claim, at, result["verdict"]):
                result["verdict"] = "mixed"
                result["note"] = "; ".join(filter(None, [result["note"], "the verdict hangs on a single seed"]))
            result["same_as"] = _equal_setting(earlier, setting, finding, at)
        except UntestableError as error:
            result = {"ours": np.nan, "low": np.nan, "high": np.nan, "replicates": 0, "values": "", "k_of_n": ""}
            kinds = {NeedsWeightsError: "needs weights", NotMeasuredError: "not measured"}
            verdict = kinds.get(type(error), "not applicable")
            result |= {"limit": "", "verdict": verdict, "note": str(error), "same_as": ""}
        rows.append({"id": claim.id, **setting, **result})
    return pd.DataFrame(rows)


def _equal_setting(earlier: dict[str, str], setting: Mapping[str, str], finding: Finding, at: Tables) -> str:
    """Name the earlier setting that reads the same numbers, as where no map is dead or a network has no batch norm.

    Claims with a bandwidth are compared by their tables, since their numbers are counts of peaks, which coincide by
    chance.

    Args:
        earlier: Names of earlier settings by what they read; this one is added.
        setting: The setting.
        finding: What the claim found there.
        at: The tables cut to it.

    Returns:
        The name of the earlier setting, or nothing.
    """
    if "bandwidth" in setting:
        key = at.digest()
    else:
        parts = (finding.values, finding.also or {})
        numbers = [[np.round(values, 9).tolist() for values in part.values()] for part in parts]
        key = repr((numbers, [value for axis, value in setting.items() if axis not in ("dead", "batch_norm")]))
    first = earlier.setdefault(key, _setting_name(setting))
    return "" if first == _setting_name(setting) else first


def _setting_name(setting: Mapping[str, str]) -> str:
    return ", ".join(setting.values())


def _depends_on_one_seed(claim: Claim, at: Tables, verdict: str) -> bool:
    if verdict in ("mixed", "cannot tell"):
        return False
    seeds = at.seeds()
    for seed in seeds if len(seeds) >= MIN_SEEDS else ():
        try:
            without = decide(claim.judge(at.without_seed(seed)), min_seeds=MIN_SEEDS - 1, leave_out=False)
            if without["verdict"] != verdict:
                return True
        except UntestableError:
            return True
    return False


def verdict(claim: Claim, settings: pd.DataFrame) -> dict[str, Any]:
    """Combine the settings of a claim to its row of the ledger.

    Args:
        claim: The claim.
        settings: What :func:`judge` gives.

    Returns:
        - the claim's own fields
        - ``setting``: the paper's own, which is the first
        - ``ours``, ``low``, ``high``, ``replicates``, ``values``, ``k_of_n``, ``note`` and ``verdict`` in this setting
        - ``agree``, ``against``, ``open``: how many of the distinct other settings have this verdict, have its
          opposite, or neither (mixed, ``cannot tell``, or another size of the same sign); ``others``: their counts by
          verdict; ``fragile``: a mark if fewer than half of them agree
        - ``flips``: each single choice that turns the verdict to the other side, reproduces what the row does not, or
          leaves no number to judge
        - ``seen``: a mark if the data were known, in words
    """
    names = ("id", "source", "kind", "section", "measure", "paper", "shown_in")
    row = {name: getattr(claim, name) for name in names} | {"claim": claim.text, "short": claim.short or claim.text}
    own = settings.iloc[0]
    row |= {name: own[name] for name in (*_NUMBERS, "note", "verdict")}
    row["setting"] = _setting_name({axis: own[axis] for axis in claim.over})
    judged = settings[~settings["verdict"].isin(["not applicable", "needs weights", "not measured"])]
    others = judged[(judged["same_as"] == "") & (judged.index != own.name)]
    row |= _robustness(own["verdict"], others["verdict"])
    row["flips"] = _flips(claim, own, judged)
    row |= {"seen": SEEN if claim.seen else ""}
    if own["verdict"] == "not applicable":
        row["verdict"] = "cannot tell"
    elif claim.inconsistent:
        sign = f"the sign of the figure is {own['verdict']}" if own["verdict"] in _DECIDED else ""
        row |= {"verdict": "text inconsistent", "fragile": ""}
        row["note"] = "; ".join(filter(None, [claim.inconsistent, sign, own["note"]]))
    return row


_NUMBERS = ("ours", "low", "high", "replicates", "values", "k_of_n", "limit")


def _robustness(own: str, others: pd.Series) -> dict[str, Any]:
    side = _DECIDED.get(own, 0)
    agree = int((others == own).sum())
    against = int((others.map(_DECIDED).fillna(0) == -side).sum()) if side else 0
    counts = others.value_counts()
    verdicts = [verdict for verdict in (*_DECIDED, "mixed", "cannot tell") if verdict in counts]
    text = ", ".join(f"{verdict} in {counts[verdict]}" for verdict in verdicts)
    fragile = "fragile" if side and 2 * agree < len(others) else ""
    open_settings = len(others) - agree - against
    return {"agree": agree, "against": against, "open": open_settings, "others": text, "fragile": fragile}


def _flips(claim: Claim, own: pd.Series, judged: pd.DataFrame) -> str:
    """Name each single choice that turns the verdict to the other side, reproduces the claim, or leaves no number."""
    flips = []
    for _, row in judged.iterrows():
        changed = [axis for axis in claim.over if row[axis] != own[axis]]
        if len(changed) != 1:
            continue
        choice = f"{changed[0].replace('_', ' ')}: {row[changed[0]]}"
        if own["verdict"] in _DECIDED and _DECIDED.get(row["verdict"]) == -_DECIDED[own["verdict"]]:
            flips.append(choice)
        elif row["verdict"] == "reproduced" and own["verdict"] in ("sign only", "mixed", "cannot tell"):
            flips.append(f"{choice} (reproduced there)")
        elif row["replicates"] and np.isnan(row["ours"]):
            flips.append(f"{choice} (no number there)")
    return "; ".join(flips)


def ledger(
    runs: Mapping[str, Sequence[Run]], claims: Sequence[Claim] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge claims.

    Args:
        runs: The runs from which a section's claims are judged, by section: recorded runs first, this run last. Runs
            at the paper's scale supersede others; of two such runs this one supersedes a recorded one.
        claims: The claims; by default all.

    Returns:
        The ledger and its settings. The ledger has a row per claim and run, as :func:`verdict` gives it, with
        ``judged_on``, ``basis`` (one of :data:`~srop.ledger.vocabulary.BASES`) and ``superseded``: whether another row
        of the claim supersedes this one. A recorded run that cannot judge a claim has no row. The settings have a row
        per claim, setting and run, as :func:`judge` gives it.

    Raises:
        ValueError: If a claim's section has no run.
    """
    rows, settings = [], []
    claims = all_claims() if claims is None else claims
    if unknown := {claim.networks.section for claim in claims} - {*runs}:
        raise ValueError(
            f"there are claims about {', '.join(unknown)}, and no run to judge them from; include the experiment's "
            "rules before claims.smk"
        )
    for claim in claims:
        candidates = []
        # This run is the last; at the paper's scale it supersedes recorded runs.
        for run in sorted(reversed(runs[claim.networks.section]), key=lambda run: run.basis != "paper scale"):
            judged = judge(claim, run.tables)
            row = verdict(claim, judged) | {"judged_on": run.title, "basis": _basis(claim, run)}
            if claim.may_differ and row["basis"] in ("reduced", "proxy") and row["replicates"]:
                row |= {"verdict": "cannot tell", "fragile": ""}
                row["note"] = "; ".join(filter(None, [_MAY_DIFFER, row["note"]]))
            candidates.append((row, judged.assign(judged_on=run.title)))
        kept = [candidate for candidate in candidates if candidate[0]["replicates"]] or candidates[-1:]
        for place, (row, judged) in enumerate(kept):
            rows.append(row | {"superseded": place > 0})
            settings.append(judged)
    return pd.DataFrame(rows)[list(COLUMNS)], pd.concat(settings, ignore_index=True)


_MAY_DIFFER = "reduced: may differ from machine to machine"


def _basis(claim: Claim, run: Run) -> str:
    basis = "exact" if claim.exact else "proxy" if claim.kind == "proxy" else run.basis
    if basis not in BASES:
        raise ValueError(f"{run.title}: there is no basis {basis}; give one of {', '.join(BASES)}")
    return basis


def readable(ledger: pd.DataFrame) -> pd.DataFrame:
    """Make the ledger a table to read: all cells are text, and superseded rows are left out."""
    text = ledger[~ledger["superseded"]].astype(object).fillna("").astype(str)
    columns = ["id", "source", "kind", "section", "claim", "measure", "limit", "paper", "verdict", "basis", "values"]
    columns += ["k_of_n", "setting", "others", "fragile", "flips", "seen", "note", "judged_on"]
    return text[columns].rename(columns=lambda column: column.replace("_", " "))
