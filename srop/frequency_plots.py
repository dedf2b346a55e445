"""Pictures of heat maps, occluded frequencies, filters, and the SROPs of a training."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from torch import Tensor

from srop.checks import require_number, require_size, require_tensor
from srop.convention import CONVENTIONS
from srop.occlusion import HeatMap, positive_shares
from srop.profile_plots import legend, scale_srops
from srop.sizes import as_size
from srop.white_noise import white_noise_srop

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_LEGEND_ROWS = 22


def plot_heatmap(heat: HeatMap, *, title: str = "") -> "Figure":
    """Draw a Fourier heat map: what a wave of each frequency does to a classifier.

    Args:
        heat: What :func:`srop.fourier_heatmap` gives.
        title: Title of the picture.

    Returns:
        A figure of two maps, the share of wrong answers and the change of the logit; colors begin at 0. The middle of
        each map is the wave of frequency 0, a change of brightness; the corners are the finest checkerboard.

    Raises:
        TypeError: If it is not a :class:`srop.HeatMap`.

    Example:
        >>> import torch
        >>> figure = plot_heatmap(HeatMap(torch.rand(8, 8), torch.rand(8, 8)))
        >>> [axes.get_title() for axes in figure.axes[:2]]
        ['share of wrong answers', "change of the class's logit"]
    """
    from matplotlib.figure import Figure

    if not isinstance(heat, HeatMap):
        raise TypeError(f"heat: a {type(heat).__name__} was given; give what srop.fourier_heatmap returns")
    figure = Figure(figsize=(8.2, 3.7), layout="constrained")
    for axes, values, name in zip(
        figure.subplots(1, 2), heat, ("share of wrong answers", "change of the class's logit"), strict=True
    ):
        (top, bottom), (left, right) = ((-(side // 2) - 0.5, (side - 1) // 2 + 0.5) for side in values.shape)
        most = values.max().item() or 1.0
        image = axes.imshow(values.cpu(), extent=(left, right, bottom, top), cmap="viridis", vmin=0, vmax=most)
        # So that equal cycles per pixel are equally far from the middle.
        axes.set_aspect(values.shape[1] / values.shape[0])
        figure.colorbar(image, ax=axes)
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_major_locator().set_params(integer=True)
        axes.set(title=name, xlabel="periods from left to right", ylabel="periods from top to bottom")
    figure.suptitle(title, parse_math=False)
    return figure


_GROUND = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
"""A light ground, for a text that lies on bars."""


def plot_frequencies(scores: Tensor | Mapping[str, Tensor], *, title: str = "") -> "Figure":
    """Draw each frequency's share of the positive scores: which frequencies support the images' classes.

    Args:
        scores: What :func:`srop.occluded_frequency` gives, ``(images, frequencies)``; or a mapping from names for the
            legend to scores, for example of two networks.
        title: Title of the picture.

    Returns:
        A figure, with bars for a tensor and lines for a mapping. If the mean, frequency 0, has more than twice the
        largest share of the other frequencies, the axis is cut for them, and a text gives the mean's share.

    Raises:
        TypeError: If the scores are not tensors.
        ValueError: As for :func:`srop.positive_shares`; or if there are no scores, no score is positive, or the numbers
            of frequencies differ.

    Example:
        >>> import torch
        >>> figure = plot_frequencies(torch.tensor([[3.0, 1.0, -1.0]]))
        >>> [float(bar.get_height()) for bar in figure.axes[0].patches]
        [0.75, 0.25, 0.0]
    """
    from matplotlib.figure import Figure

    several = scores if isinstance(scores, Mapping) else {"": scores}
    shares = {name: positive_shares(values).cpu() for name, values in several.items()}
    counts = {name: len(share) for name, share in shares.items()}
    if len(set(counts.values())) != 1:
        raise ValueError(f"scores of {counts or 'nothing'} frequencies; give scores of one number of frequencies")
    for name, share in shares.items():
        if share.isnan().any():
            raise ValueError(f"scores{f' of {name!r}' if name else ''}: not one is positive, so there are no shares")
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(share))
    if isinstance(scores, Mapping):
        lines = [axes.step(places, share, where="mid")[0] for share in shares.values()]
        legend(axes, lines, list(shares))
    else:
        axes.bar(places, share, width=1.0, edgecolor="white", linewidth=0.3)
    axes.set(xlabel="frequency of the input (0 is its mean)", ylabel="share of the positive scores")
    axes.set_ylim(bottom=0)
    means, most = (
        [(name, float(values[0])) for name, values in shares.items()],
        max(map(_largest_wave, shares.values())),
    )
    if max(mean for _, mean in means) > 2 * most > 0:
        axes.set_ylim(top=1.15 * most)
        text = "\n".join(f"the mean{f' of {name}' if name else ''} has {mean:.0%}" for name, mean in means)
        style = {"va": "top", "fontsize": "small", "parse_math": False, "bbox": _GROUND}
        axes.text(0.02, 0.99, text, transform=axes.transAxes, **style)
    axes.set_title(title, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _largest_wave(share: Tensor) -> float:
    """Give the largest share of a frequency other than the mean."""
    return float(share[1:].max()) if len(share) > 1 else 0.0


def plot_filters(
    centers: Tensor | Mapping[str, Tensor], *, size: int = 32, cutoff: float | None = None, title: str = ""
) -> "Figure":
    """Draw the centers of the spectra of a network's filters, layer by layer.

    Args:
        centers: What :func:`srop.filter_centers` gives; or a mapping from names of layers to centers. NaN, the center
            of a filter of zeros, is left out.
        size: Size to which the filters were padded.
        cutoff: A frequency in rings of that size. If it is given, the figure has a line there, and the share of the
            filters below it.
        title: Title of the picture.

    Returns:
        A figure with a histogram for each layer, in the given order. The dotted line is the center of white filters.

    Raises:
        TypeError: If the centers are not tensors, or the cut-off is not a number.
        ValueError: If there are no layers, there is not one center for each filter, or centers lie outside the size.

    Example:
        >>> import torch
        >>> from srop import filter_centers
        >>> convolution = torch.nn.Conv2d(3, 16, 5)
        >>> figure = plot_filters({"conv": filter_centers(convolution.weight)}, cutoff=12)
        >>> figure.axes[0].texts[0].get_text()
        'conv'
    """
    from matplotlib.figure import Figure

    size = require_size("size", size)
    several = centers if isinstance(centers, Mapping) else {"": centers}
    largest = np.hypot(size // 2, size // 2)
    layers = {name: _finite_centers(name, values, largest, size) for name, values in several.items()}
    if not layers:
        raise ValueError("centers of no layer were given; give the centers of at least one layer")
    if cutoff is not None:
        cutoff = require_number("cutoff", cutoff, "a frequency in rings of the size")
    along = np.fft.fftfreq(size, 1 / size)
    white = np.hypot(along[:, None], along).mean()
    height = 0.55 if len(layers) <= 16 else 0.3
    figure = Figure(figsize=(6.4, 1.4 + max(1.2, height * len(layers))), layout="constrained")
    rows = figure.subplots(len(layers), 1, sharex=True, squeeze=False)[:, 0]
    edges = np.linspace(0, largest, 46)
    for axes, (name, values) in zip(rows, layers.items(), strict=True):
        axes.hist(values, edges, weights=np.full(len(values), 1 / max(len(values), 1)))
        axes.axvline(white, color="black", linestyle=":", linewidth=1)
        note = f"{len(values)} filters"
        if cutoff is not None:
            axes.axvline(cutoff, color="tab:red", linewidth=1)
            note += f", {np.mean(values < cutoff):.0%} low" if len(values) else ""
        style = {"transform": axes.transAxes, "va": "center", "fontsize": "small"}
        axes.text(-0.01, 0.4, name, ha="right", parse_math=False, **style)
        axes.text(1.01, 0.4, note, ha="left", **style)
        axes.set(yticks=[], xlim=(0, largest))
        axes.tick_params(bottom=axes is rows[-1])
        axes.spines[["top", "right", "left"]].set_visible(False)
    lines = {"where white filters are centered": white} | ({} if cutoff is None else {f"cut-off {cutoff:g}": cutoff})
    rows[-1].set_xlabel(f"center of a filter's spectrum, in rings of {size} x {size}")
    figure.legend(
        rows[0].lines[: len(lines)], list(lines), loc="outside lower center", fontsize="small", ncols=2, frameon=False
    )
    figure.suptitle(title, parse_math=False)
    return figure


def _finite_centers(name: str, centers: Tensor, largest: float, size: int) -> np.ndarray:
    label = f"centers of {name!r}" if name else "centers"
    require_tensor(label, centers)
    if centers.ndim != 1:
        raise ValueError(
            f"{label} of shape {tuple(centers.shape)}; give one center for each filter, as filter_centers(weight)"
        )
    values = centers.detach().double().cpu().numpy()
    values = values[~np.isnan(values)]
    if len(values) and not (values.min() >= 0 and values.max() <= largest + 1e-6):
        raise ValueError(f"{label} lie in {values.min():.4g} to {values.max():.4g}; size={size} has 0 to {largest:.4g}")
    return values


def plot_steps(table: pd.DataFrame, *, title: str = "", along: str = "step of the training") -> "Figure":
    """Draw the table of a :class:`srop.Monitor`, for its :meth:`~srop.Monitor.plot`, or one like it over ``along``."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    layers = table.sort_values("depth", kind="stable").drop_duplicates("layer")
    columns = -(-len(layers) // _LEGEND_ROWS)
    figure = Figure(figsize=(6.4 + 1.2 * columns, 4.8), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
    colors = colormaps["viridis"](np.linspace(0, 0.92, len(layers)))
    lines = []
    for layer, color in zip(layers["layer"], colors, strict=True):
        rows = table[table["layer"] == layer]
        lines += upper.plot(rows["step"], rows["median"], "o-", markersize=3, color=color)
        lower.plot(rows["step"], rows["dead_share"], "o-", markersize=3, color=color)
    noise = _draw_noise(upper, layers)
    scale_srops(upper, "SROP, median of the channels")
    upper.set_title(title, parse_math=False)
    lower.xaxis.get_major_locator().set_params(integer=True)
    lower.set(ylim=(-0.03, 1.03), ylabel="dead", xlabel=along)
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
    names = [f"{layer}, {size}" for layer, size in zip(layers["layer"], layers["size"], strict=True)]
    names += ["white noise of each size"] * len(noise)
    legend(
        figure, lines + noise, names, title="layer, and the size of its maps", loc="outside right upper", ncols=columns
    )
    return figure


def _draw_noise(axes: "Axes", layers: pd.DataFrame) -> list["Line2D"]:
    """Draw the SROP of white noise of each size, with the size; give one line for the legend, if there is any."""
    convention = CONVENTIONS.get(layers["convention"].iloc[0])
    if convention is None:
        return []
    lines = []
    for size, rows in layers[~layers["coarse"]].groupby("size", sort=False):
        level = white_noise_srop(size, reference=as_size(rows["reference"].iloc[0]), convention=convention)
        lines.append(axes.axhline(level, color="black", linestyle=":", linewidth=1))
        place = (1.0, level)
        style = {"xytext": (2, 0), "textcoords": "offset points", "va": "center", "fontsize": "x-small"}
        axes.annotate(str(size), place, xycoords=axes.get_yaxis_transform(), **style)
    return lines[:1]
