"""The ledger as a figure: a cell for each claim and setting."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from srop.ledger.vocabulary import COLORS, MARKS, worded

_PANELS = {
    "digits": ("optimizer", "layer", "convention", "dead"),
    "backbones": ("input", "convention", "dead", "batch_norm"),
}
"""Axes of each panel's columns, the slowest first; a claim that lacks an axis has one wide cell along it."""


_AXIS_TITLES = {
    "optimizer": "optimizer",
    "layer": "layer",
    "convention": "convention",
    "dead": "dead maps",
    "input": "input",
    "batch_norm": "batch norm",
}


_VALUES = {"one": "1", "running": "as init.", "batch": "calibr.", "relu2": "after the ReLU", "conv2": "before the ReLU"}
_VALUES |= {"pool": "after the pool", "adam": "Adam", "adadelta": "Adadelta"}


_WITHIN = ("bandwidth", "from", "network_is", "minima")
"""Axes of single claims, whose settings share a cell."""


_LABEL, _WIDTH = 8.6, 16.0
"""The widths of a claim's text and of all its cells, in the figure's units."""


_ROOM = 680
"""The length of a label in characters, times its size, that fits next to its number."""


_READABLE = 2.0
"""The width of a cell that has room for the names of its setting."""


def current_settings(ledger: pd.DataFrame, settings: pd.DataFrame) -> pd.DataFrame:
    """Join the ledger's rows that are not superseded (``verdict_whole``, ...) with their settings."""
    return ledger[~ledger["superseded"]].merge(
        settings.fillna({"same_as": ""}), on=["id", "judged_on"], suffixes=("_whole", "")
    )


def figure_verdicts(claims: pd.DataFrame) -> Figure:
    """Draw the verdict on each claim in words, with the basis and the choice that would turn it.

    Args:
        claims: Rows of the ledger (:func:`srop.ledger.judge.ledger`).

    Returns:
        A row per claim: its short form, its verdict with a mark and a color, and in gray the basis.
    """
    claims = claims.fillna({"flips": "", "fragile": ""})
    figure = Figure(figsize=(7.2, 0.42 * len(claims) + 0.2))
    ax = figure.subplots()
    for place, claim in enumerate(claims.to_dict("records")):
        verdict = claim["verdict"]
        turned = f"turned by {claim['flips']}" if claim["flips"] else ""
        ax.text(0, place, claim["short"], va="center", fontsize=10.5)
        ax.text(
            0.625, place, f"{MARKS[verdict]} {worded(verdict)}", va="center", fontsize=9.5,
            bbox={"boxstyle": "round,pad=0.25", "facecolor": COLORS[verdict], "edgecolor": "#94a3b8", "linewidth": 0.7},
        )  # fmt: skip
        under = "; ".join(filter(None, [claim["basis"], claim["fragile"], turned]))
        ax.text(0, place + 0.42, under, va="center", fontsize=7.5, color="#5b6678")
        ax.axhline(place + 0.64, color="#e2e8f0", linewidth=0.7)
    ax.set(xlim=(0, 1), ylim=(len(claims) - 0.3, -0.5))
    ax.axis("off")
    return figure


