"""From measurements of single runs to the tables of the results."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

RUN = ["case", "w", "seed"]
MEASURE = ["layer", "convention", "dead"]
BARS = np.linspace(0, 1, 51)
"""Edges of the bars in Figure 2."""


def digits_table(metrics: pd.DataFrame, srops: pd.DataFrame) -> pd.DataFrame:
    """Gather the digit networks: a row per case, w, seed, layer, convention and treatment of dead maps.

    Args:
        metrics: What :func:`srop.training.train` gives, of all runs, with the columns ``case``, ``w``, ``seed``.
        srops: What :func:`srop.measurement.measure_digits` gives, likewise.

    Returns:
        The keys above, in the order in which they first appear, and ``accuracy`` (test set, after the last epoch),
        ``frog_srop`` (mean over channels, the frog alone as input), ``test_srop`` (mean over the test images that
        have one), ``test_images_without_srop`` (a number), and the shares of dead and out-of-band maps over the test
        set (``dead_share``, ``out_of_band_share``) and for the frog (``frog_dead_share``, ``frog_out_of_band_share``).
    """
    accuracy = metrics.groupby(RUN, sort=False)["test_accuracy"].last().rename("accuracy")
    frog = srops[srops["image"] < 0].set_index(RUN + MEASURE)[["srop", "dead_share", "out_of_band_share"]]
    test = srops[srops["image"] >= 0].groupby(RUN + MEASURE, sort=False)
    table = test.agg(
        test_srop=("srop", "mean"),
        test_images_without_srop=("srop", lambda values: int(values.isna().sum())),
        dead_share=("dead_share", "mean"),
        out_of_band_share=("out_of_band_share", "mean"),
    )
    table = table.join(frog.add_prefix("frog_")).join(accuracy, on=RUN).reset_index()
    return table[
        [
            *RUN,
            *MEASURE,
            "accuracy",
            "frog_srop",
            "test_srop",
            "dead_share",
            "frog_dead_share",
            "out_of_band_share",
            "frog_out_of_band_share",
            "test_images_without_srop",
        ]
    ]


def histogram(srops: pd.DataFrame) -> pd.DataFrame:
    """Count the test images by their mean SROP, as Figure 2 shows them.

    Args:
        srops: Rows of one layer and convention, see :func:`srop.measurement.measure_digits`.

    Returns:
        A row per ``case``, ``w``, ``seed``, ``dead``, ``with_frog`` and bar that is not empty: ``srop_from``,
        ``srop_to``, ``images``. Images without an SROP are in no bar.
    """
    test = srops[(srops["image"] >= 0) & srops["srop"].notna()]
    bar = np.searchsorted(BARS, test["srop"], side="right").clip(max=len(BARS) - 1) - 1
    keys = [*RUN, "dead", "with_frog", "srop_from", "srop_to"]
    return test.assign(srop_from=BARS[bar], srop_to=BARS[bar + 1]).groupby(keys).size().rename("images").reset_index()


def mean_over_seeds(table: pd.DataFrame, by: list[str], values: list[str]) -> pd.DataFrame:
    r"""Average over seeds, with Student's 95 % interval :math:`\bar x \pm t_{n-1} s / \sqrt n`.

    Args:
        table: A row per seed and key.
        by: The keys.
        values: Columns to average.

    Returns:
        A row per key and column: the keys, ``quantity`` (the column), ``mean``, ``low``, ``high``, ``seeds`` (how many
        have a value). The interval is NaN for fewer than two seeds, and is not cut at the ends of a quantity's range.
    """
    long = table.melt(id_vars=by, value_vars=values, var_name="quantity")
    groups = long.groupby([*by, "quantity"], sort=False)["value"]
    summary = groups.agg(mean="mean", std="std", seeds="count").reset_index()
    quantile = stdtrit(summary["seeds"].clip(lower=2) - 1, 0.975)
    half_width = quantile * summary.pop("std") / summary["seeds"] ** 0.5
    seeds = summary.pop("seeds")
    return summary.assign(low=summary["mean"] - half_width, high=summary["mean"] + half_width, seeds=seeds)


def with_shared_run(table: pd.DataFrame) -> pd.DataFrame:
    """Let both cases start from the run without a frog, which belongs to neither and is shared by both."""
    shared = table[table["case"] == "none"]
    cases = [case for case in table["case"].unique() if case != "none"]
    return pd.concat([frame for case in cases for frame in (shared.assign(case=case), table[table["case"] == case])])


PAPER_BACKBONES = ("AlexNet", "VGG16", "VGG16-bn", "ResNet18", "ResNet34", "DenseNet121", "DenseNet169")
"""Titles of the backbones in the paper's Table 1."""

PAPER_TABLE2 = pd.DataFrame(
    [
        (224, 0.852, 0.494, "conv0.1 (VGG16-bn)", False),
        (112, 0.399, 0.237, "conv1.1 (VGG16-bn)", True),
        (56, 0.198, 0.101, "denseblk1 (DenseNet121)", True),
        (28, 0.098, 0.047, "conv1.0 (AlexNet)", True),
        (14, 0.048, 0.023, "conv4.2 (VGG16-bn)", False),
        (7, 0.025, 0.012, "resblk4.2 (ResNet34)", True),
    ],
    columns=["output_size", "paper_baseline", "paper_minimum", "paper_layer", "paper_antialiased"],
)
"""The paper's Table 2, of networks pretrained on ImageNet."""


def output_size(size: pd.Series, reference: pd.Series | int) -> pd.Series:
    """Give the row of Table 1 that maps belong to: the halving of the input's size that is nearest to theirs.

    Example:
        >>> output_size(pd.Series([224, 55, 27, 13, 6]), 224).tolist()
        [224, 56, 28, 14, 7]
    """
    return (reference / 2 ** np.log2(reference / size).round()).astype(int)


