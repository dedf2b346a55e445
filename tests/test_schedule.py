"""The schedule of a run on machines of any size, from times of its jobs."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from runs import copy_project, snakemake

from srop.pipeline.io import read_table
from srop.schedule.jobs import OTHERS, jobs_of, parts_of, read_dag, read_job_times
from srop.schedule.simulate import (
    RULES_SHOWN,
    Job,
    by_rule,
    critical_path,
    minutes_left,
    schedule_row,
    simulate,
    without,
)

PROJECT = Path(__file__).parents[1]
JOB_TIMES = PROJECT / "workflow" / "schedule" / "job_times"


def fork() -> dict[str, Job]:
    """Two trainings, each with a measurement, and one table."""
    return {
        "a": Job("train", 3),
        "b": Job("train", 2),
        "c": Job("measure", 1, after=frozenset("a")),
        "d": Job("measure", 4, after=frozenset("b")),
        "e": Job("table", 1, after=frozenset("cd")),
    }


@st.composite
def plans(draw, shares=(0.0, 0.25, 0.5, 1.0)) -> dict[str, Job]:
    """Jobs that need some of those before them; a few need a part of a GPU."""
    jobs = {}
    for number in range(draw(st.integers(1, 12))):
        needs = draw(st.sets(st.sampled_from(sorted(jobs)), max_size=3)) if jobs else set()
        minutes, share = draw(st.integers(0, 9)), draw(st.sampled_from(shares))
        jobs[f"job{number:02}"] = Job("any", float(minutes), gpu=share, after=frozenset(needs))
    return jobs


def makespan(jobs: dict[str, Job], cores: int, gpus: int = 0) -> float:
    return max(end for _, end in simulate(jobs, cores=cores, gpus=gpus).values())


def work(jobs: dict[str, Job]) -> float:
    return sum(job.minutes for job in jobs.values())


@pytest.mark.parametrize(("cores", "minutes"), [(1, 11), (2, 7), (3, 7)])
def test_a_fork_takes_what_a_hand_finds(cores, minutes):
    assert makespan(fork(), cores) == minutes
    assert critical_path(fork()) == ["b", "d", "e"]
    assert minutes_left(fork()) == {"a": 5, "b": 7, "c": 2, "d": 5, "e": 1}


@given(jobs=plans(), cores=st.integers(1, 5), gpus=st.integers(1, 3))
def test_every_schedule_could_be_run(jobs, cores, gpus):
    times = simulate(jobs, cores=cores, gpus=gpus)
    assert set(times) == set(jobs)
    for name, job in jobs.items():
        start, end = times[name]
        assert end == start + job.minutes
        assert all(times[need][1] <= start for need in job.after)
    for now, _ in times.values():
        at_once = [jobs[name] for name, (start, end) in times.items() if start <= now < end]
        assert len(at_once) <= cores
        assert sum(job.gpu for job in at_once) <= gpus + 1e-9
    on_gpus = sum(job.minutes * job.gpu for job in jobs.values()) / gpus
    bounds = [max(minutes_left(jobs).values()), work(jobs) / cores, on_gpus]
    assert max(end for _, end in times.values()) >= max(bounds) - 1e-9


def test_jobs_that_end_together_let_the_longest_chain_begin():
    """Three of five minutes are ready once both first ones have ended, before the short one begins."""
    jobs = {"a": Job("train", 1), "b": Job("train", 1), "short": Job("measure", 1, after=frozenset("a"))}
    jobs |= {name: Job("measure", 5, after=frozenset("b")) for name in ("h0", "h1")}
    times = simulate(jobs, cores=2)
    assert [times[name][0] for name in ("h0", "h1", "short")] == [1, 1, 6]


@given(jobs=plans(shares=(0.0,)), cores=st.integers(1, 5))
def test_no_list_of_jobs_does_worse(jobs, cores):
    """Graham 1969."""
    longest = max(minutes_left(jobs).values())
    assert makespan(jobs, cores) <= work(jobs) / cores + (1 - 1 / cores) * longest + 1e-9


def test_jobs_share_gpus():
    jobs = {name: Job("train", 10, gpu=0.6) for name in "ab"} | {"c": Job("train", 10, gpu=0.4)}
    assert makespan(jobs, 3, gpus=1) == 20
    assert makespan(jobs, 3, gpus=2) == 10
    fifteen = {str(number): Job("train", 10, gpu=1 / 15) for number in range(15)}
    assert makespan(fifteen, 15, gpus=1) == 10


DAG = r"""digraph snakemake_dag {
    graph[bgcolor=white, margin=0];
    0[label = "all", color = "0.1 0.6 0.85", style="rounded"];
    1[label = "train\nseed: 0\nw: 0.9", color = "0.2 0.6 0.85", style="rounded"];
    2[label = "draw", color = "0.3 0.6 0.85", style="rounded,dashed"];
    2 -> 0
    1 -> 2
}"""


def times(*rows: list) -> pd.DataFrame:
    columns = ["rule", "of", "device", "part", "seconds", "times", "memory_mb", "on_one_gpu", "measured"]
    return pd.DataFrame([[*row, ""] for row in rows], columns=columns)


KNOWN = times(
    ["train", "", "cpu", "epochs", 60.0, 2, 100, 0],
    ["train", "", "cpu", "tests", 30.0, 1, 100, 0],
    ["train", "", "cuda", "all", 6.0, 1, 100, 15],
    [OTHERS, "", "cpu", "all", 12.0, 1, 100, 0],
)


def test_jobs_are_read_from_what_snakemake_prints():
    rules, needs = read_dag(DAG)
    assert rules["1"] == ("train", {"seed": "0", "w": "0.9"})
    assert needs == {"0": {"2"}, "1": set(), "2": {"1"}}
    jobs = jobs_of(DAG, KNOWN, "cpu")
    assert [jobs[name].minutes for name in "012"] == [0.2, 2.5, 0.2]
    # What was measured on no GPU counts for both.
    jobs = jobs_of(DAG, KNOWN, "cuda")
    assert (jobs["1"].minutes, jobs["1"].gpu, jobs["2"].minutes) == (0.1, 1 / 15, 0.2)
    with pytest.raises(ValueError, match="snakemake --dag names no job"):
        read_dag("Building DAG of jobs...")


def test_a_table_that_does_not_fit_the_plan_is_named():
    with pytest.raises(ValueError, match="has a row for train w=1, and the plan no such job"):
        jobs_of(DAG, pd.concat([KNOWN, times(["train", "w=1", "cpu", "all", 1.0, 1, 1, 0])], ignore_index=True), "cpu")
    light = KNOWN[KNOWN["rule"] == OTHERS]
    assert jobs_of(DAG, light, "cpu", heavy=["measure_"])["1"].minutes == 0.2
    with pytest.raises(ValueError, match="no row for train; measure a part"):
        jobs_of(DAG, light, "cpu", heavy=["train"])


def test_the_row_that_names_most_wildcards_counts():
    more = pd.concat([KNOWN, times(["train", "seed=1", "cpu", "all", 6.0, 1, 100, 0])], ignore_index=True)
    assert parts_of(more, "train", {"seed": "1"}, "cpu")["part"].tolist() == ["all"]
    assert parts_of(more, "train", {"seed": "2"}, "cpu")["part"].tolist() == ["epochs", "tests"]
    with pytest.raises(ValueError, match="no row that fits train seed=2"):
        parts_of(more[more["of"] == "seed=1"], "train", {"seed": "2"}, "cpu")


@pytest.mark.parametrize("cell", ["", "soon"])
def test_a_cell_that_is_no_number_is_named(tmp_path, cell):
    wrong = KNOWN.astype({"seconds": object})
    wrong.loc[2, "seconds"] = cell
    wrong.to_csv(tmp_path / "times.csv", index=False)
    with pytest.raises(ValueError, match=f"could not convert string to float: '{cell}'"):
        read_job_times(tmp_path / "times.csv")


def test_a_row_says_what_limits_a_run():
    row = schedule_row(fork(), cores=1, gpus=0)
    assert (row["hours"], row["limit"], row["path"]) == (11 / 60, "cores", "train, measure, table")
    assert (row["critical_path"], row["by_cores"]) == (7 / 60, 11 / 60)
    assert schedule_row(fork(), cores=2, gpus=0)["limit"] == "critical path"
    assert [schedule_row(fork(), cores=8, gpus=gpus)["machine"] for gpus in (0, 1, 2)] == [
        "8 cores",
        "8 cores, 1 GPU",
        "8 cores, 2 GPUs",
    ]
    assert schedule_row(without(fork(), ["measure"]), cores=2, gpus=0)["hours"] == 4 / 60


def test_rules_that_take_the_least_share_a_row():
    spent = by_rule(fork()).set_index("rule")
    assert spent.index[-1] == "table"
    assert spent.loc["measure"].to_list() == pytest.approx([2, 5 / 60, 4 / 60])
    many = by_rule({f"rule{number:02}": Job(f"rule{number:02}", 60 * number) for number in range(RULES_SHOWN + 3)})
    assert len(many) == RULES_SHOWN + 1
    assert many.iloc[-1].to_list() == ["3 others", 3, 3, 2]


# The preset paper.


@pytest.mark.slow
def test_the_documented_schedule_is_that_of_this_workflow(tmp_path):
    project = copy_project(tmp_path / "project")
    done = snakemake(project, "schedule", config=("preset=paper", "device=cpu"))
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("machines.csv", "rules.csv"):
        table = project / "results" / "paper" / "schedule" / name
        assert table.read_text() == (JOB_TIMES / name).read_text(), (
            f"copy {name} of results/paper/schedule to {JOB_TIMES}"
        )
    machines, rules = (read_table(table.with_name(name)) for name in ("machines.parquet", "rules.parquet"))
    assert len(machines) == 10
    assert rules["core_hours"].sum() == pytest.approx(16 * machines["by_cores"][0], rel=1e-5)


def test_the_profile_for_clusters_has_room_for_what_was_measured():
    profile = yaml.safe_load((PROJECT / "profiles" / "slurm" / "config.yaml").read_text())
    default = dict(word.split("=") for word in profile["default-resources"])
    measured = read_job_times(JOB_TIMES / "measured.csv")
    heavy = measured[(measured["rule"] != OTHERS) & (measured["device"] == "cpu")]
    minutes = (heavy["seconds"] * heavy["times"] / 60).groupby([heavy["rule"], heavy["of"]]).sum()
    memory = heavy.groupby("rule")["memory_mb"].max()
    rules = {rule: default | resources for rule, resources in profile["set-resources"].items()}
    assert set(rules) <= set(heavy["rule"])
    for rule, most in minutes.groupby("rule").max().items():
        given = rules.get(rule, default)
        assert int(given["runtime"]) >= most, rule
        assert int(re.fullmatch(r"(\d+) \* attempt", given["mem_mb"])[1]) >= memory[rule], rule
