"""The jobs that made a run's results, as Snakemake recorded them."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """A job that ran.

    Attributes:
        rule: The name of its rule.
        place: What tells it from other jobs of the rule: its log, or its first output where it has no log.
        command: The line that the shell ran; empty where Snakemake ran none.
        inputs: The files that it read, as paths from the folder in which snakemake ran.
        outputs: The files that it wrote and that are still there.
        began: When it began, in seconds since 1970.
        ended: When it had written the last of its outputs.
    """

    rule: str
    place: str
    command: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    began: float
    ended: float

    def without(self, files: Collection[str]) -> "Job":
        """Give the job without some of its outputs."""
        return replace(self, outputs=tuple(output for output in self.outputs if output not in files))


def recorded_jobs(records: Path, results: Path) -> list[Job]:
    """List the jobs that made the files of a run.

    Args:
        records: Snakemake's folder ``.snakemake/metadata``.
        results: The folder of the run's results, as a path from the folder in which snakemake ran.

    Returns:
        The jobs in the order in which they began. Files of which Snakemake has no record belong to none of them.

    Example:
        >>> import tempfile
        >>> recorded_jobs(Path(tempfile.mkdtemp()), Path("results/embedded"))
        []
    """
    jobs: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    for output, record in _records(records):
        if Path(output).is_relative_to(results) and Path(output).is_file() and not record.get("incomplete"):
            place = (record.get("log") or [output])[0]
            jobs.setdefault((record.get("rule") or "", place), []).append((output, record))
    described = (_job(rule, place, sorted(files, key=lambda file: file[0])) for (rule, place), files in jobs.items())
    return sorted(described, key=lambda job: (job.began, job.place))


def _job(rule: str, place: str, files: list[tuple[str, dict[str, Any]]]) -> Job:
    records = [record for _, record in files]
    return Job(
        rule,
        place,
        records[0].get("shellcmd") or "",
        tuple(records[0].get("input") or ()),
        tuple(output for output, _ in files),
        min(record["starttime"] for record in records),
        max(record["endtime"] for record in records),
    )


def _records(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the record of each file; its name is the file's path in Base64, a long one cut into folders."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            name = "".join(part.removeprefix("@") for part in file.relative_to(folder).parts)
            try:
                yield urlsafe_b64decode(name).decode(), json.loads(file.read_text(encoding="utf-8"))
            except ValueError:  # another file, or a record that was cut
                continue
