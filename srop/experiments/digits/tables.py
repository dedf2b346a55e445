"""Tables of the digit experiments."""

import numpy as np
import pandas as pd

RUN = ["case", "w", "seed"]


MEASURE = ["layer", "convention", "dead"]


BARS = np.linspace(0, 1, 51)
"""Edges of the bars in Figure 2."""


def digits_table(metrics: pd.DataFrame, srops: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the digit networks: a row per case, w, seed, layer, convention and treatment of dead maps.

    Args:
        metrics: What :func:`srop.networks.training.train` gives for all runs, with the columns ``case``, ``w`` and
            ``seed``.
        srops: What :func:`srop.experiments.digits.measure.measure_digits` gives for all runs, with the same columns.

    Returns:
        The keys above, in the order in which they first appear, and ``accuracy`` (test set, after the last epoch),
        ``frog_srop`` (mean over channels, the frog alone as input), ``test_srop`` (mean over the test images that
        have one), ``test_images_without_srop`` (their count), and the shares of dead and out-of-band maps over the test
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
        srops: Rows of one layer and convention, see :func:`srop.experiments.digits.measure.measure_digits`.

    Returns:
        A row per ``case``, ``w``, ``seed``, ``dead``, ``with_frog`` and bar that is not empty: ``srop_from``,
        ``srop_to``, ``images``. Images without an SROP are left out.
    """
    test = srops[(srops["image"] >= 0) & srops["srop"].notna()]
    bar = np.searchsorted(BARS, test["srop"], side="right").clip(max=len(BARS) - 1) - 1
    keys = [*RUN, "dead", "with_frog", "srop_from", "srop_to"]
    return test.assign(srop_from=BARS[bar], srop_to=BARS[bar + 1]).groupby(keys).size().rename("images").reset_index()


def with_shared_run(table: pd.DataFrame) -> pd.DataFrame:
    """Repeat the run without a frog for each case, since both cases start from it."""
    shared = table[table["case"] == "none"]
    cases = [case for case in table["case"].unique() if case != "none"]
    return pd.concat([frame for case in cases for frame in (shared.assign(case=case), table[table["case"] == case])])
