"""Tables of the layers of backbones."""

import numpy as np
import pandas as pd

from srop.experiments.backbones.paper import PAPER_BACKBONES, PAPER_TABLE2
from srop.experiments.summaries import mean_over_seeds, with_kind


def output_size(size: pd.Series, reference: pd.Series | int) -> pd.Series:
    """Compute the row of Table 1 for maps of a size: the halving of the input's size that is nearest to it.

    Example:
        >>> output_size(pd.Series([224, 55, 27, 13, 6]), 224).tolist()
        [224, 56, 28, 14, 7]
    """
    return (reference / 2 ** np.log2(reference / size).round()).astype(int)


def table1(table: pd.DataFrame) -> pd.DataFrame:
    """List the layers of all backbones: Table 1.

    Args:
        table: The layers of all backbones, from :func:`srop.layer_statistics`.

    Returns:
        A row per architecture and layer: ``architecture``, ``title``, ``antialiased``, ``depth``, ``layer``,
        ``module``, ``downscales``, ``output_size`` (the row of Table 1), ``size`` (as measured) and ``channels``.

    Reference:
        Yu et al. 2021, Table 1.
    """
    table = table[table["curve"] == "layer"]
    table = table.assign(output_size=output_size(table["size"], table["reference"]))
    columns = ["architecture", "title", "antialiased", "depth", "layer", "module", "downscales"]
    return table[[*columns, "output_size", "size", "channels"]].drop_duplicates(ignore_index=True)


def table1_grid(table: pd.DataFrame) -> pd.DataFrame:
    """Arrange Table 1 as in the paper: a row per output size, a column per backbone, downscaling layers in bold.

    Args:
        table: The table of :func:`table1`.

    Returns:
        Cells of text. A size in brackets is a layer's own size, if it differs from the row's. Architectures of the same
        title share a column if their layers are the same.
    """
    name = np.where(table["downscales"], "**" + table["layer"] + "**", table["layer"])
    other = np.where(table["size"] == table["output_size"], "", " (" + table["size"].astype(str) + ")")
    cells = table.assign(cell=name + other).groupby(["title", "architecture", "output_size"], sort=False)["cell"]
    columns = cells.agg(", ".join).unstack(fill_value="-").sort_index(axis=1, ascending=False)
    shown = {}
    for (title, architecture), column in columns.iterrows():
        known = shown.setdefault(title, column)
        if not known.equals(column):
            shown[f"{title} ({architecture})"] = column
    grid = pd.DataFrame(shown)
    order = [*filter(grid.columns.__contains__, PAPER_BACKBONES)]
    grid = grid[order + [column for column in grid if column not in order]]
    return grid.rename_axis("output size").reset_index()


def table2(table: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Find the layer of the smallest mean SROP at each output size: Table 2.

    Args:
        table: The layers of all backbones, from :func:`srop.layer_statistics`.
        baseline: The layers of the baseline, from :func:`srop.layer_statistics`.

    Returns:
        A row per output size, kind of weights (``random`` or ``trained``), batch-norm mode, input, convention and
        treatment of dead maps: ``baseline`` (mean SROP), ``minimum`` (smallest layer mean over the paper's backbones,
        averaged over seeds), its ``layer``, ``set`` of weights, ``antialiased``, ``size`` (AlexNet's maps are smaller
        than their row's) and ``dead_share``, and the paper's numbers, which come from pretrained networks. Random
        anti-aliased networks are left out, since the paper has none. A network without batch norm counts in every mode;
        the mode is ``none`` if no network has batch norm.

    Reference:
        Yu et al. 2021, Table 2.
    """
    measure = ["input", "convention", "dead"]
    is_papers = table["title"].isin(PAPER_BACKBONES) & (table["reference"] == PAPER_TABLE2["output_size"].max())
    random_antialiased = (table["weights"] == "random") & table["antialiased"].astype(bool)
    rows = table[is_papers & ~random_antialiased & (table["curve"] == "layer")].rename(columns={"weights": "set"})
    rows = rows.assign(
        output_size=output_size(rows["size"], rows["reference"]),
        weights=np.where(rows["set"] == "random", "random", "trained"),
    )
    normed, plain = rows[rows["batch_norm"] != "none"], rows[rows["batch_norm"] == "none"]
    modes = normed[["weights", "batch_norm"]].drop_duplicates()
    in_modes = plain.drop(columns="batch_norm").merge(modes, on="weights")
    rows = pd.concat([normed, in_modes, plain[~plain["weights"].isin(modes["weights"])]])
    keys = ["output_size", "weights", "batch_norm", *measure]
    layer = ["architecture", "set", "title", "antialiased", "layer", "size"]
    means = rows.groupby(keys + layer)[["mean", "dead_share"]].mean().dropna(subset="mean").reset_index()
    minima = means.loc[means.groupby(keys)["mean"].idxmin()].rename(columns={"mean": "minimum"})
    minima = minima.assign(layer=minima["layer"] + " (" + minima["title"] + ")")
    baseline = baseline.rename(columns={"size": "output_size", "mean": "baseline"})
    minima = minima.merge(baseline[["output_size", *measure, "baseline"]], on=["output_size", *measure])
    minima = minima.merge(PAPER_TABLE2, on="output_size")
    columns = [*keys, "baseline", "paper_baseline", "minimum", "layer", "set", "antialiased", "size", "dead_share"]
    columns += ["paper_minimum", "paper_layer", "paper_antialiased"]
    order = ["weights", "batch_norm", *measure, "output_size"]
    return minima[columns].sort_values(order, ascending=[True] * 5 + [False], ignore_index=True)


def box_statistics(channels: pd.DataFrame) -> pd.DataFrame:
    """Summarize the channels' mean SROPs as the boxes of Figure 4 show them, over all seeds together.

    Args:
        channels: Rows of one convention and treatment of dead maps, from :func:`srop.profile`.

    Returns:
        A row per box: the keys, ``channels``, ``mean``, ``lower_quartile``, ``median``, ``upper_quartile``,
        ``dead_share``.
    """
    keys = ["architecture", "title", "batch_norm", "input", "layer", "size"]
    groups = channels.groupby(keys, sort=False)
    boxes = groups.agg(
        channels=("mean", "size"), mean=("mean", "mean"), median=("mean", "median"), dead_share=("dead_share", "mean")
    )
    quartiles = {"lower_quartile": 0.25, "upper_quartile": 0.75}
    return boxes.assign(**{name: groups["mean"].quantile(share) for name, share in quartiles.items()}).reset_index()


def profiles(table: pd.DataFrame, batch_norm: str) -> pd.DataFrame:
    """Average the layers of all backbones over seeds: the curves of Figure 5.

    Args:
        table: The layers of all backbones under one convention and treatment of dead maps, from
            :func:`srop.layer_statistics`.
        batch_norm: Which batch-norm mode of the random networks to take, ``"running"`` or ``"batch"``.

    Returns:
        A row per backbone, kind of weights (``kind``: ``random`` or ``trained``), input, curve and layer: ``mean``, the
        95 % interval ``low`` to ``high`` over seeds (NaN for a single network), ``seeds``, ``dead_share``.

    Reference:
        Yu et al. 2021, Figure 5.
    """
    rows = with_kind(table, batch_norm)
    keys = ["title", "architecture", "antialiased", "kind", "weights", "input", "curve", "layer", "depth", "size"]
    curves = mean_over_seeds(rows, keys, ["mean"]).drop(columns="quantity")
    shares = rows.groupby(keys)["dead_share"].mean().reset_index()
    return curves.merge(shares, on=keys)
