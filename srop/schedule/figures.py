"""The figure of a schedule: busy cores over time, by rule."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.schedule.tables import machine
from srop.style import COLORS, OTHER

_NAMED = 7
"""How many rules have a color of their own."""


def figure_schedule(schedule: pd.DataFrame, jobs: pd.DataFrame) -> Figure:
    """Draw the busy cores over time, by rule.

    Args:
        schedule: Rows of :func:`srop.schedule.tables.schedule_row` with ``left_out``, the rules that take no time.
        jobs: Rows of :func:`srop.schedule.tables.running` with ``cores``, ``gpus`` and ``left_out``.

    Returns:
        A panel per machine: above with all jobs, below without the rules that are left out. The rules that take the
        most hours have colors of their own.
    """
    hours = (jobs["end"] - jobs["start"]).groupby(jobs["rule"]).sum()
    named = list(hours.nlargest(_NAMED).index)
    colors = {rule: COLORS[place % len(COLORS)] for place, rule in enumerate(named)} | {"others": OTHER}
    whole = list(schedule["left_out"].unique())
    machines = schedule[["cores", "gpus"]].drop_duplicates()
    figure = Figure(figsize=(3.1 * len(machines), 2.6 * len(whole) + 0.8))
    axes = figure.subplots(len(whole), len(machines), squeeze=False)
    for left_out, line in zip(whole, axes, strict=True):
        for (cores, gpus), ax in zip(machines.itertuples(index=False), line, strict=True):
            keys = {"cores": cores, "gpus": gpus, "left_out": left_out}
            machine_jobs = jobs[(jobs[list(keys)] == pd.Series(keys)).all(axis=1)]
            row = schedule[(schedule[list(keys)] == pd.Series(keys)).all(axis=1)].iloc[0]
            rule = machine_jobs["rule"].where(machine_jobs["rule"].isin(named), "others")
            times = np.unique(machine_jobs[["start", "end"]].to_numpy())
            busy = {name: _busy(machine_jobs[rule == name], times) for name in colors}
            ax.stackplot(times, *busy.values(), colors=colors.values(), step="post", linewidth=0)
            ax.set_title(f"{machine(cores, gpus)}: {row['hours']:.0f} hours")
            ax.set(xlabel="hours", ylim=(0, None), xlim=(0, None))
            sns.despine(ax=ax)
        line[0].set_ylabel("busy cores" if not left_out else "busy cores, less the longest")
    handles = [figure.axes[0].fill_between([], [], color=color, label=name) for name, color in colors.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _busy(jobs: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Count the jobs that run from each time to the next."""
    start, end = (jobs[column].to_numpy()[:, None] for column in ("start", "end"))
    return ((start <= times) & (times < end)).sum(axis=0)
