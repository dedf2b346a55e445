"""Figures on made-up tables: what they draw, and that odd data does not break them."""

import numpy as np
import pandas as pd
import pytest
import torch

from srop.convention import CONVENTIONS
from srop.experiments.backbones.figures import figure4, figure5
from srop.experiments.backbones.tables import box_statistics
from srop.experiments.digits.figures import figure2, figure3, figure_kappa
from srop.experiments.inputs.figures import figure1
from srop.experiments.inputs.input_spectra import low_nyquist_prior
from srop.experiments.intrinsic.figures import figure_id
from srop.experiments.intrinsic.tables import dimension_profiles
from srop.experiments.summaries import mean_over_seeds
from srop.report.run_times import figure_runtime
from srop.style import style


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
    figure = figure3(table, summary, layer="relu2", convention="half_pixel")
    assert [len(ax.lines) for ax in figure.axes] == [2] * 4
    assert [line.get_ydata().tolist() for line in figure.axes[3].lines] == [[pytest.approx(0.45)] * 2] * 2
    assert sum("(half_pixel)" in ax.get_ylabel() for ax in figure.axes) == 2
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


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_figure1_counts_every_map(convention):
    images = torch.randint(0, 255, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    spectra, points = low_nyquist_prior(images, noise=2, convention=CONVENTIONS[convention])
    examples = {"images": np.zeros((64, 64, 3)), "noise": np.zeros((64, 64, 3))}
    figure = figure1(examples, spectra, points, example=2, convention=convention)
    figure.canvas.draw()
    for histogram in (figure.axes[2], figure.axes[5]):
        assert sum(patch.get_height() for patch in histogram.patches) == pytest.approx(1)


def channels(**columns) -> pd.DataFrame:
    keys = {"architecture": "r", "title": "ResNet18", "antialiased": False, "batch_norm": "batch", "input": "images"}
    keys |= {"layer": "pool1", "size": 56, "reference": 224, "dead_share": 0.25}
    return pd.DataFrame({"mean": np.linspace(0.1, 0.2, 5)}).assign(**(keys | columns))


def test_figure4_has_a_box_per_network_and_layer():
    table = pd.concat(
        [
            channels(input=name, architecture=architecture, antialiased=blurred, layer=layer)
            for name in ("images", "noise")
            for architecture, blurred in (("r", False), ("r_antialiased", True))
            for layer in ("pool1", "pool1b")
        ]
    )
    baseline = pd.DataFrame({"input": ["images", "noise"], "size": 56, "mean": [0.03, 0.2]})
    figure = figure4(table, baseline, convention="published", dead="omit")
    figure.canvas.draw()
    for ax, expected in zip(figure.axes, (0.03, 0.2), strict=True):
        labels = [label.get_text() for label in ax.get_xticklabels()]
        assert labels == ["pool1\n25% dead", "pool1b\n25% dead"] * 2
        assert any([*line.get_ydata()][:1] == [expected] and line.get_linestyle() == "--" for line in ax.lines)
    assert {text.get_text() for text in figure.legends[0].get_texts()} >= {
        "ResNet18, batch norm calibrated",
        "ResNet18, anti-aliased, batch norm calibrated",
    }
    boxes = box_statistics(table)
    assert len(boxes) == 8
    assert boxes[["lower_quartile", "median", "upper_quartile", "mean"]].iloc[0].tolist() == pytest.approx(
        [0.125, 0.15, 0.175, 0.15]
    )


def test_figure4_keeps_the_layers_of_a_network_in_order():
    """However rows of several networks are mixed: a sort that is not stable goes by the CPU's instructions."""
    layers = [f"pool{number}" for number in range(8)]
    networks = (("r", False), ("r_antialiased", True))
    table = pd.concat(
        [
            channels(input=name, architecture=architecture, antialiased=blurred, layer=layer)
            for name in ("images", "noise")
            for layer in layers
            for architecture, blurred in networks
        ]
    )
    baseline = pd.DataFrame({"input": ["images", "noise"], "size": 56, "mean": [0.03, 0.2]})
    for ax in figure4(table, baseline, convention="published", dead="omit").axes:
        assert [label.get_text() for label in ax.get_xticklabels()] == [f"{layer}\n25% dead" for layer in layers] * 2


def test_figure5_has_a_panel_per_backbone_and_says_what_is_missing():
    rows = [
        {
            "title": title, "antialiased": blurred, "kind": kind, "curve": curve, "layer": f"pool{depth}",
            "depth": depth, "mean": 0.1 * depth, "low": 0.05 * depth, "high": 0.2 * depth,
        }
        for title in ("Mine", "AlexNet")
        for blurred in (False, True)
        for kind in ("random", "trained")
        for curve in ("layer", "ds", "pool-only")
        for depth in (1, 2)
    ]  # fmt: skip
    networks = pd.DataFrame({"title": ["AlexNet", "Mine"], "antialiased": [True, False], "state": ["missing", "here"]})
    options = {"input": "noise", "batch_norm": "batch", "convention": "published", "dead": "omit"}
    figure = figure5(pd.DataFrame(rows), networks, **options)
    figure.canvas.draw()
    first, second = figure.axes
    assert [ax.get_title() for ax in (first, second)] == ["AlexNet", "Mine"]
    assert [len(ax.lines) for ax in (first, second)] == [8, 8]
    assert [text.get_text() for text in first.texts] == ["missing weights: trained anti-aliased"]
    assert not second.texts
    assert first.get_yscale() == "log"
    assert sorted(line.get_linestyle() for line in first.lines) == ["-", "-", "--", "--", ":", ":", "None", "None"]


def test_id_figure_has_two_panels_per_network():
    rows = [
        {
            "title": title, "architecture": title, "antialiased": False, "weights": weights, "seed": seed,
            "batch_norm": "none", "layer": f"layer{depth}", "depth": depth, "relative_depth": depth / 4,
            "features": 10, "intrinsic_dimension": 10 + depth * (seed + 1), "srop": 0.1 if depth < 4 else float("nan"),
        }
        for title in ("digit network", "A", "B", "C", "D")
        for weights in ("random", "imagenet")
        for seed in (0, 1)
        for depth in range(5)
    ]  # fmt: skip
    curves = dimension_profiles(pd.DataFrame(rows), "batch")
    assert set(curves["kind"]) == {"random", "trained"}
    figure = figure_id(curves, batch_norm="batch", convention="published", dead="omit", note="no more")
    figure.canvas.draw()
    drawn = [ax for ax in figure.axes if ax.axison]
    assert len(drawn) == 10
    first = figure.axes[0]
    assert first.get_title() == "digit network"
    assert first.lines[0].get_ydata().tolist() == pytest.approx([10, 11.5, 13, 14.5, 16])
    assert [*first.lines[-1].get_ydata()] == pytest.approx([4 * 11.5] * 2)
    assert "no more" in figure.get_suptitle()


def test_runtime_stacks_every_minute():
    times = pd.DataFrame({"rule": [f"rule{i}" for i in range(20)], "jobs": 2, "minutes": np.arange(20.0, 0, -1)})
    figure = figure_runtime(times)
    figure.canvas.draw()
    (ax,) = figure.axes
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert max(ends) == pytest.approx(times["minutes"].sum())
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[0] == "rule0: 20.0 min in 2 jobs"
    assert labels[-1].startswith("9 others: 45.0 min in 18 jobs")
