"""The figures: tidy tables in, matplotlib figures out."""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srop.data import Digits, blend
from srop.tables import BARS, PAPER_BACKBONES, output_size

CASE_TITLES = {"case1": "CASE I: frog in the '1's only", "case2": "CASE II: frog in every image"}
DEAD_TITLES = {"one": "dead maps count as 1", "omit": "dead maps left out"}
LAYER_TITLES = {
    "conv2": "last convolution, before its ReLU",
    "relu2": "last convolution, after its ReLU",
    "pool": "last convolution, after the max-pool",
}

_COLOURS = sns.color_palette("colorblind")
_INPUTS = [("images", "natural images", _COLOURS[0]), ("noise", "white noise", _COLOURS[1])]
_KINDS = {"random": _COLOURS[0], "trained": _COLOURS[1]}
_LINES = {False: ("-", "o"), True: ("--", "s")}
_MODES = {"running": ", batch norm as initialised", "batch": ", batch norm calibrated"}
_VERDICTS = {"pass": _COLOURS[2], "falls short": _COLOURS[3]}
_RULES_SHOWN = 11
_DIGIT, _FROG, _LINE, _NOISE, _OTHER = _COLOURS[0], _COLOURS[1], _COLOURS[2], "black", "grey"


def style() -> None:
    """Set the look of every figure; the salt keeps SVG files identical between runs."""
    sns.set_theme(context="paper", style="ticks", palette="colorblind")
    mpl.rcParams.update({"svg.hashsalt": "srop", "svg.fonttype": "none", "figure.constrained_layout.use": True})


def figure1(
    examples: Mapping[str, np.ndarray], spectra: pd.DataFrame, points: pd.DataFrame, *, example: int, convention: str
) -> Figure:
    """Draw Figure 1: an image and noise, their radial spectra, their SROPs, and what each halving lets through.

    Args:
        examples: ``images`` and ``noise``, each ``(n, n, 3)`` in [0, 1].
        spectra: What :func:`srop.prior.low_nyquist_prior` gives.
        points: Likewise.
        example: Number of the image shown.
        convention: Name of the convention.

    Returns:
        A row for natural images and one for noise. Dotted lines are the Nyquist limits along the axes after 0, 1, ...
        halvings of the size.

    Reference:
        Yu et al. 2021, Figure 1.
    """
    figure = Figure(figsize=(10, 5.4))
    axes = figure.subplots(2, 3, sharey="col", gridspec_kw={"width_ratios": [0.8, 1.2, 1.2]})
    size = len(examples["images"])
    halved = [size >> halvings for halvings in range(6)]
    # Bars of whole rings, wider outward; ring 0, which some conventions have, is off the logarithmic axis.
    spectra = spectra[spectra["radius"] > 0]
    outermost = round(1 / spectra["radius"].min())
    bars = (np.unique(np.geomspace(1, outermost + 1, 40).round()) - 0.5) / outermost
    for (name, title, colour), row in zip(_INPUTS, axes, strict=True):
        picture, spectrum, histogram = row
        own = points[points["input"] == name]
        picture.imshow(examples[name])
        picture.set(title=f"{title}: one of {own['image'].nunique()}", xticks=[], yticks=[])
        rows = spectra[spectra["input"] == name]
        spectrum.plot(rows["radius"], rows["median"], color=colour)
        spectrum.fill_between(rows["radius"], rows["lower_quartile"], rows["upper_quartile"], color=colour, alpha=0.25)
        spectrum.set(yscale="log", ylabel="ring's share (median, quartiles)", title="radial spectrum")
        histogram.hist(own["srop"], bins=bars, weights=np.full(len(own), 1 / len(own)), color=colour, alpha=0.6)
        shown = own.loc[own["image"] == (example if name == "images" else 0), "srop"].mean()
        for value, line, label in ((shown, _LINE, "the one shown"), (own["srop"].mean(), _OTHER, "mean")):
            histogram.axvline(value, color=line, label=f"{label}: {value:.3f}")
        histogram.legend(loc="center right" if name == "images" else "center left", frameon=False, fontsize="x-small")
        histogram.set(ylabel="share of the maps", title="SROPs")
        for ax in (spectrum, histogram):
            ax.set(xscale="log", xlim=(bars[0], 1.02), xlabel=f"radius as SROP ({convention})")
            for edge in halved:
                limit = edge / 2 / outermost
                ax.axvline(limit, color=_NOISE, linestyle=":", linewidth=0.8)
                label = ax.annotate(f"{edge}", (limit, 1), xycoords=("data", "axes fraction"), fontsize="x-small")
                label.set(rotation=90, va="top", ha="right")
            sns.despine(ax=ax)
    figure.suptitle(
        f"Dotted: the highest frequency along an axis that {size} x {size}, {halved[1]} x {halved[1]} ... carry"
    )
    return figure


