"""The tables of a recorded run in the place of measurements."""

from collections.abc import Collection, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from srop.runs.origin import origin_of, other_values


def restored_tables(recorded: Path, values: Mapping[str, Any]) -> set[str]:
    """Name the tables of a recorded run that can stand in the place of a run's own.

    Args:
        recorded: The recorded run.
        values: The values of the call, nested by section.

    Raises:
        ValueError: If there is no such run, it has no ledger of claims, or it was made under other values.

    Example:
        >>> sorted(restored_tables(Path("workflow/recorded/embedded"), {}))[:2]
        ['aliasing', 'amplitudes']
    """
    names = {file.stem for file in (recorded / "tables").glob("*.csv")}
    if "claims" not in names:
        raise ValueError(f"restore=recorded: {recorded} is no recorded run with a ledger of claims")
    if odd := other_values(origin_of(recorded)["values"], values):
        words = "; ".join(f"{key}={own} (here {here})" for key, (own, here) in odd.items())
        raise ValueError(f"restore=recorded: {recorded} was made under other values: {words}")
    return names - {"runtime"}


def restorable(
    rules: Mapping[str, tuple[Sequence[object], Sequence[str]]], *, tables: Collection[str], images: str
) -> tuple[list[str], list[str]]:
    """Divide the rules of a workflow by what recorded tables can stand for.

    Args:
        rules: By name the inputs and outputs of each; an input that is no text is known only when a job is.
        tables: Paths of the tables that are recorded, without their endings.
        images: The beginning of the paths of images, which packages ship.

    Returns:
        The rules whose outputs are recorded tables; and those that need nothing else than such tables and images.

    Example:
        >>> rules = {"measure": (["model"], ["t/a.csv"]), "draw": (["t/a.csv"], ["a.svg"]), "maps": (["model"], ["m"])}
        >>> restorable(rules, tables={"t/a"}, images="images/")
        (['measure'], ['draw'])
    """
    ours = [name for name, (_, outputs) in rules.items() if all(_stem(file) in tables for file in outputs)]
    available = {file for name in ours for file in rules[name][1]}
    drawn: list[str] = []
    while added := [
        name
        for name, (inputs, _) in rules.items()
        if name not in ours and name not in drawn and inputs
        if all(isinstance(file, str) and (file in available or file.startswith(images)) for file in inputs)
    ]:
        drawn += added
        available |= {file for name in added for file in rules[name][1]}
    return ours, drawn


def _stem(file: str) -> str:
    return Path(file).with_suffix("").as_posix()


def restored_record(recorded: Path) -> dict[str, Any]:
    """Say where restored tables come from, in the form of a run's own record.

    Args:
        recorded: The recorded run.

    Returns:
        ``origins`` (``commit``, ``device`` and ``cpu``), ``hardware``, ``python`` and ``versions``.

    Example:
        >>> sorted(restored_record(Path("workflow/recorded/embedded")))
        ['hardware', 'origins', 'python', 'versions']
    """
    record = origin_of(recorded)
    hardware = record["hardware"]
    place = {"device": "cuda" if hardware.get("gpu") else "cpu", "cpu": hardware.get("gpu") or hardware["processor"]}
    origins = [{"commit": commit, **place} for commit in record["commits"]]
    return {"origins": origins, **{key: record[key] for key in ("hardware", "python", "versions")}}


def recorded_text(recorded: Path, name: str) -> str:
    """Read a table of a recorded run as CSV, after a check of its hash.

    Raises:
        FileNotFoundError: If the run has no such table.
        ValueError: If it was changed after it was recorded.
    """
    # It imports the measure, which the workflow does without.
    from srop.ledger.recorded import kept

    return kept(recorded, f"tables/{name}.csv").read_text(encoding="utf-8")


def recorded_table(recorded: Path, name: str) -> pd.DataFrame:
    """Read a table of a recorded run as :func:`recorded_text` does; ids of claims stay text.

    Raises:
        FileNotFoundError: If the run has no such table.
        ValueError: If it was changed after it was recorded.
    """
    return pd.read_csv(StringIO(recorded_text(recorded, name)), dtype={"id": str})