def table1(table: pd.DataFrame) -> pd.DataFrame:
    """List the layers of all backbones: Table 1.

    Args:
        table: All backbones, as :func:`srop.layer_statistics` gives them.

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
    """Lay Table 1 out as the paper does: a row per output size, a column per backbone, downscaling layers in bold.

    Args:
        table: What :func:`table1` gives.

    Returns:
        Text. A size in brackets is a layer's own, where it is not the row's. Architectures of the same title share a
        column if their layers are alike.
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
        table: All backbones, as :func:`srop.layer_statistics` gives them.
        baseline: The baseline, likewise.

    Returns:
        A row per output size, kind of weights (``random`` or ``trained``), batch-norm mode, input, convention and
        treatment of dead maps: ``baseline`` (mean SROP), ``minimum`` (smallest layer mean over the paper's backbones,
        averaged over seeds), its ``layer``, ``set`` of weights, ``antialiased``, ``size`` (AlexNet's maps are smaller
        than their row's) and ``dead_share``, and the paper's numbers, which are of pretrained networks. A network
        without batch norm counts in every mode; the mode is ``none`` where no network has one.

    Reference:
        Yu et al. 2021, Table 2.
    """
    measure = ["input", "convention", "dead"]
    of_paper = table["title"].isin(PAPER_BACKBONES) & (table["reference"] == PAPER_TABLE2["output_size"].max())
    rows = table[of_paper & (table["curve"] == "layer")].rename(columns={"weights": "set"})
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
    least = means.loc[means.groupby(keys)["mean"].idxmin()].rename(columns={"mean": "minimum"})
    least = least.assign(layer=least["layer"] + " (" + least["title"] + ")")
    of_baseline = baseline.rename(columns={"size": "output_size", "mean": "baseline"})
    found = least.merge(of_baseline[["output_size", *measure, "baseline"]], on=["output_size", *measure])
    found = found.merge(PAPER_TABLE2, on="output_size")
    columns = [*keys, "baseline", "paper_baseline", "minimum", "layer", "set", "antialiased", "size", "dead_share"]
    columns += ["paper_minimum", "paper_layer", "paper_antialiased"]
    order = ["weights", "batch_norm", *measure, "output_size"]
    return found[columns].sort_values(order, ascending=[True] * 5 + [False], ignore_index=True)


def box_statistics(channels: pd.DataFrame) -> pd.DataFrame:
    """Summarise channels' mean SROPs as Figure 4's boxes show them, all seeds together.

    Args:
        channels: Rows of one convention and treatment of dead maps, as :func:`srop.profile` gives them.

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
        table: All backbones under one convention and treatment of dead maps, as :func:`srop.layer_statistics` gives
            them.
        batch_norm: Which of the random networks' batch-norm modes to take, ``"running"`` or ``"batch"``.

    Returns:
        A row per backbone, kind of weights (``kind``: ``random`` or ``trained``), input, curve and layer: ``mean``, the
        95 % interval ``low`` to ``high`` over seeds (NaN for a single network), ``seeds``, ``dead_share``.

    Reference:
        Yu et al. 2021, Figure 5.
    """
    rows = _of_kind(table, batch_norm)
    keys = ["title", "architecture", "antialiased", "kind", "weights", "input", "curve", "layer", "depth", "size"]
    curves = mean_over_seeds(rows, keys, ["mean"]).drop(columns="quantity")
    shares = rows.groupby(keys)["dead_share"].mean().reset_index()
    return curves.merge(shares, on=keys)


def dimension_profiles(table: pd.DataFrame, batch_norm: str) -> pd.DataFrame:
    """Average intrinsic dimensions and SROPs over seeds: the curves of the figure ``id``.

    Args:
        table: Networks under one convention and treatment of dead maps, as
            :func:`srop.intrinsic.dimension_profile` gives them.
        batch_norm: Which of the random networks' batch-norm modes to take, ``"running"`` or ``"batch"``.

    Returns:
        A row per network, kind of weights (``kind``: ``random`` or ``trained``), layer and ``quantity``
        (``intrinsic_dimension`` or ``srop``): ``mean``, the 95 % interval ``low`` to ``high`` over seeds, ``seeds``.

    Reference:
        Yu et al. 2021, Sec. 5.3.
    """
    rows = _of_kind(table, batch_norm)
    keys = ["title", "architecture", "antialiased", "kind", "weights", "batch_norm"]
    keys += ["layer", "depth", "relative_depth", "features"]
    return mean_over_seeds(rows, keys, ["intrinsic_dimension", "srop"])


def _of_kind(table: pd.DataFrame, batch_norm: str) -> pd.DataFrame:
    """Take trained networks, and random ones of a batch-norm mode, and say in ``kind`` which they are."""
    rows = table[table["batch_norm"].isin([batch_norm, "none", "trained"])]
    return rows.assign(kind=np.where(rows["weights"] == "random", "random", "trained"))


def run_times(jobs: pd.DataFrame) -> pd.DataFrame:
    """Add up the time of a run's jobs by rule, the longest first.

    Args:
        jobs: What :func:`srop.io.read_run_times` gives.

    Returns:
        A row per rule: ``rule``, ``jobs`` and ``minutes``.
    """
    seconds = jobs.groupby("rule")["seconds"]
    times = pd.DataFrame({"jobs": seconds.size(), "minutes": seconds.sum() / 60})
    return times.sort_values("minutes", ascending=False, kind="stable").reset_index()
