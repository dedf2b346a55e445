"""The time of a run by rule: table and figure."""

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

_RULES_SHOWN = 11


def run_times(jobs: pd.DataFrame) -> pd.DataFrame:
    """Add up the time of a run's jobs by rule, sorted from the longest.

    Args:
        jobs: What :func:`srop.pipeline.io.read_run_times` gives.

    Returns:
        A row per rule: ``rule``, ``jobs`` and ``minutes``.
    """
    seconds = jobs.groupby("rule")["seconds"]
    times = pd.DataFrame({"jobs": seconds.size(), "minutes": seconds.sum() / 60})
    return times.sort_values("minutes", ascending=False, kind="stable").reset_index()


def figure_runtime(times: pd.DataFrame) -> Figure:
    """Draw the time of a run by rule.

    Args:
        times: What :func:`run_times` gives.

    Returns:
        A stacked bar with a part per rule; the rules that take the least time share a part.
    """
    main, rest = times.iloc[:_RULES_SHOWN], times.iloc[_RULES_SHOWN:]
    if len(rest):
        others = {"rule": f"{len(rest)} others", **rest[["jobs", "minutes"]].sum()}
        main = pd.concat([main, pd.DataFrame([others])], ignore_index=True)
    figure = Figure(figsize=(10, 2.4))
    ax = figure.subplots()
    starts = main["minutes"].cumsum() - main["minutes"]
    for row, start, color in zip(main.itertuples(), starts, sns.color_palette("tab20", len(main)), strict=True):
        label = f"{row.rule}: {row.minutes:.1f} min in {row.jobs:.0f} job{'s' if row.jobs != 1 else ''}"
        ax.barh(0, row.minutes, left=start, color=color, edgecolor="white", label=label)
    ax.set(xlabel="minutes", yticks=[])
    sns.despine(ax=ax, left=True)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="x-small")
    figure.suptitle(f"The {times['jobs'].sum():.0f} jobs one after the other: {times['minutes'].sum():.1f} minutes")
    return figure
