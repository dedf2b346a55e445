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
        together = rest[["jobs", "minutes"]].sum().to_dict()
        main = pd.concat([main, pd.DataFrame([{"rule": f"{len(rest)} others", **together}])], ignore_index=True)
    figure = Figure(figsize=(10, 2.4))
    ax = figure.subplots()
    ends = main["minutes"].cumsum()
    for (_, row), end, color in zip(main.iterrows(), ends, sns.color_palette("tab20", len(main)), strict=True):
        plural = "s" if row["jobs"] != 1 else ""
        label = f"{row['rule']}: {row['minutes']:.1f} min in {row['jobs']:.0f} job{plural}"
        ax.barh(0, row["minutes"], left=end - row["minutes"], color=color, edgecolor="white", label=label)
    ax.set(xlabel="minutes", yticks=[])
    sns.despine(ax=ax, left=True)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="x-small")
    figure.suptitle(f"The {times['jobs'].sum():.0f} jobs one after the other: {ends.iloc[-1]:.1f} minutes")
    return figure