def blended_ones(digits: Digits, weights: Iterable[float]) -> list[np.ndarray]:
    """Give the first '1' of the test set blended with the frog, ``(28, 28)`` in [0, 1] for each weight."""
    one = digits.test_images[digits.test_labels == 1][0]
    return [blend(one, digits.frog, w).numpy() for w in weights]


def figure2(
    examples: Sequence[np.ndarray],
    srops: pd.DataFrame,
    *,
    layer: str,
    convention: str,
    noise: float,
) -> Figure:
    """Draw Figure 2: blended images over w and, per case, the distribution of the test images' mean SROPs.

    Args:
        examples: One blended image ``(28, 28)`` per w, grey levels in [0, 1].
        srops: Rows of one layer and convention with ``case``, ``w``, ``seed``, ``image`` (-1 for the frog),
            ``with_frog``, ``dead``, ``srop`` and ``dead_share``; the run without a frog repeated for each case.
        layer: Name of the layer.
        convention: Name of the convention.
        noise: Mean SROP of white noise of the maps' size.

    Returns:
        A column per w, a row per case and treatment of dead maps. Bars and density are of the first seed, thin steps
        of the others. A group of images whose SROPs differ by less than a bar's width is a spike with its count.

    Reference:
        Yu et al. 2021, Figure 2.
    """
    weights = sorted(srops["w"].unique())
    rows = [(case, dead) for case in srops["case"].unique() for dead in DEAD_TITLES]
    figure = Figure(figsize=(2.6 * len(weights) + 0.6, 2 * len(rows) + 3.2))
    axes = figure.subplots(
        len(rows) + 1, len(weights), squeeze=False, gridspec_kw={"height_ratios": [1.1] + [1] * len(rows)}
    )
    for ax, w, image in zip(axes[0], weights, examples, strict=True):
        ax.imshow(image, cmap="gray", vmin=0, vmax=1)
        ax.set(title=f"w = {w:g}", xticks=[], yticks=[])
    for (case, dead), row in zip(rows, axes[1:], strict=True):
        for ax, w in zip(row, weights, strict=True):
            panel = srops[(srops["case"] == case) & (srops["dead"] == dead) & (srops["w"] == w)]
            _distribution(ax, panel)
            ax.axvline(noise, color=_NOISE, linestyle=":", linewidth=1)
            ax.set(xlim=(0, 1.04), xlabel="", ylabel="")
            ax.set_ylim(bottom=0)
        row[0].set_ylabel(f"{CASE_TITLES[case]}\n{DEAD_TITLES[dead]}\ntest images", fontsize="small")
    for ax in axes[-1]:
        ax.set_xlabel(f"mean SROP ({convention})")
    figure.suptitle(f"SROPs of the digit network: {LAYER_TITLES.get(layer, layer)}")
    handles = [
        mpl.patches.Patch(color=_DIGIT, alpha=0.6, label="images without the frog"),
        mpl.patches.Patch(color=_FROG, alpha=0.6, label="images with the frog"),
        mpl.lines.Line2D([], [], color=_OTHER, linewidth=0.8, label="other seeds"),
        mpl.lines.Line2D([], [], color=_LINE, label="the frog alone (dashed: other seeds)"),
        mpl.lines.Line2D([], [], color=_NOISE, linestyle=":", label=f"white noise ({noise:.2f})"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), len(weights)), frameon=False)
    return figure


