"""The figures in which two runs differ."""

from base64 import b64encode
from pathlib import Path

import pandas as pd

_MEASURED_TIMES = {"runtime"}


def moved_figures(one: Path, other: Path) -> pd.DataFrame:
    """List the figures that differ between two runs.

    Args:
        one: A folder of results.
        other: Another folder of results; a recorded run holds no figures.

    Returns:
        A row per figure that differs: ``figure`` and ``how``, which is ``values``, ``picture alone`` (the same values,
        drawn otherwise) or the folder that alone has it. It has no rows where one of the runs holds no figures.
    """
    names = [{file.stem for file in (run / "figures").glob("*.svg")} - _MEASURED_TIMES for run in (one, other)]
    rows = []
    for name in sorted(names[0] | names[1]) if all(names) else ():
        if name not in names[0] or name not in names[1]:
            rows.append({"figure": name, "how": f"only in {one if name in names[0] else other}"})
        elif _content(one, name, ".csv") != _content(other, name, ".csv"):
            rows.append({"figure": name, "how": "values"})
        elif _content(one, name, ".svg") != _content(other, name, ".svg"):
            rows.append({"figure": name, "how": "picture alone"})
    return pd.DataFrame(rows, columns=["figure", "how"])


def picture_of(run: Path, name: str) -> str:
    """Give a figure of a run as an address that holds the picture itself, or nothing where the run lacks it."""
    content = _content(run, name, ".svg")
    return f"data:image/svg+xml;base64,{b64encode(content).decode()}" if content else ""


def _content(run: Path, name: str, ending: str) -> bytes:
    file = run / "figures" / f"{name}{ending}"
    return file.read_bytes() if file.is_file() else b""
