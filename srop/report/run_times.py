"""Where the time of a run went."""

import pandas as pd


def run_times(jobs: pd.DataFrame) -> pd.DataFrame:
    """Add up the time of a run's jobs by rule, the longest first.

    Args:
        jobs: What :func:`srop.pipeline.io.read_run_times` gives.

    Returns:
        A row per rule: ``rule``, ``jobs`` and ``minutes``.
    """
    seconds = jobs.groupby("rule")["seconds"]
    times = pd.DataFrame({"jobs": seconds.size(), "minutes": seconds.sum() / 60})
    return times.sort_values("minutes", ascending=False, kind="stable").reset_index()