def _distribution(ax: Axes, panel: pd.DataFrame) -> None:
    """Draw one panel of Figure 2."""
    first_seed = panel["seed"].min()
    test, frog = panel[panel["image"] >= 0], panel[panel["image"] < 0]
    for (seed, with_frog), group in test.groupby(["seed", "with_frog"]):
        values, first = group["srop"].dropna(), seed == first_seed
        colour = _FROG if with_frog else _DIGIT
        if values.empty:
            continue
        if np.ptp(values) < BARS[1]:
            _spike(ax, values, colour if first else _OTHER, counted=first)
        elif first:
            sns.histplot(x=values, bins=BARS, kde=True, color=colour, alpha=0.4, linewidth=0, ax=ax)
        else:
            sns.histplot(x=values, bins=BARS, element="step", fill=False, color=_OTHER, linewidth=0.6, ax=ax)
    for seed, value in frog[["seed", "srop"]].itertuples(index=False):
        ax.axvline(value, color=_LINE, linestyle="-" if seed == first_seed else "--", linewidth=1)
    shown = test[test["seed"] == first_seed]
    note = f"dead maps {shown['dead_share'].mean():.0%}"
    if missing := int(shown["srop"].isna().sum()):
        note += f", {missing} images have none"
    ax.set_title(note, loc="right", fontsize="x-small")


def _spike(ax: Axes, values: pd.Series, colour: tuple | str, *, counted: bool) -> None:
    """Draw values without spread, of which no density exists."""
    centre, height = values.mean(), len(values)
    ax.vlines(centre, 0, height, color=colour, linewidth=3 if counted else 1)
    if counted:
        side, shift = ("right", -4) if centre > 0.5 else ("left", 4)
        ax.annotate(
            f"{height}",
            (centre, height),
            xytext=(shift, 0),
            textcoords="offset points",
            ha=side,
            va="top",
            color=colour,
            fontsize="small",
        )


