"""Tables on made-up measurements."""

import pandas as pd
import pytest
from scipy import stats

from srop.experiments.digits.tables import digits_table, histogram, with_shared_run
from srop.experiments.summaries import mean_over_seeds


def measurements() -> tuple[pd.DataFrame, pd.DataFrame]:
    run = {"case": "case2", "w": 0.9, "seed": 0}
    metrics = pd.DataFrame([run | {"epoch": 1, "test_accuracy": 0.5}, run | {"epoch": 2, "test_accuracy": 0.75}])
    key = run | {"layer": "relu2", "convention": "published", "dead": "omit", "out_of_band_share": 0.0}
    rows = [(0, 0.2, 0.0), (1, 0.6, 0.5), (2, float("nan"), 1.0), (-1, 0.9, 0.25)]
    srops = pd.DataFrame([key | {"image": image, "srop": srop, "dead_share": dead} for image, srop, dead in rows])
    return metrics, srops


def test_digits_table():
    row = digits_table(*measurements()).iloc[0]
    assert len(digits_table(*measurements())) == 1
    assert row["accuracy"] == 0.75
    assert row["test_srop"] == pytest.approx(0.4)
    assert row["test_images_without_srop"] == 1
    assert row["dead_share"] == pytest.approx(0.5)
    assert (row["frog_srop"], row["frog_dead_share"]) == (0.9, 0.25)


def test_interval_is_students():
    table = pd.DataFrame({"w": [0.5] * 3, "accuracy": [0.7, 0.8, 1.0]})
    row = mean_over_seeds(table, ["w"], ["accuracy"]).iloc[0]
    low, high = stats.t.interval(0.95, 2, loc=table["accuracy"].mean(), scale=stats.sem(table["accuracy"]))
    assert (row["mean"], row["seeds"]) == (pytest.approx(table["accuracy"].mean()), 3)
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))


def test_one_seed_has_no_interval():
    row = mean_over_seeds(pd.DataFrame({"w": [0.5], "accuracy": [0.7]}), ["w"], ["accuracy"]).iloc[0]
    assert row["mean"] == 0.7
    assert pd.isna(row["low"])
    assert pd.isna(row["high"])


def test_both_cases_start_from_the_shared_run():
    table = pd.DataFrame({"case": ["none", "case1", "case2"], "w": [0.0, 1.0, 1.0]})
    shared = with_shared_run(table)
    assert shared[["case", "w"]].values.tolist() == [["case1", 0], ["case1", 1], ["case2", 0], ["case2", 1]]


def test_histogram_counts_every_image_with_an_srop_once():
    srops = measurements()[1].assign(with_frog=True)
    srops.loc[1, "srop"] = 1.0
    bars = histogram(srops)
    assert bars["images"].tolist() == [1, 1]
    assert bars["srop_from"].tolist() == pytest.approx([0.2, 0.98])
    assert bars["srop_to"].tolist() == pytest.approx([0.22, 1.0])
