"""The picture of a profile."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import srop


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2))
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return srop.profile(model, [images], {"relu": "1", "pool": "2", "deep": "3"})


def test_it_shows_what_the_table_holds(table):
    figure = srop.plot_profile(table, title="mine")
    upper, lower = figure.axes
    rows = srop.layer_statistics(table.query("dead == 'omit'"))
    (line,) = upper.lines
    assert line.get_ydata() == pytest.approx(rows["mean"])
    assert [bar.get_height() for bar in lower.patches] == rows["dead_share"].tolist()
    assert [text.get_text() for text in lower.get_xticklabels()] == ["relu\n32", "pool\n16", "deep\n8"]
    assert upper.get_title() == "mine"


def test_noise_beside_is_what_maps_without_structure_have(table):
    noise, own = srop.plot_profile(table, reference=32).axes[0].lines
    assert noise.get_ydata()[0] == pytest.approx(0.88, abs=0.02)
    assert (np.diff(noise.get_ydata()) < 0).all()
    assert len(own.get_ydata()) == 3


def test_a_layer_without_live_maps_is_a_gap(table):
    dead = table.assign(mean=table["mean"].where((table["layer"] != "pool") | (table["dead"] == "one")))
    (line,) = srop.plot_profile(dead).axes[0].lines
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda table: [1], TypeError, "a list was given; give what srop.profile returns"),
        (lambda table: table.drop(columns="dead_share"), ValueError, "has no column dead_share"),
        (lambda table: srop.layer_statistics(table), ValueError, "no column channel"),
        (
            lambda table: pd.concat([table.assign(convention=name) for name in ("published", "printed")]),
            ValueError,
            "holds the conventions published, printed; choose one",
        ),
        (lambda table: pd.concat([table, table]), ValueError, "a channel twice"),
        (lambda table: table.query("dead == 'one'"), ValueError, "no row with dead == 'omit'"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(table, change, error, said):
    with pytest.raises(error, match=said):
        srop.plot_profile(change(table))


def test_a_reference_below_the_maps_is_refused(table):
    with pytest.raises(ValueError, match="reference=16 is smaller than the maps"):
        srop.plot_profile(table, reference=16)
