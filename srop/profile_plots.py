"""A picture of a profile."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srop.convention import CONVENTIONS, Convention, name_of
from srop.profiles import layer_statistics, require_profile
from srop.resolution import FEWEST
from srop.sizes import as_size
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
    reference: int | tuple[int, int] | None = None,
    convention: Convention | str | None = None,
    others: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    title: str = "",
) -> "Figure":
    r"""Draw a profile: the SROPs of each layer's channels over the network's depth, and the share of dead maps.

    The picture also shows white noise of each layer's size, which has a flat spectrum. Maps near it are fine or sparse:
    a single bright pixel has a flat spectrum, too. A size at which fewer than five SROPs are possible (``coarse``) has
    a hollow mark and no noise.

    Args:
        table: A profile of one network, one convention and one treatment of dead maps, from :func:`srop.profile` or
            :func:`srop.read_profile`.
        reference: Size that the SROPs refer to. The table holds it, so another size is an error.
        convention: The definition that the table was measured under, if that has no name; without it the picture of
            such a table has no noise.
        others: Profiles of the same layers of other networks, by their names in the legend.
        title: Title of the picture, as plain text.

    Returns:
        A figure. The line is the median of the channels, on a logarithmic axis; the band holds the middle half of the
        channels; bars are shares of dead maps. A layer without live maps leaves a gap.

    Raises:
        TypeError: If the table is not a :class:`pandas.DataFrame`.
        ValueError: If the table lacks a column, or holds several conventions, references, networks or treatments of
            dead maps; if ``reference`` or ``convention`` contradicts it; if another network shares no layer with it.

    Example:
        >>> import torch
        >>> from srop import profile
        >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
        >>> figure = plot_profile(profile(model, [torch.randn(4, 3, 32, 32)], ["1", "2"]))
        >>> [text.get_text() for text in figure.axes[1].get_xticklabels()]
        ['1\n30', '2\n15']
    """
    from matplotlib.figure import Figure

    if not isinstance(others, Mapping):
        raise TypeError(f"others: a {type(others).__name__} was given; give {{'name of the network': its table}}")
    rows = _layers(table)
    own = as_size(rows["reference"].iloc[0], "the table's reference")
    if reference is not None and as_size(reference, "reference") != own:
        raise ValueError(f"reference={reference}: the SROPs of this table refer to {own.plain}; leave it out")
    measured = rows["convention"].iloc[0]
    if convention is not None and name_of(convention) != measured:
        raise ValueError(f"convention={name_of(convention)}: this table was measured under {measured}; leave it out")
    definition = convention or CONVENTIONS.get(measured)
    figure = Figure(figsize=(max(4.5, 0.42 * len(rows) + 1.8) + 2.4, 4.2), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [4, 1]})
    places = range(len(rows))
    # A line or a band through a single point would be invisible.
    wide, repeats = (places, 1) if len(rows) > 1 else ((-0.25, 0.25), 2)
    fine = rows.loc[~rows["coarse"], "size"]
    artists, names = [], []
    if definition is not None and len(fine):
        noise = {size: white_noise_srop(size, reference=own, convention=definition) for size in fine.unique()}
        artists += upper.plot(wide, np.repeat(rows["size"].map(noise), repeats), ":", color="black")
        names.append("white noise of that size")
    lower_quartile, upper_quartile = (np.repeat(rows[name], repeats) for name in ("lower_quartile", "upper_quartile"))
    artists.append(upper.fill_between(wide, lower_quartile, upper_quartile, alpha=0.25))
    artists.append(_line(upper, rows, rows, "o-"))
    names += ["middle half of the channels", "median of the channels"]
    for name, other in others.items():
        layers = _layers(other)
        if as_size(layers["reference"].iloc[0], f"the reference of others={name!r}") != own:
            raise ValueError(
                f"others={name!r} refers to {layers['reference'].iloc[0]}, the table to {own.plain}; measure both with "
                "one reference="
            )
        if not set(layers["layer"]) & set(rows["layer"]):
            raise ValueError(
                f"others={name!r} has none of the table's layers {', '.join(rows['layer'][:5])}; it has "
                f"{', '.join(layers['layer'][:5])}: measure both networks with the same names"
            )
        artists.append(_line(upper, rows, layers, "s--"))
        names.append(name)
    if rows["coarse"].any():
        artists += upper.plot([], [], "o", color="gray", markerfacecolor="white")
        names.append(f"fewer than {FEWEST} SROPs are possible")
    scale_srops(upper, "SROP")
    upper.set_title(title, parse_math=False)
    # A profile may cross any corner.
    legend(upper, artists, names, **OUTSIDE)
    if rows["median"].isna().all():
        upper.text(0.5, 0.5, "every map is dead", transform=upper.transAxes, ha="center", fontsize="small")
    lower.bar(places, rows["dead_share"], color="gray")
    lower.set(ylim=(0, 1), ylabel="dead", xlabel="layer, and the size of its maps")
    labels = [f"{layer}\n{size}" for layer, size in zip(rows["layer"], rows["size"], strict=True)]
    upright = len(rows) > 8 or max(map(len, labels)) > 14
    for axes in (upper, lower):
        axes.set_xticks(places, labels, rotation=90 if upright else 0, fontsize="small", parse_math=False)
        axes.spines[["top", "right"]].set_visible(False)
    upper.tick_params(labelbottom=False)
    return figure


def scale_srops(axes: "Axes", label: str) -> None:
    """Make the vertical axis one of SROPs: logarithmic, with as many labeled ticks as its range needs.

    Args:
        axes: Axes in which all lines are drawn.
        label: Label of the axis.
    """
    from matplotlib.ticker import MaxNLocator, NullLocator

    axes.set(yscale="log", ylabel=label)
    lowest, highest = axes.get_ylim()
    if highest < 5 * lowest:
        # Such a range may hold a single one of 1, 2, 5 and 10 times a power of ten.
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.4g}".lstrip("0"))
        return
    for set_formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        set_formatter(lambda value, _: f"{value:.2g}".lstrip("0") if f"{value:.0e}"[0] in "125" else "")


_LEGEND = {"fontsize": "small", "frameon": True, "framealpha": 0.85, "edgecolor": "none"}
"""A light ground, so that a line behind the legend does not strike its words through."""


OUTSIDE = {"loc": "upper left", "bbox_to_anchor": (1.01, 1)}
"""Options of a legend to the right of its axes."""


def legend(place: "Axes | Figure", artists: Sequence["Artist"], names: Sequence[str], **options: Any) -> None:
    """Add a legend whose names are plain text, even if they begin with an underscore or hold a dollar sign.

    Args:
        place: Axes, or the whole figure.
        artists: Lines, bands or bars.
        names: A name for each.
        options: As for matplotlib's legend.
    """
    texts = place.legend(artists, ["x"] * len(artists), **_LEGEND | options).get_texts()
    for text, name in zip(texts, names, strict=True):
        text.set(text=name, parse_math=False)


def _line(axes: "Axes", rows: pd.DataFrame, network: pd.DataFrame, style: str) -> "Line2D":
    """Draw a network's medians at the places of the table's layers, with hollow marks where the size is coarse."""
    layers = network.set_index("layer")
    medians = rows["layer"].map(layers["median"])
    (line,) = axes.plot(range(len(rows)), medians, style)
    coarse = rows.index[rows["layer"].map(layers["coarse"]).eq(True)]
    axes.plot(coarse, medians[coarse], style[0], color=line.get_color(), markerfacecolor="white")
    return line


def _layers(table: pd.DataFrame) -> pd.DataFrame:
    rows = require_profile(table, _WANTED)
    if missing := [column for column in _LATER if column not in rows]:
        raise ValueError(
            f"the table has no column {', '.join(missing)}, which srop.profile gives; measure again, or add them, as "
            "in table.assign(convention='published', reference=224, coarse=False)"
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
            "the table holds a channel twice, so it has rows of several networks or inputs; give the rows of one, and "
            "the rest by others={'name of the network': its table}"
        )
    return layer_statistics(rows).sort_values("depth", kind="stable", ignore_index=True)