def figure3(table: pd.DataFrame, summary: pd.DataFrame, *, layer: str, convention: str) -> Figure:
    """Draw Figure 3: accuracy and the frog's mean SROP over w, in both cases.

    Args:
        table: A row per ``case``, ``w``, ``seed`` and ``dead`` of one layer and convention, with ``accuracy``,
            ``frog_srop`` and ``frog_dead_share``.
        summary: What :func:`srop.tables.mean_over_seeds` makes of it by ``case``, ``w`` and ``dead``.
        layer: Name of the layer.
        convention: Name of the convention.

    Returns:
        Four panels with mean and 95 % interval over seeds, and a dot for each seed.

    Reference:
        Yu et al. 2021, Figure 3.
    """
    panels = [
        ("accuracy", "one", "accuracy", "test accuracy"),
        ("frog_dead_share", "one", "dead maps", "share of dead maps, frog as input"),
        ("frog_srop", "one", DEAD_TITLES["one"], f"mean SROP of the frog ({convention})"),
        ("frog_srop", "omit", DEAD_TITLES["omit"], f"mean SROP of the frog ({convention})"),
    ]
    figure = Figure(figsize=(7.2, 6))
    figure.suptitle(f"The {LAYER_TITLES.get(layer, layer)}: mean and 95 % interval over {_seeds(summary)}")
    for ax, (quantity, dead, title, label) in zip(figure.subplots(2, 2).flat, panels, strict=True):
        rows = summary[(summary["quantity"] == quantity) & (summary["dead"] == dead)]
        for (case, line), colour, marker in zip(rows.groupby("case"), (_DIGIT, _FROG), "os", strict=False):
            seeds = table[(table["case"] == case) & (table["dead"] == dead)]
            ax.scatter(seeds["w"], seeds[quantity], color=colour, marker=marker, s=8, alpha=0.6)
            ax.plot(line["w"], line["mean"], color=colour, marker=marker, label=CASE_TITLES[case])
            ax.fill_between(line["w"], line["low"], line["high"], color=colour, alpha=0.2, linewidth=0)
        ax.set(title=title, xlabel="w, weight of the frog", ylabel=label, ylim=(-0.04, 1.04))
        sns.despine(ax=ax)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def figure4(channels: pd.DataFrame, baseline: pd.DataFrame, *, convention: str, dead: str) -> Figure:
    """Draw Figure 4: SROPs of the channels of downscaling layers in random networks, against the benchmark pool.

    Args:
        channels: Rows of downscaling layers under one convention and treatment of dead maps, as
            :func:`srop.backbones.describe` gives them.
        baseline: What :func:`srop.backbones.measure_baseline` gives, per layer, likewise.
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
    axes = figure.subplots(len(_INPUTS), len(sizes), squeeze=False)
    for (name, title, _), row in zip(_INPUTS, axes, strict=True):
        for size, ax in zip(sizes, row, strict=True):
            boxes = channels[(channels["input"] == name) & (channels["output_size"] == size)]
            boxes = boxes.assign(box=boxes["network"] + ": " + boxes["layer"])
            present = list(boxes.sort_values("network", key=lambda of: of.map(names.index))["box"].unique())
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
    handles = [mpl.patches.Patch(color=colour, label=name) for name, colour in palette.items()]
    handles.append(mpl.lines.Line2D([], [], color="black", linestyle="--", label="benchmark: max-pools, k = 2, s = 2"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(f"Downscaling layers of random networks; {DEAD_TITLES[dead]}")
    return figure


def figure5(
    table: pd.DataFrame, networks: pd.DataFrame, *, input: str, batch_norm: str, convention: str, dead: str
) -> Figure:
    """Draw Figure 5: mean SROP over depth, of random and trained networks, plain and anti-aliased.

    Args:
        table: Rows of one input, convention, treatment of dead maps and random batch-norm mode, as
            :func:`srop.tables.profiles` gives them.
        networks: What :func:`srop.inventory.list_networks` gives, of all architectures.
        input: ``"images"`` or ``"noise"``.
        batch_norm: How the random networks' batch norms run.
        convention: Name of the convention.
        dead: The treatment of dead maps.

    Returns:
        A panel per backbone, its layers in the order of the forward pass, the y axis logarithmic. Dotted with crosses:
        the benchmark pool in the place of intermediate and downscaling layers (``ds``); plus signs: in the place of the
        downscaling layer only. A panel says which trained networks are missing.

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
                style, marker = _LINES[antialiased]
                ax.plot(line["depth"], line["mean"], style, marker=marker, markersize=3, color=_KINDS[kind])
                ax.fill_between(line["depth"], line["low"], line["high"], color=_KINDS[kind], alpha=0.2, linewidth=0)
            elif not antialiased:
                style, marker = (":", "x") if curve == "ds" else ("none", "+")
                look = {"linestyle": style, "marker": marker, "markersize": 5, "linewidth": 1}
                ax.plot(line["depth"], line["mean"], color=_KINDS[kind], **look)
        absent = networks[(networks["title"] == title) & (networks["state"] != "here")]
        if len(absent):
            kinds = ["anti-aliased" if antialiased else "plain" for antialiased in absent["antialiased"]]
            ax.text(0.98, 0.98, f"missing weights: trained {', '.join(kinds)}", fontsize="x-small")
            ax.texts[-1].set(transform=ax.transAxes, ha="right", va="top", color=_OTHER)
        ax.set(title=title, yscale="log")
        ax.set_xticks(names["depth"], names["layer"], rotation=90, fontsize="xx-small")
        sns.despine(ax=ax)
    for ax in [*axes]:
        ax.set_axis_off()
    figure.supylabel(f"mean SROP ({convention})", fontsize="medium")
    handles = [mpl.patches.Patch(color=colour, label=kind) for kind, colour in _KINDS.items()]
    for label, style, marker in (
        ("plain", "-", "o"),
        ("anti-aliased", "--", "s"),
        ("ds: benchmark pool after the downscaling layer before", ":", "x"),
        ("pool-only: benchmark pool after the layer before", "", "+"),
    ):
        handles.append(
            mpl.lines.Line2D([], [], color=_OTHER, linestyle=style, marker=marker, markersize=4, label=label)
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    what = {name: title for name, title, _ in _INPUTS}[input]
    figure.suptitle(
        f"Over {what}; {DEAD_TITLES[dead]}\nrandom networks: mean and 95 % interval over seeds{_MODES.get(batch_norm)}"
    )
    return figure


def figure_id(table: pd.DataFrame, *, batch_norm: str, convention: str, dead: str, note: str = "") -> Figure:
    """Draw intrinsic dimension and SROP over relative depth.

    Args:
        table: What :func:`srop.tables.dimension_profiles` gives.
        batch_norm: How the random networks' batch norms run.
        convention: Name of the convention.
        dead: The treatment of dead maps.
        note: What is missing, in words.

    Returns:
        Two panels per backbone, dimension above SROP, with mean and 95 % interval over seeds. The band is where the
        paper expects the largest dimension, the dotted line four times that of the trained network's first layer.

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
                style, marker = _LINES[antialiased]
                ax.plot(
                    line["relative_depth"], line["mean"], style, marker=marker, markersize=4, color=_KINDS[kind],
                    label=f"{kind}, anti-aliased" if antialiased else kind,
                )  # fmt: skip
                ax.fill_between(
                    line["relative_depth"], line["low"], line["high"], color=_KINDS[kind], alpha=0.2, linewidth=0
                )
                if quantity == "intrinsic_dimension" and kind == "trained" and not antialiased:
                    ax.axhline(4 * line["mean"].iloc[1], color=_NOISE, linestyle=":", linewidth=1)
            ax.axvspan(0.2, 0.4, color=_OTHER, alpha=0.15, linewidth=0)
            ax.set(ylabel=label, xlim=(-0.02, 1.02))
            ax.set_ylim(bottom=0)
            ax.set_xticks(names["relative_depth"], names["layer"], rotation=90, fontsize="x-small")
            sns.despine(ax=ax)
        axes[2 * block, column].set_title(title)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    handles += [
        mpl.lines.Line2D([], [], color=_NOISE, linestyle=":", label="four times the trained network's first layer"),
        mpl.patches.Patch(color=_OTHER, alpha=0.3, label="relative depth .2 to .4"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    modes = set(table.loc[table["kind"] == "random", "batch_norm"]) - {"none"}
    how = _MODES[batch_norm] if modes else ""
    figure.suptitle(f"Mean and 95 % interval over {_seeds(table)}{how}; {DEAD_TITLES[dead]}{note and chr(10) + note}")
    return figure


def network_title(table: pd.DataFrame) -> pd.Series:
    """Name networks for a legend: the title, whether anti-aliased, and how the batch norm runs where there is one."""
    blurred = table["antialiased"].map({True: ", anti-aliased", False: ""})
    return table["title"] + blurred + table["batch_norm"].map(_MODES).fillna("")


def figure_kappa(summary: pd.DataFrame, *, layer: str, convention: str) -> Figure:
    """Draw the frog's mean SROP over w for a range of kappa: whether Figure 3 hangs on the choice of 0.85.

    Args:
        summary: What :func:`srop.tables.mean_over_seeds` makes of ``frog_srop`` by ``case``, ``w``, ``kappa`` and
            ``dead``, of one layer and convention.
        layer: Name of the layer.
        convention: Name of the convention.

    Returns:
        A panel per case and treatment of dead maps, a line per kappa.
    """
    cases = list(summary["case"].unique())
    figure = Figure(figsize=(3.6 * len(DEAD_TITLES), 3 * len(cases)))
    axes = figure.subplots(len(cases), len(DEAD_TITLES), squeeze=False, sharex=True, sharey=True)
    for case, row in zip(cases, axes, strict=True):
        for dead, ax in zip(DEAD_TITLES, row, strict=True):
            rows = summary[(summary["case"] == case) & (summary["dead"] == dead)]
            sns.lineplot(
                rows, x="w", y="mean", hue="kappa", palette="viridis", errorbar=None, marker="o", legend="full", ax=ax
            )
            ax.set_title(f"{CASE_TITLES[case]}\n{DEAD_TITLES[dead]}", fontsize="small")
            ax.set(xlabel="w, weight of the frog", ylabel=f"mean SROP of the frog ({convention})", ylim=(-0.04, 1.04))
            handles, labels = ax.get_legend_handles_labels()
            ax.get_legend().remove()
            sns.despine(ax=ax)
    figure.legend(handles, labels, title="kappa", loc="outside right center", frameon=False)
    figure.suptitle(f"The {LAYER_TITLES.get(layer, layer)}: mean over {_seeds(summary)}")
    return figure


def figure_runtime(times: pd.DataFrame) -> Figure:
    """Draw where the time of a run went.

    Args:
        times: What :func:`srop.tables.run_times` gives.

    Returns:
        A stacked bar, a part per rule; the rules that take least share one.
    """
    main, rest = times.iloc[:_RULES_SHOWN], times.iloc[_RULES_SHOWN:]
    if len(rest):
        together = rest[["jobs", "minutes"]].sum().to_dict()
        main = pd.concat([main, pd.DataFrame([{"rule": f"{len(rest)} others", **together}])], ignore_index=True)
    figure = Figure(figsize=(10, 2.4))
    ax = figure.subplots()
    ends = main["minutes"].cumsum()
    for (_, row), end, colour in zip(main.iterrows(), ends, sns.color_palette("tab20", len(main)), strict=True):
        plural = "s" if row["jobs"] != 1 else ""
        label = f"{row['rule']}: {row['minutes']:.1f} min in {row['jobs']:.0f} job{plural}"
        ax.barh(0, row["minutes"], left=end - row["minutes"], color=colour, edgecolor="white", label=label)
    ax.set(xlabel="minutes", yticks=[])
    sns.despine(ax=ax, left=True)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="x-small")
    figure.suptitle(f"The {times['jobs'].sum():.0f} jobs one after the other: {ends.iloc[-1]:.1f} minutes")
    return figure


def figure_benchmark(table: pd.DataFrame) -> Figure:
    """Draw the project's speed beside its targets.

    Args:
        table: Rows of :func:`srop.benchmark.benchmark_srops` and its like, with ``machine``.

    Returns:
        Per device a panel of times over yardsticks, which should be short of their targets, and one of how many times
        faster than yardsticks the project is, which should reach theirs; quartiles as error bars.
    """
    table = table.dropna(subset="ratio")
    panels = list(table.groupby(["device", "measure"], sort=False))
    heights = [len(rows) for _, rows in panels]
    figure = Figure(figsize=(8, 1.6 + 0.24 * sum(heights)))
    axes = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for ((device, measure), rows), ax in zip(panels, axes, strict=True):
        place = np.arange(len(rows))
        errors = np.abs(rows[["low", "high"]].to_numpy().T - rows["ratio"].to_numpy())
        colours = [_VERDICTS.get(verdict, _OTHER) for verdict in rows["verdict"]]
        ax.barh(place, rows["ratio"], xerr=errors, color=colours, height=0.7, error_kw={"elinewidth": 0.8})
        ax.scatter(rows["target"], place, marker="|", s=120, color=_NOISE, zorder=3)
        ax.set_yticks(place, rows["what"] + "  " + rows["against"], fontsize="x-small")
        ax.set(title=f"{device.upper()}: {measure} the yardstick", ylim=(len(rows) - 0.4, -0.6))
        if measure == "times faster than":
            ax.set_xscale("log")
        sns.despine(ax=ax)
    handles = [mpl.patches.Patch(color=colour, label=verdict) for verdict, colour in _VERDICTS.items()]
    handles += [
        mpl.patches.Patch(color=_OTHER, label="no target"),
        mpl.lines.Line2D([], [], color=_NOISE, marker="|", linestyle="", label="target"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle("\n".join(table["machine"].unique()), fontsize="small")
    return figure


def _seeds(summary: pd.DataFrame) -> str:
    count = int(summary["seeds"].max())
    return f"{count} seed{'s' if count > 1 else ''}"
