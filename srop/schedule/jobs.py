"""The jobs of a run, from Snakemake's plan and from measured times."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from srop.schedule.simulate import Job

OTHERS = "*"
"""The name of a row in the table of times. It holds for each light rule that has no row of its own."""


def read_job_times(path: str | Path) -> pd.DataFrame:
    """Read the table of times of jobs.

    Args:
        path: A CSV with a row per measured part of a job: ``rule``, or :data:`OTHERS`; ``of``, wildcards such as
            ``arm=p0 seed=1``, or nothing for all jobs of the rule; ``device``; ``part``, the part in words;
            ``seconds``, the measured time; ``times``, the factor by which it is multiplied; ``memory_mb``, the memory
            that the job held; ``on_one_gpu``, how many such jobs shared a GPU, or 0; ``measured``, how it was measured.
    """
    numbers = ["seconds", "times", "memory_mb", "on_one_gpu"]
    return pd.read_csv(path, keep_default_na=False, dtype=dict.fromkeys(numbers, float))


def parts_of(times: pd.DataFrame, rule: str, wildcards: Mapping[str, str], device: str) -> pd.DataFrame:
    """Select the measured parts of a job: of the rows that fit it, those that name most of its wildcards.

    Args:
        times: What :func:`read_job_times` gives.
        rule: The rule of the job.
        wildcards: The wildcards of the job.
        device: ``"cuda"`` if the job may have a GPU, else ``"cpu"``. A rule without rows for a GPU takes those for a
            CPU.

    Raises:
        ValueError: If no row fits.

    Example:
        >>> rows = [["train", "", "cpu", 60], ["train", "w=1", "cpu", 90], ["*", "", "cpu", 5]]
        >>> times = pd.DataFrame(rows, columns=["rule", "of", "device", "seconds"])
        >>> parts_of(times, "train", {"w": "1"}, "cpu")["seconds"].tolist()
        [90]
    """
    known = times[times["rule"] == (rule if rule in set(times["rule"]) else OTHERS)]
    known = known[known["device"] == (device if device in set(known["device"]) else "cpu")]
    have = {f"{key}={value}" for key, value in wildcards.items()}
    known = known[[have.issuperset(words.split()) for words in known["of"]]]
    if known.empty:
        raise ValueError(f"the table of times has no row that fits {rule} {' '.join(sorted(have))}".rstrip())
    counts = known["of"].str.split().str.len()
    return known[counts == counts.max()]


def jobs_of(dot: str, times: pd.DataFrame, device: str, *, heavy: Sequence[str] = ()) -> dict[str, Job]:
    """Build the jobs of a plan, with their times.

    Args:
        dot: As for :func:`read_dag`.
        times: What :func:`read_job_times` gives.
        device: As for :func:`parts_of`.
        heavy: Beginnings of the names of rules that must have rows of their own.

    Returns:
        The jobs, by their numbers in the plan.

    Raises:
        ValueError: If the plan has no job, a job has no known time, or a row names wildcards that no job has.
    """
    rules, needs = read_dag(dot)
    jobs, used = {}, set()
    for name, (rule, wildcards) in rules.items():
        parts = parts_of(times, rule, wildcards, device)
        if rule.startswith(tuple(heavy)) and (parts["rule"] == OTHERS).all():
            raise ValueError(f"the table of times has no row for {rule}; measure a part of the job and add a row")
        used |= set(parts.index)
        share = max((1 / shared for shared in parts["on_one_gpu"] if shared), default=0.0)
        minutes = float((parts["seconds"] * parts["times"]).sum() / 60)
        jobs[name] = Job(rule, minutes, gpu=share, after=needs[name])
    named = times[times["rule"].isin({rule for rule, _ in rules.values()}) & (times["of"] != "")]
    for line in sorted(set(named.index[named["device"] == device]) - used):
        job = f"{named.loc[line, 'rule']} {named.loc[line, 'of']}"
        raise ValueError(f"the table of times has a row for {job}, and the plan no such job")
    return jobs


def read_dag(dot: str) -> tuple[dict[str, tuple[str, dict[str, str]]], dict[str, frozenset[str]]]:
    r"""Read the jobs and their dependencies from the output of ``snakemake --dag``.

    Args:
        dot: The graph in the language of Graphviz.

    Returns:
        Two mappings by job number: to the rule and the wildcards that Snakemake prints (those that no needed job has),
        and to the jobs that it needs.

    Raises:
        ValueError: If the text has no job.

    Example:
        >>> read_dag('digraph {0[label = "all"]; 1[label = "train\\nw: 0.9"]; 1 -> 0}')[0]["1"]
        ('train', {'w': '0.9'})
    """
    rules, needs = {}, {}
    for number, label in re.findall(r'(\d+)\[label = "([^"]*)"', dot):
        rule, *words = label.split("\\n")
        rules[number] = (rule, dict(word.split(": ", 1) for word in words if ": " in word))
        needs[number] = set()
    if not rules:
        raise ValueError("the output of snakemake --dag names no job; give the output of a run that has jobs to do")
    for before, after in re.findall(r"(\d+) -> (\d+)", dot):
        needs[after].add(before)
    return rules, {number: frozenset(jobs) for number, jobs in needs.items()}
