"""Tables of one run's schedules on several machines."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from srop.schedule.simulate import Job, critical_path, limited_by, simulate


def machine(cores: int, gpus: int) -> str:
    """Name a machine.

    Example:
        >>> machine(16, 1)
        '16 cores, 1 GPU'
    """
    return f"{cores} cores" + (f", {gpus} GPU{'s' if gpus > 1 else ''}" if gpus else "")


def without(jobs: Mapping[str, Job], rules: Collection[str]) -> dict[str, Job]:
    """Set the time and the GPU share of some rules' jobs to 0."""
    none = {"minutes": 0.0, "gpu": 0.0}
    return {name: replace(job, **none) if job.rule in rules else job for name, job in jobs.items()}


def schedule_row(jobs: Mapping[str, Job], *, cores: int, gpus: int) -> dict[str, object]:
    """Give how long a run takes on a machine, and what limits it.

    Returns:
        ``cores``, ``gpus``; ``hours``, from :func:`srop.schedule.simulate.simulate`; the bounds of
        :func:`srop.schedule.simulate.limited_by` in hours, ``critical_path``, ``by_cores`` and ``by_gpus`` (NaN without
        a GPU); ``limit``, the name of the largest; and ``path``, the rules of the critical path in their order.
    """
    bounds = limited_by(jobs, cores=cores, gpus=gpus)
    return {
        "cores": cores,
        "gpus": gpus,
        "hours": simulate(jobs, cores=cores, gpus=gpus).makespan / 60,
        "critical_path": bounds["critical path"] / 60,
        "by_cores": bounds["cores"] / 60,
        "by_gpus": bounds.get("GPUs", float("nan")) / 60,
        "limit": max(bounds, key=bounds.get),
        "path": " ".join(jobs[name].rule for name in critical_path(jobs)[1]),
    }


def running(jobs: Mapping[str, Job], *, cores: int, gpus: int) -> pd.DataFrame:
    """List when each job of a run begins and ends.

    Returns:
        A row per job that takes time: ``rule``, ``start`` and ``end`` in hours.
    """
    schedule = simulate(jobs, cores=cores, gpus=gpus)
    rows = [(job.rule, schedule.start[name] / 60, schedule.end[name] / 60) for name, job in jobs.items() if job.minutes]
    return pd.DataFrame(rows, columns=["rule", "start", "end"])


def by_rule(jobs: Mapping[str, Job]) -> pd.DataFrame:
    """Add up the time of jobs by rule, sorted from the most.

    Returns:
        ``rule``; ``jobs``, how many; ``core_hours``, their sum; and ``longest``, the hours of the longest job.
    """
    table = pd.DataFrame([(job.rule, job.minutes / 60) for job in jobs.values()], columns=["rule", "hours"])
    sums = table.groupby("rule")["hours"].agg(jobs="size", core_hours="sum", longest="max")
    return sums.sort_values("core_hours", ascending=False, kind="stable").reset_index()
