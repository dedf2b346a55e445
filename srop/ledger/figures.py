"""The ledger as a picture: a cell for each claim and setting."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from srop.ledger.vocabulary import COLORS

_PANELS = {
    "digits": ("layer", "convention", "dead"),
    "backbones": ("input", "convention", "dead", "batch_norm"),
}
"""Axes of the columns, the first changes slowest; an axis that a claim lacks is one wide cell."""


_NAMES = {
    "layer": "layer",
    "convention": "convention",
    "dead": "dead maps",
    "input": "input",
    "batch_norm": "batch norm",
}


_VALUES = {"one": "1", "running": "as init.", "batch": "calibr.", "relu2": "after the ReLU", "conv2": "before the ReLU"}
_VALUES |= {"pool": "after the pool"}


_LABEL = 8.6
"""Width of a claim's words, in columns."""


def drawn_settings(ledger: pd.DataFrame, settings: pd.DataFrame) -> pd.DataFrame:
    """Give the settings of the rows that no other supersedes, with the ledger's columns (``verdict_whole`` ...)."""
    chosen = ledger[~ledger["superseded"]]
    return chosen.merge(settings.fillna({"same_as": ""}), on=["id", "judged_on"], suffixes=("_whole", ""))


def figure_claims(rows: pd.DataFrame) -> Figure:
    """Draw the verdicts of each claim under each setting; the paper's own setting is framed.

    Args:
        rows: What :func:`drawn_settings` gives.

    Returns:
        A panel for claims about digits, about backbones and about neither; a row for each claim, without those that
        another supersedes. A dot stands where a setting does not concern a claim, an equal sign where its numbers are
        those of an earlier one. A claim on densities has three bandwidths in each cell: Scott's, half of it, twice it.
    """
    panels = {name: [] for name in (*_PANELS, "others")}
    for id, of in rows.groupby("id", sort=False):
        panels[_panel(of)].append(id)
    heights = {name: len(ids) for name, ids in panels.items() if ids}
    figure = Figure(figsize=(13, 0.27 * sum(heights.values()) + 1.15 * len(heights) + 0.6))
    axes = figure.subplots(
        len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": [count + 2.6 for count in heights.values()]}
    )[:, 0]
    for name, ax in zip(heights, axes, strict=True):
        of_panel = rows[rows["id"].isin(panels[name])]
        columns = {axis: list(of_panel[axis].dropna().unique()) for axis in _PANELS.get(name, ())}
        _draw(ax, of_panel, panels[name], columns)
    handles = [Patch(facecolor=color, edgecolor="gray", label=verdict) for verdict, color in COLORS.items()]
    handles.append(Patch(facecolor="white", edgecolor="black", linewidth=2, label="the paper's own setting"))
    figure.legend(handles=handles, loc="outside lower center", ncols=8, frameon=False, fontsize="small")
    return figure


def _panel(rows: pd.DataFrame) -> str:
    for name, axes in _PANELS.items():
        used = [axis for axis in axes if rows[axis].notna().any()]
        if used and set(rows["convention"]) <= {"published", "printed"} and axes[0] in used:
            return name
    return "others"


def _draw(ax: Axes, rows: pd.DataFrame, ids: Sequence[str], columns: Mapping[str, Sequence[str]]) -> None:
    width = 1
    for values in columns.values():
        width *= len(values)
    width = width if columns else 9
    for place, id in enumerate(ids):
        of = rows[rows["id"] == id]
        whole = of.iloc[0]
        kind = "" if whole["kind"] == "paper" else f" [{whole['kind']}]"
        ax.text(-0.15, place, f"{whole['claim']}{kind}", ha="right", va="center", fontsize=7.5)
        ax.text(-_LABEL - 9.4, place, id, ha="left", va="center", fontsize=7.5, fontweight="bold")
        ax.text(
            width + 0.15, place, f"{whole['verdict_whole']} ({whole['basis']})", ha="left", va="center", fontsize=7.5
        )
        for number, (_, row) in enumerate(of.iterrows()):
            left, across = _place(row, of, columns) if columns else (number * width / len(of), width / len(of))
            verdict = row["verdict"]
            if whole["verdict_whole"] == "text inconsistent" and verdict == "reproduced":
                verdict = "text inconsistent"
            ax.add_patch(
                Rectangle((left, place - 0.42), across, 0.84, facecolor=COLORS.get(verdict, "white"), edgecolor="white")
            )
            mark = "·" if verdict == "not applicable" else "=" if row["same_as"] else ""
            if not columns:
                mark = "\n".join(str(row[axis]) for axis in ("input", "convention") if pd.notna(row[axis]))
            ax.text(left + across / 2, place, mark, ha="center", va="center", fontsize=5, linespacing=0.9)
        left, across = _place(whole, of, columns) if columns else (0, width / len(of))
        ax.add_patch(Rectangle((left, place - 0.42), across, 0.84, fill=False, edgecolor="black", linewidth=1.6))
    _heads(ax, columns, width)
    ax.set(xlim=(-_LABEL - 9.4, width + 6.5), ylim=(len(ids) - 0.4, -0.7 - 0.8 * max(1, len(columns))))
    ax.axis("off")


def _place(row: pd.Series, of: pd.DataFrame, columns: Mapping[str, Sequence[str]]) -> tuple[float, float]:
    """Give where the cell of a setting begins, in columns, and how wide it is."""
    left, across = 0.0, 1.0
    for values in columns.values():
        across *= len(values)
    for axis, values in columns.items():
        if of[axis].notna().any():
            across /= len(values)
            left += across * list(values).index(row[axis])
    if "bandwidth" in of and of["bandwidth"].notna().any():
        values = list(of["bandwidth"].unique())
        across /= len(values)
        left += across * values.index(row["bandwidth"])
    return left, across


def _heads(ax: Axes, columns: Mapping[str, Sequence[str]], width: int) -> None:
    across, repeat = float(width), 1
    for level, (axis, values) in enumerate(columns.items()):
        across /= len(values)
        y = -0.7 - 0.8 * (len(columns) - 1 - level)
        ax.text(-0.15, y, _NAMES[axis], ha="right", va="center", fontsize=7, color="#475569")
        for number in range(repeat * len(values)):
            value = values[number % len(values)]
            size = 7 if across > 1 else 5
            ax.text((number + 0.5) * across, y, _VALUES.get(value, value), ha="center", va="center", fontsize=size)
        repeat *= len(values)
