"""A picture of a profile."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from srop.convention import PUBLISHED, Convention
from srop.data.noise import noise_maps
from srop.layerwise import layer_statistics
from srop.rolloff import rolloff_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NOISE_MAPS = 200
_WANTED = ("layer", "depth", "size", "channel", "dead", "mean", "dead_share")


def plot_profile(
    table: pd.DataFrame,
    *,
    reference: int | None = None,
    convention: Convention | str = PUBLISHED,
    beside: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    title: str = "",
) -> "Figure":
    r"""Draw a profile: each layer's mean SROP over the network's depth, its channels, and how many maps are dead.

    Args:
        table: What :func:`srop.profile` gives, of one network and one convention.
        reference: Size that the SROPs refer to, 224 for an input of 224. With it white noise of each layer's size is
            drawn beside, which a map without any structure would have.
        convention: Which definition the table was measured under; only the noise asks.
        beside: The same layers of other networks to draw beside, by what the legend calls them.
        title: Of the picture.

    Returns:
        A figure. The line is the mean of the live maps, on a logarithmic axis, the band holds half of the channels, and
        bars are shares of dead maps. A layer without live maps leaves a gap.

    Raises:
        TypeError: If the table is no :class:`pandas.DataFrame`.
        ValueError: If it lacks a column, holds several conventions or networks, or the reference is smaller than a map.

    Example:
        >>> import torch
        >>> from srop import profile
        >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
        >>> figure = plot_profile(profile(model, [torch.randn(4, 3, 32, 32)], ["1", "2"]), reference=32)
        >>> [text.get_text() for text in figure.axes[1].get_xticklabels()]
        ['1\n30', '2\n15']
    """
    from matplotlib.figure import Figure

    rows = _layers(table)
    figure = Figure(figsize=(max(4.5, 0.42 * len(rows) + 1.8), 4.2), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [4, 1]})
    places = range(len(rows))
    if reference is not None:
        noise = {size: white_noise(size, reference, convention) for size in sorted(rows["size"].unique())}
        upper.plot(places, rows["size"].map(noise), ":", color="black", label="white noise of that size")
    upper.fill_between(places, rows["lower_quartile"], rows["upper_quartile"], alpha=0.25, label="half of the channels")
    upper.plot(places, rows["mean"], "o-", label="mean of the live maps")
    for name, other in beside.items():
        upper.plot(places, rows["layer"].map(_layers(other).set_index("layer")["mean"]), "s--", label=name)
    upper.set(yscale="log", ylabel="SROP", title=title)
    for formats in (upper.yaxis.set_major_formatter, upper.yaxis.set_minor_formatter):
        formats(lambda value, _: f"{value:.2g}".lstrip("0") if f"{value:.0e}"[0] in "125" else "")
    upper.legend(fontsize="small", frameon=False)
    lower.bar(places, rows["dead_share"], color="gray")
    lower.set(ylim=(0, 1), ylabel="dead", xlabel="layer, and the size of its maps")
    labels = [f"{layer}\n{size}" for layer, size in zip(rows["layer"], rows["size"], strict=True)]
    upright = len(rows) > 8 or max(map(len, labels)) > 14
    for axes in (upper, lower):
        axes.set_xticks(places, labels, rotation=90 if upright else 0, fontsize="small")
        axes.spines[["top", "right"]].set_visible(False)
    upper.tick_params(labelbottom=False)
    return figure


def _layers(table: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table: a {type(table).__name__} was given; give what srop.profile returns")
    if missing := [column for column in _WANTED if column not in table]:
        raise ValueError(f"the table has no column {', '.join(missing)}; give what srop.profile returns, by channel")
    if "convention" in table and table["convention"].nunique() > 1:
        raise ValueError(
            f"the table holds the conventions {', '.join(table['convention'].unique())}; choose one, as in "
            "table.query(\"convention == 'published'\")"
        )
    live = table[table["dead"] == "omit"]
    if live.duplicated(["layer", "channel"]).any():
        raise ValueError("the table holds a channel twice, as several networks or inputs have it; choose one of them")
    if live.empty:
        raise ValueError("the table has no row with dead == 'omit'; give what srop.profile returns")
    return layer_statistics(live).sort_values("depth", kind="stable", ignore_index=True)


@cache
def white_noise(size: int, reference: int, convention: Convention | str = PUBLISHED) -> float:
    """Give the SROP of white noise of a size, referred to another: what a map without any structure would have.

    Args:
        size: Edge length of the maps.
        reference: Size that the SROP refers to.
        convention: Which definition.

    Raises:
        ValueError: As :func:`srop.rolloff_points`.

    Example:
        >>> round(white_noise(112, 224), 1)
        0.4
    """
    return rolloff_points(noise_maps(_NOISE_MAPS, size), convention=convention, reference=reference).mean().item()