def figure_claims(rows: pd.DataFrame) -> Figure:
    """Draw the verdict of each claim under each setting, with a frame around the setting that gives the verdict.

    Args:
        rows: What :func:`current_settings` gives.

    Returns:
        A panel each for claims about digits, about backbones and about neither, with a row for each claim. A dot marks
        a setting that does not concern the claim, an equal sign a setting with the numbers of an earlier one. A claim
        about densities has three bandwidths in each cell: Scott's, half of it and twice it. Other choices of a single
        claim share a cell as well.
    """
    panels = {name: [] for name in (*_PANELS, "others")}
    for id, settings in rows.groupby("id", sort=False):
        panels[_panel(settings)].append(id)
    heights = {name: len(ids) for name, ids in panels.items() if ids}
    figure = Figure(figsize=(13, 0.27 * sum(heights.values()) + 1.15 * len(heights) + 0.6))
    axes = figure.subplots(
        len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": [count + 2.6 for count in heights.values()]}
    )[:, 0]
    for name, ax in zip(heights, axes, strict=True):
        panel_rows = rows[rows["id"].isin(panels[name])]
        columns = {
            axis: list(panel_rows[axis].dropna().unique()) for axis in _PANELS.get(name, ()) if axis in panel_rows
        }
        _draw(ax, panel_rows, panels[name], columns)
    shown = {*rows["verdict"], *rows["verdict_whole"]}
    handles = [
        Patch(facecolor=color, edgecolor="gray", label=worded(verdict))
        for verdict, color in COLORS.items()
        if verdict in shown
    ]
    handles += [
        Patch(facecolor="white", edgecolor="black", linewidth=2, label="the setting that we infer"),
        Line2D([], [], color="black", linestyle="", marker="$=$", label="the numbers of an earlier setting"),
        Line2D([], [], color="black", linestyle="", marker=".", label="does not concern the claim"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False, fontsize="small")
    return figure


def _panel(rows: pd.DataFrame) -> str:
    for name, axes in _PANELS.items():
        used = [axis for axis in axes if axis in rows and rows[axis].notna().any()]
        if used and set(rows["convention"]) <= {"published", "printed"} and axes[0] in used:
            return name
    return "others"


def _draw(ax: Axes, rows: pd.DataFrame, ids: Sequence[str], columns: Mapping[str, Sequence[str]]) -> None:
    for place, id in enumerate(ids):
        settings = rows[rows["id"] == id]
        whole = settings.iloc[0]
        kind = "" if whole["kind"] == "paper" else f" [{whole['kind']}]"
        label = f"{whole['short']}{kind}"
        ax.text(-0.15, place, label, ha="right", va="center", fontsize=min(7.5, _ROOM / len(label)))
        ax.text(-_LABEL - 9.4, place, id, ha="left", va="center", fontsize=7.5, fontweight="bold")
        ax.text(
            _WIDTH + 0.15,
            place,
            f"{worded(whole['verdict_whole'])} ({whole['basis']})",
            ha="left",
            va="center",
            fontsize=7.5,
        )
        for number, (_, row) in enumerate(settings.iterrows()):
            even = _WIDTH / len(settings)
            left, across = _place(row, settings, columns) if columns else (number * even, even)
            verdict = row["verdict"]
            if whole["verdict_whole"] == "text inconsistent" and verdict == "reproduced":
                verdict = "text inconsistent"
            ax.add_patch(
                Rectangle((left, place - 0.42), across, 0.84, facecolor=COLORS.get(verdict, "white"), edgecolor="white")
            )
            mark = "·" if verdict == "not applicable" else "=" if row["same_as"] else ""
            if not columns and across > _READABLE:
                mark = "\n".join(str(row[axis]) for axis in ("input", "convention") if pd.notna(row[axis]))
            ax.text(left + across / 2, place, mark, ha="center", va="center", fontsize=5, linespacing=0.9)
        left, across = _place(whole, settings, columns) if columns else (0, even)
        ax.add_patch(Rectangle((left, place - 0.42), across, 0.84, fill=False, edgecolor="black", linewidth=1.6))
    _heads(ax, columns)
    ax.set(xlim=(-_LABEL - 9.4, _WIDTH + 6.5), ylim=(len(ids) - 0.4, -0.7 - 0.8 * max(1, len(columns))))
    ax.axis("off")


def _place(row: pd.Series, settings: pd.DataFrame, columns: Mapping[str, Sequence[str]]) -> tuple[float, float]:
    """Give the left edge and the width of a setting's cell."""
    left, across = 0.0, _WIDTH
    for axis, values in columns.items():
        if settings[axis].notna().any():
            across /= len(values)
            left += across * list(values).index(row[axis])
    for axis in _WITHIN:
        if axis in settings and settings[axis].notna().any():
            values = list(settings[axis].unique())
            across /= len(values)
            left += across * values.index(row[axis])
    return left, across


def _heads(ax: Axes, columns: Mapping[str, Sequence[str]]) -> None:
    across, repeat = _WIDTH, 1
    for level, (axis, values) in enumerate(columns.items()):
        across /= len(values)
        y = -0.7 - 0.8 * (len(columns) - 1 - level)
        ax.text(-0.15, y, _AXIS_TITLES[axis], ha="right", va="center", fontsize=7, color="#475569")
        for number in range(repeat * len(values)):
            value = values[number % len(values)]
            size = 7 if across > 2 else 5 if across > 0.8 else 4
            ax.text((number + 0.5) * across, y, _VALUES.get(value, value), ha="center", va="center", fontsize=size)
        repeat *= len(values)
