"""The picture of a profile."""

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

import srop
from srop.profile_plots import scale_srops


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2))
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return srop.profile(model, [images], {"relu": "1", "pool": "2", "deep": "3"})


def test_it_shows_what_the_table_holds(table):
    figure = srop.plot_profile(table, title="mine")
    upper, lower = figure.axes
    rows = srop.layer_statistics(table)
    line = upper.lines[1]
    assert line.get_ydata() == pytest.approx(rows["median"])
    assert [bar.get_height() for bar in lower.patches] == rows["dead_share"].tolist()
    assert [text.get_text() for text in lower.get_xticklabels()] == ["relu\n32", "pool\n16", "deep\n8"]
    assert upper.get_title() == "mine"


def test_noise_is_that_of_the_tables_own_reference(table):
    noise, own, hollow = srop.plot_profile(table).axes[0].lines
    assert noise.get_ydata()[0] == pytest.approx(0.88, abs=0.02)
    assert (np.diff(noise.get_ydata()) < 0).all()
    assert len(own.get_ydata()) == 3
    assert not len(hollow.get_ydata())


def test_a_size_of_few_possible_srops_has_no_noise_and_a_hollow_mark():
    model = nn.Sequential(nn.AvgPool2d(2), nn.AvgPool2d(4))
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    upper = srop.plot_profile(srop.profile(model, [images], ["0", "1"], reference=224)).axes[0]
    noise, _, hollow, _ = upper.lines
    assert np.isnan(noise.get_ydata()).tolist() == [False, True]
    assert (hollow.get_xdata().tolist(), hollow.get_markerfacecolor()) == ([1], "white")


def test_a_single_layer_has_a_line_and_a_band_to_see(table):
    upper, _ = srop.plot_profile(table.query("layer == 'relu'")).axes
    noise, own, _ = upper.lines
    assert np.ptp(noise.get_xdata()) > 0
    assert noise.get_ydata()[0] == noise.get_ydata()[1]
    (band,) = upper.collections
    assert np.ptp(band.get_paths()[0].vertices[:, 0]) > 0
    assert own.get_xdata().tolist() == [0]


@pytest.mark.parametrize(("lowest", "highest"), [(0.31, 0.33), (0.21, 0.49), (0.51, 0.97), (0.12, 0.97), (0.006, 0.9)])
def test_the_axis_of_srops_has_several_ticks(lowest, highest):
    axes = Figure().subplots()
    axes.plot([0, 1], [lowest, highest])
    scale_srops(axes, "SROP")
    axes.figure.canvas.draw()
    labels = [*axes.yaxis.get_majorticklabels(), *axes.yaxis.get_minorticklabels()]
    low, high = axes.get_ylim()
    assert sum(bool(label.get_text()) and low <= label.get_position()[1] <= high for label in labels) >= 2


def test_a_layer_without_live_maps_is_a_gap(table):
    dead = table.assign(mean=table["mean"].where(table["layer"] != "pool"))
    line = srop.plot_profile(dead).axes[0].lines[1]
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False]


def test_names_with_marks_of_mathematics_are_drawn_as_they_are(table):
    odd = table.assign(layer=table["layer"] + "$_{")
    figure = srop.plot_profile(odd, title="weights of $HOME/a_b$", others={"_of $x$": odd})
    figure.canvas.draw()
    assert figure.axes[0].get_legend().get_texts()[-1].get_text() == "_of $x$"
    assert figure.axes[0].get_title() == "weights of $HOME/a_b$"


def test_other_networks_are_matched_by_the_names_of_layers(table, tmp_path):
    table.to_csv(tmp_path / "other.csv")
    upper = srop.plot_profile(table, others={"other": srop.read_profile(tmp_path / "other.csv")}).axes[0]
    _, own, _, other, _ = upper.lines
    assert own.get_ydata() == pytest.approx(other.get_ydata())
    with pytest.raises(
        ValueError, match="others='other' has none of the table's layers relu, pool, deep; it has arelu"
    ):
        srop.plot_profile(table, others={"other": table.assign(layer="a" + table["layer"])})
    with pytest.raises(TypeError, match=r"others: a DataFrame was given; give .'name of the network': its table"):
        srop.plot_profile(table, others=table)
    with pytest.raises(ValueError, match="others='other' refers to 64, the table to 32"):
        srop.plot_profile(table, others={"other": table.assign(reference=64)})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda table: [1], TypeError, "a list was given; give what srop.profile returns"),
        (lambda table: table.drop(columns="dead_share"), ValueError, "has no column dead_share"),
        (lambda table: srop.layer_statistics(table), ValueError, "no column channel"),
        (
            lambda table: pd.concat([table.assign(convention=name) for name in ("published", "printed")]),
            ValueError,
            r"several values of convention \(published, printed\); choose one",
        ),
        (lambda table: pd.concat([table, table]), ValueError, "a channel twice"),
        (lambda table: pd.concat([table, table.assign(dead="one")]), ValueError, "several values of dead .omit, one"),
        (lambda table: pd.concat([table, table.assign(reference=64)]), ValueError, "several values of reference"),
        (lambda table: pd.concat([table, table.assign(origin="b")]), ValueError, r"others=.'name of the network'"),
        (lambda table: table.drop(columns="reference"), ValueError, "no column reference, which srop.profile gives"),
    ],
)
def test_what_is_wrong_with_a_table_is_reported(table, change, error, message):
    with pytest.raises(error, match=message):
        srop.plot_profile(change(table))


def test_another_reference_is_refused(table):
    with pytest.raises(ValueError, match="reference=224: the SROPs of this table refer to 32; leave it out"):
        srop.plot_profile(table, reference=224)
    with pytest.raises(ValueError, match="convention=printed: this table was measured under published"):
        srop.plot_profile(table, convention="printed")
