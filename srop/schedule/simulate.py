"""How long a run takes on machines of any size, from the times of its jobs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import pandas as pd

RULES_SHOWN = 12
"""How many rules have a row of their own in the table of core-hours."""


@dataclass(frozen=True)
class Job:
    """A job, which takes one core and perhaps a share of a GPU.

    Attributes:
        rule: The rule of the job.
        minutes: How long the job takes.
        gpu: The share of a GPU that the job holds, 0 to 1.
        after: The jobs that must end before this job begins.
    """

    rule: str
    minutes: float
    gpu: float = 0.0
    after: frozenset[str] = frozenset()


def minutes_left(jobs: Mapping[str, Job]) -> dict[str, float]:
    r"""Give for each job the minutes of the longest chain of jobs that begins with it, each needing the one before.

    .. math:: T_j = t_j + \max_{i \,:\, j \in \mathrm{after}(i)} T_i

    Example:
        >>> minutes_left({"a": Job("train", 3), "b": Job("train", 2), "c": Job("table", 1, after=frozenset("ab"))})
        {'c': 1.0, 'b': 3.0, 'a': 4.0}
    """
    follows, left = dict.fromkeys(jobs, 0.0), {}
    for name in reversed([*TopologicalSorter({name: sorted(job.after) for name, job in jobs.items()}).static_order()]):
        left[name] = jobs[name].minutes + follows[name]
        follows |= {need: max(follows[need], left[name]) for need in jobs[name].after}
    return left


def critical_path(jobs: Mapping[str, Job]) -> list[str]:
    """Find the longest chain of jobs; no machine ends sooner.

    Example:
        >>> critical_path({"a": Job("train", 3), "b": Job("train", 2), "c": Job("table", 1, after=frozenset("ab"))})
        ['a', 'c']
    """
    left = minutes_left(jobs)
    path, following = [], [*jobs]
    while following:
        path.append(max(following, key=left.get))
        following = [name for name, job in jobs.items() if path[-1] in job.after]
    return path


def simulate(jobs: Mapping[str, Job], *, cores: int, gpus: int = 0) -> dict[str, tuple[float, float]]:
    """Simulate a run in which each free core takes the ready job with the longest chain of jobs after it.

    Args:
        jobs: By name.
        cores: How many cores there are; each job takes one.
        gpus: How many GPUs there are, of which jobs hold shares.

    Returns:
        The minutes at which each job begins and ends.

    Example:
        >>> simulate({"a": Job("train", 3), "b": Job("train", 2), "c": Job("train", 2)}, cores=2)
        {'a': (0.0, 3.0), 'b': (0.0, 2.0), 'c': (2.0, 4.0)}
    """
    left = minutes_left(jobs)
    waiting = sorted(jobs, key=lambda name: (-left[name], name))
    running, done = set(), set()
    times, now = {}, 0.0
    while waiting or running:
        for name in [name for name in waiting if jobs[name].after <= done]:
            share = sum(jobs[other].gpu for other in running) + jobs[name].gpu
            if len(running) < cores and share <= gpus + 1e-9:
                waiting.remove(name)
                running.add(name)
                times[name] = now, now + jobs[name].minutes
        # All jobs that end now end before any other begins.
        now = min(times[name][1] for name in running)
        done |= {name for name in running if times[name][1] <= now}
        running -= done
    return times


def without(jobs: Mapping[str, Job], rules: Collection[str]) -> dict[str, Job]:
    """Set the time and the GPU share of some rules' jobs to 0."""
    return {name: replace(job, minutes=0.0, gpu=0.0) if job.rule in rules else job for name, job in jobs.items()}


def schedule_row(jobs: Mapping[str, Job], *, cores: int, gpus: int) -> dict[str, object]:
    """Give how long a run takes on a machine, and what limits it.

    Returns:
        ``machine``, in words; ``hours``, by :func:`simulate`; two bounds that no schedule beats, in hours:
        ``critical_path``, and ``by_cores``, the hours of all jobs divided by the cores; ``limit``, the name of the
        larger one; and ``path``, the rules of the critical path in their order.
    """
    path = critical_path(jobs)
    longest = sum(jobs[name].minutes for name in path) / 60
    by_cores = sum(job.minutes for job in jobs.values()) / 60 / cores
    return {
        "machine": f"{cores} cores" + (f", {gpus} GPU{'s' if gpus > 1 else ''}" if gpus else ""),
        "hours": max(end for _, end in simulate(jobs, cores=cores, gpus=gpus).values()) / 60,
        "critical_path": longest,
        "by_cores": by_cores,
        "limit": "critical path" if longest >= by_cores else "cores",
        "path": ", ".join(jobs[name].rule for name in path),
    }


def by_rule(jobs: Mapping[str, Job]) -> pd.DataFrame:
    """Add up the time of jobs by rule, sorted from the most.

    Returns:
        ``rule``; ``jobs``, how many; ``core_hours``, their sum; and ``longest``, the hours of the longest job. All
        rules after the first :data:`RULES_SHOWN` share a row.
    """
    table = pd.DataFrame([(job.rule, job.minutes / 60) for job in jobs.values()], columns=["rule", "hours"])
    sums = table.groupby("rule")["hours"].agg(jobs="size", core_hours="sum", longest="max")
    sums = sums.sort_values("core_hours", ascending=False, kind="stable").reset_index()
    sums.loc[RULES_SHOWN:, "rule"] = f"{len(sums) - RULES_SHOWN} others"
    groups = sums.groupby("rule", sort=False)
    return groups.agg({"jobs": "sum", "core_hours": "sum", "longest": "max"}).reset_index()
