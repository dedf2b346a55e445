"""Statistics over maps."""

import numpy as np
import pytest
import torch

from srop import summarize
from srop.statistics import mean_over

POINTS = torch.tensor([[0.1, 0.2, 0.4, torch.nan, torch.nan], [0.5, torch.nan, torch.nan, torch.nan, torch.nan]])
DEAD = torch.tensor([[False, False, False, True, False], [False, True, True, True, True]])


@pytest.mark.parametrize(
    ("dead", "kept"), [("omit", [[0.1, 0.2, 0.4], [0.5]]), ("one", [[0.1, 0.2, 0.4, 1], [0.5, 1, 1, 1, 1]])]
)
def test_agrees_with_numpy(dead, kept):
    summary = summarize(POINTS, DEAD, dead=dead)
    assert torch.equal(mean_over(POINTS, DEAD, dead=dead), summary.mean)
    for row, values in enumerate(kept):
        assert summary.mean[row].item() == pytest.approx(np.mean(values))
        assert summary.median[row].item() == pytest.approx(np.median(values))
        assert summary.lower_quartile[row].item() == pytest.approx(np.quantile(values, 0.25))
        assert summary.upper_quartile[row].item() == pytest.approx(np.quantile(values, 0.75))
        if len(values) > 1:
            assert summary.std[row].item() == pytest.approx(np.std(values, ddof=1))
        else:
            assert summary.std[row].isnan()
    torch.testing.assert_close(summary.dead_share, torch.tensor([0.2, 0.8]))
    torch.testing.assert_close(summary.out_of_band_share, torch.tensor([0.2, 0.0]))


def test_along_another_dimension():
    for ours, transposed in zip(
        summarize(POINTS, DEAD, dead="omit"), summarize(POINTS.T, DEAD.T, 0, dead="omit"), strict=True
    ):
        torch.testing.assert_close(ours, transposed, equal_nan=True)


def test_nothing_left_is_nan_and_not_zero():
    points, dead = torch.full((3,), torch.nan), torch.ones(3, dtype=torch.bool)
    summary = summarize(points, dead, dead="omit")
    assert summary.mean.isnan()
    assert summary.median.isnan()
    assert summary.std.isnan()
    assert summarize(points, dead, dead="one").mean == 1
    assert summarize(points, ~dead, dead="one").mean.isnan()


@pytest.mark.parametrize(
    ("points", "mask", "dead", "message"),
    [
        (POINTS, DEAD, "zero", "give 'one'.* or 'omit'"),
        (POINTS, DEAD[0], "one", "shape"),
        (POINTS, ~DEAD, "one", "has an SROP"),
    ],
)
def test_bad_arguments(points, mask, dead, message):
    with pytest.raises(ValueError, match=message):
        summarize(points, mask, dead=dead)
