"""Pictures show the numbers they are of, whatever layers and networks are called."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import srop

ODD_NAMES = ["_first", "$a^$", "b_{", "plain"]


def drawn(figure: Figure) -> Figure:
    figure.canvas.draw()
    return figure


def heat(size: int) -> srop.HeatMap:
    values = torch.arange(size * size, dtype=torch.float64).view(size, size)
    return srop.HeatMap(values / size**2, 3 * values)


@pytest.mark.parametrize("size", [1, 4, 7, 32])
def test_a_heat_map_shows_its_values_at_their_frequencies(size):
    given = heat(size)
    figure = drawn(srop.plot_heatmap(given, title="a $ title"))
    for axes, values in zip(figure.axes[:2], given, strict=True):
        (image,) = axes.images
        assert np.asarray(image.get_array()).tolist() == values.tolist()
        left, right, bottom, top = image.get_extent()
        # The pixel of DC lies about 0, in the middle of an odd size and one beyond it of an even one.
        assert (left + size // 2 + 0.5, top + size // 2 + 0.5) == (0, 0)
        assert (right - left, bottom - top) == (size, size)
        assert image.norm.vmin == 0


def test_a_heat_map_without_errors_has_a_color_for_none():
    figure = drawn(srop.plot_heatmap(srop.HeatMap(torch.zeros(4, 4), torch.zeros(4, 4))))
    assert [axes.images[0].get_clim() for axes in figure.axes[:2]] == [(0, 1), (0, 1)]


def test_frequencies_of_one_network_are_bars_and_of_several_lines():
    scores = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
    shares = srop.positive_shares(scores)
    (axes,) = drawn(srop.plot_frequencies(scores, title="a $ title")).axes
    assert [bar.get_height() for bar in axes.patches] == pytest.approx(shares.tolist())
    (axes,) = drawn(srop.plot_frequencies({name: scores for name in ODD_NAMES})).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ODD_NAMES
    for line in axes.lines:
        assert line.get_ydata() == pytest.approx(shares.numpy())


def test_filters_are_counted_in_their_bins_layer_by_layer():
    centers = {name: torch.tensor([3.0, 3.1, 12.0, torch.nan], dtype=torch.float64) for name in ODD_NAMES}
    figure = drawn(srop.plot_filters(centers, cutoff=10, title="a $ title"))
    assert [axes.texts[0].get_text() for axes in figure.axes] == ODD_NAMES
    for axes in figure.axes:
        assert axes.texts[1].get_text() == "3 filters, 67% low"
        assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(1)
        low = [bar.get_height() for bar in axes.patches if bar.get_x() < 10]
        assert sum(low) == pytest.approx(2 / 3)
        white, cutoff = axes.lines
        assert white.get_xdata() == pytest.approx([12.2521] * 2, abs=1e-4)
        assert cutoff.get_xdata() == [10, 10]


def test_a_layer_of_zeros_has_an_empty_row_and_one_layer_needs_no_name():
    figure = drawn(srop.plot_filters({"zeros": torch.full((4,), torch.nan), "other": torch.ones(2)}, cutoff=10))
    assert [axes.texts[1].get_text() for axes in figure.axes] == ["0 filters", "2 filters, 100% low"]
    assert len(drawn(srop.plot_filters(torch.ones(3))).axes) == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: srop.plot_heatmap(torch.ones(2, 4, 4)), TypeError, "give what srop.fourier_heatmap returns"),
        (lambda: srop.plot_frequencies(np.ones((2, 3))), TypeError, "scores: a ndarray was given"),
        (lambda: srop.plot_frequencies(torch.ones(3)), ValueError, r"scores of shape \(3,\)"),
        (lambda: srop.plot_frequencies(-torch.ones(2, 3)), ValueError, "scores: not one is positive"),
        (lambda: srop.plot_frequencies({"a": -torch.ones(2, 3)}), ValueError, "scores of 'a': not one is positive"),
        (
            lambda: srop.plot_frequencies({"a": torch.ones(2, 3), "b": torch.ones(2, 4)}),
            ValueError,
            r"scores of \{'a': 3, 'b': 4\} frequencies; give scores of one number",
        ),
        (lambda: srop.plot_frequencies({}), ValueError, "scores of nothing"),
        (lambda: srop.plot_filters({}), ValueError, "centers of no layer"),
        (lambda: srop.plot_filters({"a": [1.0]}), TypeError, "centers of 'a': a list was given"),
        (lambda: srop.plot_filters(torch.ones(2, 1, 3, 3)), ValueError, r"as filter_centers\(weight\)"),
        (
            lambda: srop.plot_filters(torch.tensor([30.0])),
            ValueError,
            "centers lie in 30 to 30; size=32 has 0 to 22.63",
        ),
        (lambda: srop.plot_filters(torch.ones(2), cutoff="10"), TypeError, "cutoff='10'"),
        (lambda: srop.plot_filters(torch.ones(2), size=0), ValueError, "size=0"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_mean_does_not_flatten_the_other_frequencies():
    shares = torch.tensor([[90.0, 4.0, 6.0]])
    axes = srop.plot_frequencies(shares).axes[0]
    assert axes.get_ylim() == pytest.approx((0, 0.069))
    assert [text.get_text() for text in axes.texts] == ["the mean has 90%"]
    axes = srop.plot_frequencies({"a_": shares, "b": torch.tensor([[1.0, 1.0, 0.0]])}).axes[0]
    assert axes.get_ylim()[1] > 0.9
    assert not srop.plot_frequencies(torch.tensor([[3.0, 2.0, 1.0]])).axes[0].texts
