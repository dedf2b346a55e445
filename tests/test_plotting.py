"""Figures on made-up tables: what they draw, and that odd data does not break them."""

import numpy as np
import pandas as pd
import pytest

from srop.plotting import figure2, figure3, figure_kappa, style
from srop.tables import mean_over_seeds


@pytest.fixture(autouse=True)
def _style():
    style()


def measurements(values: dict[int, list[float]], frog: float = 0.5) -> pd.DataFrame:
    """One panel per treatment: values of the test images by seed, all with the frog, and the frog alone."""
    rows = []
    for dead in ("one", "omit"):
        for seed, srops in values.items():
            common = {"case": "case2", "w": 1.0, "seed": seed, "dead": dead, "with_frog": True, "dead_share": 0.25}
            rows += [common | {"image": image, "srop": srop} for image, srop in enumerate(srops)]
            rows.append(common | {"image": -1, "srop": frog})
    return pd.DataFrame(rows)


def panels(values: dict[int, list[float]]):
    figure = figure2([np.zeros((28, 28))], measurements(values), layer="relu2", convention="published", noise=0.88)
    figure.canvas.draw()
    return figure.axes[1:]


def texts(ax) -> str:
    return " ".join([*(text.get_text() for text in ax.texts), ax.get_title(loc="right")])


def test_group_without_spread_is_a_spike_with_its_count():
    for ax in panels({0: [0.7] * 40}):
        assert not ax.patches
        assert ax.get_ylim()[1] >= 40
        assert "40" in texts(ax).split()


def test_group_with_spread_is_a_histogram_with_a_density():
    rng = np.random.default_rng(0)
    for ax in panels({0: rng.normal(0.5, 0.1, 200).tolist(), 1: rng.normal(0.4, 0.1, 200).tolist()}):
        assert sum(patch.get_height() for patch in ax.patches) == pytest.approx(200)
        # The density, the other seed's steps, two frogs and the noise.
        assert len(ax.lines) == 5


def test_images_without_an_srop_are_counted():
    for ax in panels({0: [float("nan")] * 3 + [0.2, 0.5]}):
        assert "3 images have none" in texts(ax)
    for ax in panels({0: [float("nan")] * 5}):
        assert "5 images have none" in texts(ax)
        assert not ax.patches


def test_every_panel_says_the_share_of_dead_maps_and_the_axes_the_convention():
    axes = panels({0: [0.7] * 4})
    assert all("dead maps 25%" in texts(ax) for ax in axes)
    assert axes[-1].get_xlabel() == "mean SROP (published)"


def test_figure3_shows_both_cases_and_both_treatments():
    table = pd.DataFrame(
        [
            {
                "case": case,
                "w": w,
                "dead": dead,
                "seed": seed,
                "accuracy": 0.9,
                "frog_srop": srop,
                "frog_dead_share": 0.1,
            }
            for case in ("case1", "case2")
            for w in (0.0, 1.0)
            for dead in ("one", "omit")
            for seed, srop in enumerate((0.4, 0.5, float("nan")))
        ]
    )
    summary = mean_over_seeds(table, ["case", "w", "dead"], ["accuracy", "frog_srop", "frog_dead_share"])
    figure = figure3(table, summary, layer="relu2", convention="centred")
    assert [len(ax.lines) for ax in figure.axes] == [2] * 4
    assert [line.get_ydata().tolist() for line in figure.axes[3].lines] == [[pytest.approx(0.45)] * 2] * 2
    assert sum("(centred)" in ax.get_ylabel() for ax in figure.axes) == 2
    assert "3 seeds" in figure.get_suptitle()


def test_kappa_figure_has_a_line_per_kappa():
    rows = [
        {"case": case, "w": w, "kappa": kappa, "dead": dead, "quantity": "frog_srop", "mean": kappa * w, "seeds": 3}
        for case in ("case1", "case2")
        for w in (0.0, 0.5, 1.0)
        for kappa in (0.5, 0.7, 0.95)
        for dead in ("one", "omit")
    ]
    figure = figure_kappa(pd.DataFrame(rows), layer="relu2", convention="published")
    # The legend adds lines without data.
    assert [sum(len(line.get_xdata()) == 3 for line in ax.lines) for ax in figure.axes] == [3] * 4
    assert figure.axes[0].lines[0].get_ydata().tolist() == pytest.approx([0, 0.25, 0.5])
    assert len(figure.legends[0].get_texts()) == 3
