"""The schedule of a run on machines of any size, from the times of its jobs."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter


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
    after: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Schedule:
    """When each job begins and ends, in minutes, by job."""

    start: dict[str, float]
    end: dict[str, float]

    @property
    def makespan(self) -> float:
        """Minutes from the first start to the last end."""
        return max(self.end.values(), default=0.0)


def critical_path(jobs: Mapping[str, Job]) -> tuple[float, list[str]]:
    r"""Find the longest chain of jobs in which each needs the one before; no machine ends sooner.

    .. math:: T_j = t_j + \max_{i \in \mathrm{after}(j)} T_i

    Args:
        jobs: By name.

    Returns:
        The minutes of the chain, and its jobs in their order.

    Raises:
        ValueError: If a job needs one that does not exist, or jobs need each other in a circle.

    Example:
        >>> critical_path({"a": Job("train", 3), "b": Job("train", 2), "c": Job("table", 1, after=frozenset("ab"))})
        (4.0, ['a', 'c'])
    """
    total: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for name in _sorted(jobs):
        before[name] = max(sorted(jobs[name].after), key=total.get, default=None)
        total[name] = jobs[name].minutes + (total[before[name]] if before[name] else 0.0)
    path = [max(total, key=total.get)] if total else []
    while path and before[path[-1]]:
        path.append(before[path[-1]])
    return float(max(total.values(), default=0.0)), path[::-1]


def simulate(jobs: Mapping[str, Job], *, cores: int, gpus: int = 0) -> Schedule:
    """Simulate a run in which each free core takes the ready job with the longest chain of jobs after it.

    Args:
        jobs: By name.
        cores: How many cores there are; each job takes one.
        gpus: How many GPUs there are. Several jobs may share one GPU; no job holds shares of two.

    Returns:
        The schedule.

    Raises:
        ValueError: As for :func:`critical_path`, or if cores or GPUs are not enough for a job.

    Example:
        >>> simulate({"a": Job("train", 3), "b": Job("train", 2), "c": Job("train", 2)}, cores=2).makespan
        4.0
    """
    if cores < 1:
        raise ValueError(f"cores={cores}: give at least 1")
    if needy := [name for name, job in jobs.items() if job.gpu > (1.0 if gpus else 0.0)]:
        raise ValueError(f"gpus={gpus}: job {needy[0]} needs {jobs[needy[0]].gpu:g} of one GPU")
    follows = {name: 0.0 for name in jobs}
    order = _sorted(jobs)
    for name in reversed(order):
        follows[name] += jobs[name].minutes
        for before in jobs[name].after:
            follows[before] = max(follows[before], follows[name])
    waiting = {name: set(job.after) for name, job in jobs.items()}
    followers = {name: [other for other, job in jobs.items() if name in job.after] for name in jobs}
    ready = [(-follows[name], name) for name in order if not waiting[name]]
    heapq.heapify(ready)
    running: list[tuple[float, str, int]] = []
    idle, free = cores, [1.0] * gpus
    schedule = Schedule({}, {})
    now = 0.0
    while ready or running:
        postponed = []
        while ready and idle:
            priority, name = heapq.heappop(ready)
            job = jobs[name]
            place = next((index for index, left in enumerate(free) if left >= job.gpu - 1e-9), -1) if job.gpu else -1
            if job.gpu and place < 0:
                postponed.append((priority, name))
                continue
            idle -= 1
            if place >= 0:
                free[place] -= job.gpu
            schedule.start[name], schedule.end[name] = now, now + job.minutes
            heapq.heappush(running, (now + job.minutes, name, place))
        for entry in postponed:
            heapq.heappush(ready, entry)
        now = running[0][0]
        # All jobs that end now end before any other begins.
        while running and running[0][0] <= now:
            _, ended, place = heapq.heappop(running)
            idle += 1
            if place >= 0:
                free[place] += jobs[ended].gpu
            for name in followers[ended]:
                waiting[name].remove(ended)
                if not waiting[name]:
                    heapq.heappush(ready, (-follows[name], name))
    return schedule


def limited_by(jobs: Mapping[str, Job], *, cores: int, gpus: int = 0) -> dict[str, float]:
    """Give lower bounds on a run's minutes, one for each thing that may limit it.

    Returns:
        ``"critical path"``, as :func:`critical_path` gives it; ``"cores"``, the minutes of all jobs, divided by the
        cores; ``"GPUs"``, the GPU minutes of all jobs, divided by the GPUs, if there are any. The largest bound limits
        the run.

    Example:
        >>> limited_by({"a": Job("train", 3), "b": Job("train", 2)}, cores=2)
        {'critical path': 3.0, 'cores': 2.5}
    """
    limits = {"critical path": critical_path(jobs)[0], "cores": sum(job.minutes for job in jobs.values()) / cores}
    if gpus:
        limits["GPUs"] = sum(job.minutes * job.gpu for job in jobs.values()) / gpus
    return limits


def _sorted(jobs: Mapping[str, Job]) -> list[str]:
    """Sort the jobs so that each follows the jobs that it needs."""
    if unknown := sorted({need for job in jobs.values() for need in job.after} - set(jobs)):
        raise ValueError(f"a job needs {unknown[0]}, which is not among the jobs")
    try:
        return list(TopologicalSorter({name: sorted(job.after) for name, job in jobs.items()}).static_order())
    except CycleError as error:
        raise ValueError(f"jobs need each other in a circle: {', '.join(error.args[1])}") from None
