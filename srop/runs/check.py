"""Whether a run gives the verdicts of the recorded one: passed, failed, or not checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srop.ledger.recorded import kept
from srop.runs.origin import flattened, origin_of, other_values
from srop.runs.verdicts import ledger_of, verdicts_of_both

EXIT = {"passed": 0, "failed": 1, "not checked": 2}
"""The exit status of the script for each outcome; snakemake makes 1 of both 1 and 2."""


@dataclass(frozen=True)
class Outcome:
    """What a check has found.

    Attributes:
        word: ``passed``, ``failed`` or ``not checked``.
        why: A sentence.
        verdicts: A line for each verdict that differs.
    """

    word: str
    why: str
    verdicts: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The lines to print; the last one begins with the word."""
        return [*self.verdicts, f"{self.word}: {self.why}"]


def check_run(
    run: Path,
    recorded: Path,
    values: Mapping[str, Any],
    *,
    changed: Sequence[str] = (),
    marked: frozenset[str] | None = None,
) -> Outcome:
    """Compare the verdicts of a run with those of the recorded run of the same preset.

    A recorded verdict counts unless its claim is marked as one that may differ from machine to machine. Both runs must
    have the values of the preset, and every verdict that counts must be judged in both by the same rule.

    Args:
        run: A folder of results.
        recorded: The recorded run.
        values: The values of the call, nested by section.
        changed: Overrides by which they are not the preset's.
        marked: As in :func:`~srop.runs.verdicts.verdicts_of_both`.

    Returns:
        ``failed`` if a verdict differs; ``not checked`` if none differs and one of them could not be compared;
        ``passed`` otherwise.
    """
    if not (recorded / "origin.json").is_file():
        return Outcome("not checked", f"there is no recorded run {recorded}")
    if changed:
        return Outcome("not checked", f"{' '.join(changed)}: these are not the values of the recorded run")
    try:
        kept(recorded, "tables/claims.csv")
        first, second = ledger_of(run), ledger_of(recorded)
        record, recorded_values = origin_of(run), origin_of(recorded)["values"]
    except (FileNotFoundError, ValueError) as error:
        return Outcome("not checked", f"{error}")
    if "values" not in record:
        return Outcome("not checked", f"{run} holds no provenance.json; run the pipeline to its end first")
    own_sections = {section: values[section] for section in values if section in record["values"]}
    if missing := sorted({*flattened(own_sections)} - {*flattened(record["values"])}):
        return Outcome("not checked", f"{run} was made without the keys {', '.join(missing)}; run the pipeline again")
    if odd := _odd(record["values"], values, run) or _odd(recorded_values, values, recorded):
        return Outcome("not checked", odd)
    table = verdicts_of_both(first, second, marked=marked)
    further = table.loc[table["second"] == "", "id"]
    table = table[table["survives"] & (table["second"] != "")]
    compared = table[table["same_rule"]]
    moved = compared[compared["moved"]]
    lines = tuple(
        f"{row.id} ({row.basis}): {row.first}, recorded {row.second}: {row.claim}" for row in moved.itertuples()
    )
    if lines:
        return Outcome("failed", f"{len(moved)} of {len(compared)} verdicts differ from those of {recorded}", lines)
    if len(compared) < len(table) or table.empty:
        odd = ", ".join(table.loc[~table["same_rule"], "id"].astype(str)) or "all"
        why = f"{len(compared)} verdicts are the same, and these recorded ones have none by the same rule here: {odd}"
        return Outcome("not checked", why)
    more = f"; not recorded: {', '.join(further)}" if len(further) else ""
    return Outcome("passed", f"{len(compared)} of {len(compared)} verdicts are those of {recorded}{more}")


def _odd(values: Mapping[str, Any], preset: Mapping[str, Any], run: Path) -> str:
    """List the values of a run that differ from the call's."""
    odd = [f"{key}={own} (here {here})" for key, (own, here) in other_values(values, preset).items()]
    odd += [f"{key} (no key here)" for key in sorted({*flattened(values)} - {*flattened(preset)})]
    return f"{run} has other values: {'; '.join(odd)}" if odd else ""
