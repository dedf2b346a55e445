"""A picture of a profile."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from srop.convention import CONVENTIONS, Convention, name_of
from srop.profiles import layer_statistics, require_profile
from srop.resolution import FEWEST
from srop.white_noise import white_noise_srop

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_WANTED = ("layer", "depth", "size", "channel", "dead", "mean", "dead_share")
_LATER = ("convention", "reference", "coarse")


def plot_profile(
    table: pd.DataFrame,
    *,
    reference: int | None = None,
    convention: Convention | str | None = None,
    beside: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    title: str = "",
) -> "Figure":
    r"""Draw a profile: the SROPs of each layer's channels over the network's depth, and how many maps are dead.

    White noise of each layer's size is drawn along, which has a flat spectrum: finer maps lie near it, and so do sparse
    ones, for a single bright pixel has a flat spectrum, too. Sizes at which fewer than five SROPs are possible
    (``coarse``) have no noise, and hollow marks.

    Args:
        table: What :func:`srop.profile` gives, of one network, one convention and one treatment of dead maps, or its
            file as :func:`srop.read_profile` reads it.
        reference: Size that the SROPs refer to; the table knows it, so another one is an error.
        convention: Which definition the table was measured under, where that has no name; without it such a table has
            no noise.
        beside: The same layers of other networks to draw along, by what the legend calls them.
        title: Of the picture, as plain text.

    Returns:
        A figure. The line is the median of the channels, on a logarithmic axis, the band holds half of them, and bars
        are shares of dead maps. A layer without live maps leaves a gap.

    Raises:
        TypeError: If the table is no :class:`pandas.DataFrame`.
        ValueError: If it lacks a column, holds several conventions, references, networks or treatments of dead maps,
            refers to another size than is said, or no layer of another network is one of these.

    Example:
        >>> import torch
        >>> from srop import profile
        >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
        >>> figure = plot_profile(profile(model, [torch.randn(4, 3, 32, 32)], ["1", "2"]))
        >>> [text.get_text() for text in figure.axes[1].get_xticklabels()]
        ['1\n30', '2\n15']
    """
    from matplotlib.figure import Figure

    if not isinstance(beside, Mapping):
        raise TypeError(f"beside: a {type(beside).__name__} was given; give {{'name of the network': its table}}")
    rows = _layers(table)
    own = int(rows["reference"].iloc[0])
    if reference is not None and reference != own:
        raise ValueError(f"reference={reference}: the SROPs of this table refer to {own}; leave it out")
    measured = rows["convention"].iloc[0]
    if convention is not None and name_of(convention) != measured:
        raise ValueError(f"convention={name_of(convention)}: this table was measured under {measured}; leave it out")
    chosen = convention or CONVENTIONS.get(measured)
    figure = Figure(figsize=(max(4.5, 0.42 * len(rows) + 1.8), 4.2), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [4, 1]})
    places = range(len(rows))
    fine = rows.loc[~rows["coarse"], "size"]
    drawn, names = [], []
    if chosen is not None and len(fine):
        noise = {size: white_noise_srop(size, reference=own, convention=chosen) for size in sorted(fine.unique())}
        drawn += upper.plot(places, rows["size"].map(noise), ":", color="black")
        names.append("white noise of that size")
    drawn.append(upper.fill_between(places, rows["lower_quartile"], rows["upper_quartile"], alpha=0.25))
    drawn.append(_line(upper, rows, rows, "o-"))
    names += ["half of the channels", "median of the channels"]
    for name, other in beside.items():
        others = _layers(other)
        if int(others["reference"].iloc[0]) != own:
            raise ValueError(f"beside={name!r} refers to {others['reference'].iloc[0]}, the table to {own}")
        if not set(others["layer"]) & set(rows["layer"]):
            raise ValueError(
                f"beside={name!r} has none of the table's layers {', '.join(rows['layer'][:5])}; it has "
                f"{', '.join(others['layer'][:5])}: measure both networks with the same names"
            )
        drawn.append(_line(upper, rows, others, "s--"))
        names.append(name)
    if rows["coarse"].any():
        drawn += upper.plot([], [], "o", color="gray", markerfacecolor="white")
        names.append(f"fewer than {FEWEST} SROPs are possible")
    upper.set(yscale="log", ylabel="SROP")
    upper.set_title(title, parse_math=False)
    for formats in (upper.yaxis.set_major_formatter, upper.yaxis.set_minor_formatter):
        formats(lambda value, _: f"{value:.2g}".lstrip("0") if f"{value:.0e}"[0] in "125" else "")
    legend(upper, drawn, names)
    lower.bar(places, rows["dead_share"], color="gray")
    lower.set(ylim=(0, 1), ylabel="dead", xlabel="layer, and the size of its maps")
    labels = [f"{layer}\n{size}" for layer, size in zip(rows["layer"], rows["size"], strict=True)]
    upright = len(rows) > 8 or max(map(len, labels)) > 14
    for axes in (upper, lower):
        axes.set_xticks(places, labels, rotation=90 if upright else 0, fontsize="small", parse_math=False)
        axes.spines[["top", "right"]].set_visible(False)
    upper.tick_params(labelbottom=False)
    return figure


def legend(place: "Axes | Figure", drawn: Sequence["Artist"], names: Sequence[str], **options: Any) -> None:
    """Name what is drawn, as plain text: also names that begin with an underscore or hold a dollar sign.

    Args:
        place: Axes, or the whole figure.
        drawn: Lines, bands or bars.
        names: Of each.
        options: As for matplotlib's legend.
    """
    texts = place.legend(drawn, ["x"] * len(drawn), **{"fontsize": "small", "frameon": False} | options).get_texts()
    for text, name in zip(texts, names, strict=True):
        text.set(text=name, parse_math=False)


def _line(axes: "Axes", rows: pd.DataFrame, drawn: pd.DataFrame, style: str) -> "Line2D":
    """Draw the medians of a network at the places of the table's layers; hollow where the size is coarse."""
    layers = drawn.set_index("layer")
    medians = rows["layer"].map(layers["median"])
    (line,) = axes.plot(range(len(rows)), medians, style)
    coarse = rows.index[rows["layer"].map(layers["coarse"]).eq(True)]
    axes.plot(coarse, medians[coarse], style[0], color=line.get_color(), markerfacecolor="white")
    return line


def _layers(table: pd.DataFrame) -> pd.DataFrame:
    rows = require_profile(table, _WANTED)
    if missing := [column for column in _LATER if column not in rows]:
        raise ValueError(
            f"the table has no column {', '.join(missing)}, which srop.profile gives; measure again, or add what was "
            "measured, as in table.assign(convention='published', reference=224, coarse=False)"
        )
    for column, example in (("convention", "'published'"), ("reference", "224"), ("dead", "'omit'")):
        if rows[column].nunique() > 1:
            values = ", ".join(map(str, rows[column].unique()))
            raise ValueError(
                f"the table holds several values of {column} ({values}); choose one, as in "
                f'table.query("{column} == {example}")'
            )
    if ("origin" in rows and rows["origin"].nunique() > 1) or rows.duplicated(["layer", "channel"]).any():
        raise ValueError(
            "the table holds a channel twice, as several networks or inputs have it; give one of them, and the others "
            "by beside={'name of the network': its table}"
        )
    return layer_statistics(rows).sort_values("depth", kind="stable", ignore_index=True)
