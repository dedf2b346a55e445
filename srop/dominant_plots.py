"""A picture of the dominant frequencies of classes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from srop.dominant import DominantFrequencies

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ACROSS = 5


def plot_dominant(result: DominantFrequencies, *, names: Sequence[str] | None = None, title: str = "") -> "Figure":
    """Draw the dominant-frequency maps of classes.

    Args:
        result: What :func:`srop.dominant_frequencies` returns.
        names: A name for each class of the result; None for the numbers of the classes.
        title: Title of the picture, as plain text.

    Returns:
        A figure with a map for each class: dominant frequencies are white, zero frequency lies in the middle. Below
        each stand the number of images and the share of the components that are dominant.

    Raises:
        TypeError: If the result is not a :class:`srop.dominant.DominantFrequencies`.
        ValueError: If there is not one name for each class.

    Reference:
        Wang et al. 2023, as for :func:`srop.dominant_frequencies`.

    Example:
        >>> import torch
        >>> from srop import dominant_frequencies
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 2))
        >>> result = dominant_frequencies(model, torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 0, 1]))
        >>> [axes.get_title() for axes in plot_dominant(result, names=["cat", "dog"]).axes]
        ['cat', 'dog']
    """
    from matplotlib.figure import Figure

    if not isinstance(result, DominantFrequencies):
        raise TypeError(f"result: a {type(result).__name__} was given; give what srop.dominant_frequencies returns")
    labels = [f"class {number}" for number in result.classes.tolist()] if names is None else list(names)
    if len(labels) != len(result.classes):
        raise ValueError(f"{len(labels)} names for {len(result.classes)} classes; give one for each class")
    across = min(_ACROSS, len(labels))
    down = -(-len(labels) // across)
    figure = Figure(figsize=(0.6 + 2.0 * across, 0.4 + 2.5 * down), layout="constrained")
    parts = figure.subplots(down, across, squeeze=False).flatten()
    rows, columns = result.mask.shape[-2:]
    top, left = (-(side // 2) - 0.5 for side in (rows, columns))
    for axes, label, mask, count in zip(parts, labels, result.mask.numpy(), result.images.tolist(), strict=False):
        axes.imshow(mask, extent=(left, left + columns, top + rows, top), cmap="gray", vmin=0, vmax=1)
        # So that equal cycles per pixel are equally far from the middle.
        axes.set_aspect(columns / rows)
        axes.set_title(label, parse_math=False, fontsize="medium")
        axes.set_xlabel(f"{count} image{'s' * (count != 1)}, {np.mean(mask):.1%}", fontsize="small")
        axes.tick_params(labelsize="x-small")
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_major_locator().set_params(integer=True, nbins=4)
    for axes in parts[len(labels) :]:
        axes.remove()
    figure.suptitle(title, parse_math=False)
    figure.supxlabel("periods from left to right", fontsize="small")
    figure.supylabel("periods from top to bottom", fontsize="small")
    return figure
