"""Figures 4 and 5: layers of backbones."""

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from srop.experiments.backbones.paper import PAPER_BACKBONES
from srop.experiments.backbones.tables import output_size
from srop.style import BATCH_NORMS, DEAD_TITLES, INPUTS, KINDS, LINES, OTHER, network_title


def figure4(channels: pd.DataFrame, baseline: pd.DataFrame, *, convention: str, dead: str) -> Figure:
    """Draw Figure 4: SROPs of the channels of downscaling layers in random networks, against the benchmark pool.

    Args:
        channels: Rows of downscaling layers under one convention and treatment of dead maps, from
            :func:`srop.experiments.backbones.measure.describe`.
        baseline: The layers of :func:`srop.experiments.backbones.measure.measure_baseline`, under the same two.
        convention: Name of the convention.
        dead: The treatment of dead maps.

    Returns:
        A row per input, a column per output size; boxes over the channels of all seeds with quartiles, whiskers at
        1.5 inter-quartile ranges, a triangle at the mean, and the share of dead maps below. Dashed: the benchmark.

    Reference:
        Yu et al. 2021, Figure 4.
    """
    channels = channels.assign(
        network=network_title(channels), output_size=output_size(channels["size"], channels["reference"])
    )
    sizes = sorted(channels["output_size"].unique(), reverse=True)
    names = list(channels["network"].unique())
    palette = dict(zip(names, sns.color_palette("colorblind", len(names)), strict=True))
    figure = Figure(figsize=(2.5 * len(sizes), 7))
    axes = figure.subplots(len(INPUTS), len(sizes), squeeze=False)
    for (name, title, _), row in zip(INPUTS, axes, strict=True):
        for size, ax in zip(sizes, row, strict=True):
            boxes = channels[(channels["input"] == name) & (channels["output_size"] == size)]
            boxes = boxes.assign(box=boxes["network"] + ": " + boxes["layer"])
            # Only a stable sort keeps the order of the layers on every CPU.
            in_order = boxes.sort_values("network", key=lambda column: column.map(names.index), kind="stable")
            present = list(in_order["box"].unique())
            sns.boxplot(
                boxes, x="box", y="mean", hue="network", order=present, palette=palette, legend=False, width=0.7,
                linewidth=0.8, fliersize=1, showmeans=True, ax=ax,
                meanprops={"marker": "^", "markerfacecolor": "white", "markeredgecolor": "black", "markersize": 5},
            )  # fmt: skip
            pool = (baseline["input"] == name) & (baseline["size"] == size)
            ax.axhline(baseline.loc[pool, "mean"].item(), color="black", linestyle="--", linewidth=1)
            groups = boxes.groupby("box")
            labels = [
                f"{layer}\n{share:.0%} dead" if share >= 0.005 else layer
                for layer, share in zip(
                    groups["layer"].first()[present], groups["dead_share"].mean()[present], strict=True
                )
            ]
            ax.set_xticks(range(len(labels)), labels, rotation=90, fontsize="x-small")
            ax.set(title=f"{size} x {size}", xlabel="", ylabel="")
            ax.set_ylim(bottom=0)
            sns.despine(ax=ax)
        row[0].set_ylabel(f"{title}\nmean SROP of a channel ({convention})")
    handles = [mpl.patches.Patch(color=color, label=name) for name, color in palette.items()]
    handles.append(mpl.lines.Line2D([], [], color="black", linestyle="--", label="benchmark: max-pools, k = 2, s = 2"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(f"Downscaling layers of random networks; {DEAD_TITLES[dead]}")
    return figure


def figure5(
    table: pd.DataFrame, weights_status: pd.DataFrame, *, input: str, batch_norm: str, convention: str, dead: str
) -> Figure:
    """Draw Figure 5: mean SROP over depth, of random and trained networks, plain and anti-aliased.

    Args:
        table: Rows of one input, convention, treatment of dead maps and random batch-norm mode, from
            :func:`srop.experiments.backbones.tables.profiles`.
        weights_status: The tables of :func:`srop.experiments.backbones.weights_status.list_networks`, for all
            architectures.
        input: ``"images"`` or ``"noise"``.
        batch_norm: How the random networks' batch norms run.
        convention: Name of the convention.
        dead: The treatment of dead maps.

    Returns:
        A panel per backbone, with its layers in the order of the forward pass and a logarithmic y axis. On the dotted
        line with crosses (``ds``) the benchmark pool replaces the intermediate and the downscaling layers; plus signs
        (``pool-only``) replace the downscaling layer only. A panel names the trained networks that are missing.

    Reference:
        Yu et al. 2021, Figure 5.
    """
    paper = [title for title in PAPER_BACKBONES if title in set(table["title"])]
    titles = [*paper, *(title for title in table["title"].unique() if title not in paper)]
    columns = min(4, len(titles))
    rows = -(-len(titles) // columns)
    figure = Figure(figsize=(4 * columns, 3.1 * rows + 0.8))
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True).flat
    for title, ax in zip(titles, axes, strict=False):
        panel = table[table["title"] == title]
        names = panel.drop_duplicates("depth").sort_values("depth")
        for (kind, antialiased, curve), line in panel.groupby(["kind", "antialiased", "curve"]):
            line = line.sort_values("depth")
            if curve == "layer":
                style, marker = LINES[antialiased]
                ax.plot(line["depth"], line["mean"], style, marker=marker, markersize=3, color=KINDS[kind])
                ax.fill_between(line["depth"], line["low"], line["high"], color=KINDS[kind], alpha=0.2, linewidth=0)
            elif not antialiased:
                style, marker = (":", "x") if curve == "ds" else ("none", "+")
                look = {"linestyle": style, "marker": marker, "markersize": 5, "linewidth": 1}
                ax.plot(line["depth"], line["mean"], color=KINDS[kind], **look)
        absent = weights_status[(weights_status["title"] == title) & (weights_status["state"] != "here")]
        if len(absent):
            kinds = ["anti-aliased" if antialiased else "plain" for antialiased in absent["antialiased"]]
            ax.text(0.98, 0.98, f"missing weights: trained {', '.join(kinds)}", fontsize="x-small")
            ax.texts[-1].set(transform=ax.transAxes, ha="right", va="top", color=OTHER)
        ax.set(title=title, yscale="log")
        ax.set_xticks(names["depth"], names["layer"], rotation=90, fontsize="xx-small")
        sns.despine(ax=ax)
    for ax in [*axes]:
        ax.set_axis_off()
    figure.supylabel(f"mean SROP ({convention})", fontsize="medium")
    handles = [mpl.patches.Patch(color=color, label=kind) for kind, color in KINDS.items()]
    pools = [
        ("ds", "ds: benchmark pool after the downscaling layer before", ":", "x"),
        ("pool-only", "pool-only: benchmark pool after the layer before", "", "+"),
    ]
    lines = [("plain", "-", "o"), ("anti-aliased", "--", "s")]
    lines += [line for curve, *line in pools if curve in set(table["curve"])]
    for label, style, marker in lines:
        handles.append(mpl.lines.Line2D([], [], color=OTHER, linestyle=style, marker=marker, markersize=4, label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    what = {name: title for name, title, _ in INPUTS}[input]
    figure.suptitle(
        f"Over {what}; {DEAD_TITLES[dead]}\n"
        f"random networks: mean and 95 % interval over seeds{BATCH_NORMS.get(batch_norm)}"
    )
    return figure
