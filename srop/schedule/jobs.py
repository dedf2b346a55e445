"""The jobs of a run, from what Snakemake plans and from times that were measured."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from srop.schedule.simulate import Job

OTHERS = "*"
"""In the table of times: all light rules that it does not name."""

_NUMBERS = ["seconds", "times", "memory_mb", "on_one_gpu"]


def read_job_times(path: str | Path) -> pd.DataFrame:
    """Read the table of times of jobs.

    Args:
        path: A CSV with a row per measured part of a job: ``rule``, or :data:`OTHERS`; ``of``, wildcards such as
            ``arm=p0 seed=1``, or nothing for all jobs of the rule; ``device``; ``part``, in words; the ``seconds`` that
            were measured; ``times``, what they are multiplied with; the ``memory_mb`` that it held; ``on_one_gpu``, how
            many such jobs shared a GPU, 0 for none; ``measured``, how.

    Raises:
        ValueError: If a column is missing, or a cell is no number of 0 or more.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    wanted = ["rule", "of", "device", "part", *_NUMBERS, "measured"]
    if missing := [column for column in wanted if column not in table]:
        raise ValueError(f"{path} has no column {missing[0]}; it has {', '.join(table)}")
    for column in _NUMBERS:
        numbers = pd.to_numeric(table[column], errors="coerce")
        for line in table.index[~(numbers >= 0)]:
            cell = table.loc[line, column]
            raise ValueError(f"{path}, line {line + 2}: {column} is {cell!r}, not a number of 0 or more")
        table[column] = numbers
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


def jobs_of(dot: str, times: pd.DataFrame, device: str, *, heavy: Sequence[str] = ()) -> dict[str, Job]:
    """Put the times beside the jobs of a plan.

    Args:
        dot: As for :func:`read_dag`.
        times: What :func:`read_job_times` gives.
        device: As for :func:`parts_of`.
        heavy: How the names of rules begin that must have rows of their own.

    Returns:
        The jobs, by their numbers.

    Raises:
        ValueError: If there is no job, of one no time is known, or a row names wildcards that no job of its rule has.
    """
    rules, needs = read_dag(dot)
    jobs, used = {}, set()
    for name, (rule, wildcards) in rules.items():
        parts = parts_of(times, rule, wildcards, device)
        if rule.startswith(tuple(heavy)) and (parts["rule"] == OTHERS).all():
            raise ValueError(
                f"no time was measured of {rule}; measure a piece of it, and add a row to the table of times"
            )
        used |= set(parts.index)
        share = max((1 / shared for shared in parts["on_one_gpu"] if shared), default=0.0)
        minutes = float((parts["seconds"] * parts["times"]).sum() / 60)
        jobs[name] = Job(rule, minutes, gpu=share, after=needs[name])
    named = times[times["rule"].isin({rule for rule, _ in rules.values()}) & (times["of"] != "")]
    for line in sorted(set(named.index[named["device"] == device]) - used):
        raise ValueError(f"no job of the plan is {named.loc[line, 'rule']} {named.loc[line, 'of']}")
    return jobs


def read_dag(dot: str) -> tuple[dict[str, tuple[str, dict[str, str]]], dict[str, frozenset[str]]]:
    r"""Read jobs and what they need from what ``snakemake --dag`` prints.

    Args:
        dot: In the language of Graphviz.

    Returns:
        By the number of a job: its rule, and those of its wildcards that no job has which it needs; and these jobs.

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
