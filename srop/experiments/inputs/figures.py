"""Figure 1: the inputs themselves."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.style import HIGHLIGHT, INPUTS, OTHER


def figure1(
    examples: Mapping[str, np.ndarray], spectra: pd.DataFrame, points: pd.DataFrame, *, example: int, convention: str
) -> Figure:
    """Draw Figure 1: an image and noise, their radial spectra, and their SROPs.

    Args:
        examples: ``images`` and ``noise``, each ``(n, n, 3)`` in [0, 1].
        spectra: The spectra from :func:`srop.experiments.inputs.input_spectra.low_nyquist_prior`.
        points: The SROPs from the same function.
        example: Number of the image shown.
        convention: Name of the convention.

    Returns:
        A row for natural images and one for noise. Dotted lines are the highest frequencies along an axis (Nyquist
        limits) that the image can have after 0, 1, ... halvings of its size.

    Reference:
        Yu et al. 2021, Figure 1.
    """
    figure = Figure(figsize=(10, 5.4))
    axes = figure.subplots(2, 3, sharey="col", gridspec_kw={"width_ratios": [0.8, 1.2, 1.2]})
    size = len(examples["images"])
    halved = [size >> halvings for halvings in range(6)]
    # Bars hold whole rings and get wider outward. Ring 0, which some conventions have, is off the logarithmic axis.
    spectra = spectra[spectra["radius"] > 0]
    outermost = round(1 / spectra["radius"].min())
    bars = (np.unique(np.geomspace(1, outermost + 1, 40).round()) - 0.5) / outermost
    for (name, title, color), row in zip(INPUTS, axes, strict=True):
        picture, spectrum, histogram = row
        own = points[points["input"] == name]
        picture.imshow(examples[name])
        picture.set(title=f"{title}: one of {own['image'].nunique()}", xticks=[], yticks=[])
        rows = spectra[spectra["input"] == name]
        spectrum.plot(rows["radius"], rows["median"], color=color)
        spectrum.fill_between(rows["radius"], rows["lower_quartile"], rows["upper_quartile"], color=color, alpha=0.25)
        spectrum.set(yscale="log", ylabel="ring's share (median, quartiles)", title="radial spectrum")
        histogram.hist(own["srop"], bins=bars, weights=np.full(len(own), 1 / len(own)), color=color, alpha=0.6)
        shown = own.loc[own["image"] == (example if name == "images" else 0), "srop"].mean()
        for value, line, label in ((shown, HIGHLIGHT, "the one shown"), (own["srop"].mean(), OTHER, "mean")):
            histogram.axvline(value, color=line, label=f"{label}: {value:.3f}")
        histogram.legend(loc="center right" if name == "images" else "center left", frameon=False, fontsize="x-small")
        histogram.set(ylabel="share of the maps", title="SROPs")
        for ax in (spectrum, histogram):
            ax.set(xscale="log", xlim=(bars[0], 1.02), xlabel=f"radius as SROP ({convention})")
            for edge in halved:
                limit = edge / 2 / outermost
                ax.axvline(limit, color=OTHER, linestyle=":", linewidth=0.8)
                label = ax.annotate(f"{edge}", (limit, 1), xycoords=("data", "axes fraction"), fontsize="x-small")
                label.set(rotation=90, va="top", ha="right")
            sns.despine(ax=ax)
    figure.suptitle(
        f"Dotted: the highest frequency along an axis that {size} x {size}, {halved[1]} x {halved[1]} ... carry"
    )
    return figure
