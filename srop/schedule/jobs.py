"""The jobs of a run, from what Snakemake plans and from times that were measured."""

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from srop.schedule.simulate import Job

OTHERS = "*"
"""In the table of times: all rules that it does not name."""


def read_job_times(path: str | Path) -> pd.DataFrame:
    """Read the table of times of jobs.

    Args:
        path: A CSV with a row per measured part of a job: ``rule``, or :data:`OTHERS`; ``of``, wildcards such as
            ``arm=p0 seed=1``, or nothing for all jobs of the rule; ``device``; ``part``, in words; the ``seconds`` that
            were measured; ``times``, what they are multiplied with; the ``memory_mb`` that it held; ``gpu``, its share
            of a GPU; ``measured``, how.

    Raises:
        ValueError: If a column is missing, or a number is below 0.
    """
    table = pd.read_csv(path, keep_default_na=False)
    wanted = ["rule", "of", "device", "part", "seconds", "times", "memory_mb", "gpu", "measured"]
    if missing := [column for column in wanted if column not in table]:
        raise ValueError(f"{path} has no column {missing[0]}; it has {', '.join(table)}")
    numbers = table[["seconds", "times", "memory_mb", "gpu"]].apply(pd.to_numeric)
    if (numbers < 0).any(axis=None):
        raise ValueError(f"{path}: a number is below 0")
    return table


def parts_of(times: pd.DataFrame, rule: str, wildcards: Mapping[str, str], device: str) -> pd.DataFrame:
    """Choose what was measured of a job: of the rows that fit, those that name most of its wildcards.

    Args:
        times: What :func:`read_job_times` gives.
        rule: Of the job.
        wildcards: Likewise.
        device: ``"cuda"`` where it may have a GPU; what was measured on none counts for both.

    Raises:
        ValueError: If nothing fits.

    Example:
        >>> rows = [["train", "", "cpu", 60], ["train", "w=1", "cpu", 90], ["*", "", "cpu", 5]]
        >>> times = pd.DataFrame(rows, columns=["rule", "of", "device", "seconds"])
        >>> parts_of(times, "train", {"w": "1"}, "cpu")["seconds"].tolist()
        [90]
    """
    known = times[times["rule"] == rule]
    known = times[times["rule"] == OTHERS] if known.empty else known
    if device == "cuda" and (known["device"] == "cuda").any():
        known = known[known["device"] == "cuda"]
    else:
        known = known[known["device"] == "cpu"]
    have = {f"{key}={value}" for key, value in wildcards.items()}
    known = known[[have.issuperset(of.split()) for of in known["of"]]]
    if known.empty:
        raise ValueError(f"no time was measured that fits {rule} {' '.join(sorted(have))}".rstrip())
    words = known["of"].str.split().str.len()
    return known[words == words.max()]


def jobs_of(dot: str, times: pd.DataFrame, device: str) -> dict[str, Job]:
    """Put the times beside the jobs of a plan.

    Args:
        dot: As for :func:`read_dag`.
        times: What :func:`read_job_times` gives.
        device: As for :func:`parts_of`.

    Returns:
        The jobs, by their numbers.

    Raises:
        ValueError: If there is no job, or of one no time is known.
    """
    rules, needs = read_dag(dot)
    jobs = {}
    for name, (rule, wildcards) in rules.items():
        parts = parts_of(times, rule, wildcards, device)
        minutes = float((parts["seconds"] * parts["times"]).sum() / 60)
        jobs[name] = Job(rule, minutes, gpu=float(parts["gpu"].max()), after=needs[name])
    return jobs


def read_dag(dot: str) -> tuple[dict[str, tuple[str, dict[str, str]]], dict[str, frozenset[str]]]:
    r"""Read jobs and what they need from what ``snakemake --dag`` prints.

    Args:
        dot: In the language of Graphviz.

    Returns:
        By the number of a job: its rule and wildcards; and the jobs that it needs.

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
        raise ValueError("there is no job in what snakemake --dag printed")
    for before, after in re.findall(r"(\d+) -> (\d+)", dot):
        needs[after].add(before)
    return rules, {number: frozenset(of) for number, of in needs.items()}
