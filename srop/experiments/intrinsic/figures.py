"""The figure of intrinsic dimensions and SROPs."""

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.style import BATCH_NORMS, DEAD_TITLES, KINDS, LINES, NOISE, OTHER, seeds_counted


def figure_id(table: pd.DataFrame, *, batch_norm: str, convention: str, dead: str, note: str = "") -> Figure:
    """Draw intrinsic dimension and SROP over relative depth.

    Args:
        table: The table of :func:`srop.experiments.intrinsic.tables.dimension_profiles`.
        batch_norm: How the random networks' batch norms run.
        convention: Name of the convention.
        dead: The treatment of dead maps.
        note: A sentence about what is missing.

    Returns:
        Two panels per backbone, dimension above SROP, with mean and 95 % interval over seeds. The paper expects the
        largest dimension within the shaded depths, near the dotted line: four times the dimension of the trained
        network's first layer.

    Reference:
        Yu et al. 2021, Sec. 5.3, after Ansuini et al. 2019.
    """
    titles = list(table["title"].unique())
    columns = min(4, len(titles))
    blocks = -(-len(titles) // columns)
    figure = Figure(figsize=(max(4.2 * columns, 7.2), 5 * blocks + 0.8))
    axes = figure.subplots(2 * blocks, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for number, title in enumerate(titles):
        block, column = divmod(number, columns)
        panel = table[table["title"] == title]
        names = panel.drop_duplicates("layer").sort_values("depth")
        labels = {"intrinsic_dimension": "intrinsic dimension (TwoNN)", "srop": f"mean SROP ({convention})"}
        for ax, (quantity, label) in zip(axes[2 * block : 2 * block + 2, column], labels.items(), strict=True):
            ax.set_axis_on()
            lines = panel[panel["quantity"] == quantity]
            for (kind, antialiased), line in lines.groupby(["kind", "antialiased"]):
                line = line.sort_values("depth")
                style, marker = LINES[antialiased]
                ax.plot(
                    line["relative_depth"], line["mean"], style, marker=marker, markersize=4, color=KINDS[kind],
                    label=f"{kind}, anti-aliased" if antialiased else kind,
                )  # fmt: skip
                ax.fill_between(
                    line["relative_depth"], line["low"], line["high"], color=KINDS[kind], alpha=0.2, linewidth=0
                )
                if quantity == "intrinsic_dimension" and kind == "trained" and not antialiased:
                    ax.axhline(4 * line["mean"].iloc[1], color=NOISE, linestyle=":", linewidth=1)
            ax.axvspan(0.2, 0.4, color=OTHER, alpha=0.15, linewidth=0)
            ax.set(ylabel=label, xlim=(-0.02, 1.02))
            ax.set_ylim(bottom=0)
            ax.set_xticks(names["relative_depth"], names["layer"], rotation=90, fontsize="x-small")
            sns.despine(ax=ax)
        axes[2 * block, column].set_title(title)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    handles += [
        mpl.lines.Line2D([], [], color=NOISE, linestyle=":", label="four times the trained network's first layer"),
        mpl.patches.Patch(color=OTHER, alpha=0.3, label="relative depth .2 to .4"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    modes = set(table.loc[table["kind"] == "random", "batch_norm"]) - {"none"}
    how = BATCH_NORMS[batch_norm] if modes else ""
    figure.suptitle(
        f"Mean and 95 % interval over {seeds_counted(table)}{how}; {DEAD_TITLES[dead]}{note and chr(10) + note}"
    )
    return figure
