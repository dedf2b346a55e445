"""What public functions say of what they cannot take."""

import numpy as np
import pytest
import torch
from torch import nn

from srop import dead_maps, profile, radial_spectrum, rolloff_grid, rolloff_points, rolloff_points_1d, summarize

MAPS = torch.arange(64.0).reshape(1, 8, 8) ** 2
POINTS, MASK = torch.tensor([0.2, 0.4]), torch.tensor([False, False])
NETWORK = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: rolloff_points(MAPS.numpy()), TypeError, "maps: a ndarray was given; give a torch.Tensor"),
        (lambda: rolloff_points([[1.0]]), TypeError, "maps: a list was given"),
        (lambda: rolloff_points(torch.ones(8, 8).to_sparse()), TypeError, "maps: a sparse tensor .*to_dense"),
        (lambda: rolloff_points(torch.ones(2, 8, 8, device="meta")), TypeError, "maps: a meta tensor"),
        (lambda: dead_maps(torch.nested.nested_tensor([MAPS[0]])), TypeError, "maps: a nested tensor .*torch.stack"),
        (
            lambda: rolloff_points(torch.quantize_per_tensor(MAPS, 0.1, 0, torch.quint8)),
            TypeError,
            "maps: a quantized tensor .*dequantize",
        ),
        (
            lambda: profile(nn.DataParallel(NETWORK), [torch.ones(1, 3, 8, 8)], ["1"]),
            TypeError,
            "DataParallel runs copies of a network side by side; give model.module",
        ),
        (lambda: rolloff_points(None), TypeError, "maps: a NoneType was given"),
        (lambda: radial_spectrum(MAPS.numpy()), TypeError, "maps: a ndarray was given"),
        (lambda: rolloff_points_1d([1.0, 2.0]), TypeError, "signals: a list was given"),
        (lambda: dead_maps([1.0]), TypeError, "maps: a list was given"),
        (
            lambda: rolloff_points(MAPS, convention=None),
            TypeError,
            "None is no convention; give a Convention",
        ),
        (lambda: rolloff_points(MAPS, convention=[]), ValueError, "convention is empty"),
        (lambda: rolloff_points(MAPS, convention=["published", 3]), TypeError, "3 is no convention"),
        (lambda: rolloff_points(MAPS, reference=224.0), TypeError, r"reference=224.0: it is a number of pixels"),
        (lambda: rolloff_points(MAPS, reference="224"), TypeError, "reference='224'"),
        (lambda: rolloff_points(MAPS, reference=-3), ValueError, "reference=-3: .* at least 1"),
        (lambda: rolloff_grid(-3), ValueError, "size=-3"),
        (lambda: rolloff_grid(24.0), TypeError, "size=24.0"),
        (lambda: rolloff_grid(24, reference=7), ValueError, "reference=7 is smaller than the maps"),
        (lambda: dead_maps(torch.ones(5)), ValueError, r"maps of shape \(5,\)"),
        (lambda: dead_maps(torch.ones(2, 0, 0)), ValueError, r"maps of shape \(2, 0, 0\)"),
        (lambda: summarize(POINTS[:0], MASK[:0], dead="one"), ValueError, r"points of shape \(0,\) are empty"),
        (lambda: summarize(POINTS.int(), MASK, dead="one"), TypeError, "points are torch.int32"),
        (lambda: summarize(POINTS, MASK.int(), dead="one"), TypeError, "dead_mask is torch.int32"),
        (lambda: summarize(POINTS.tolist(), MASK, dead="one"), TypeError, "points: a list was given"),
        (
            lambda: profile(NETWORK, [torch.ones(1, 3, 8, 8)], "1"),
            TypeError,
            r"layers='1': give a list of names",
        ),
        (lambda: profile(NETWORK, [torch.ones(1, 3, 8, 8)], ["1"], reference=8.0), TypeError, "reference=8.0"),
        (lambda: profile(print, [torch.ones(1, 3, 8, 8)], ["1"]), TypeError, "model: a builtin_function"),
        (
            lambda: profile(torch.jit.script(NETWORK), [torch.ones(1, 3, 8, 8)], ["1"]),
            TypeError,
            "TorchScript runs its layers without hooks; give the torch.nn.Module",
        ),
        (lambda: profile(torch.compile(NETWORK), [torch.ones(1, 3, 8, 8)], ["1"]), TypeError, "model._orig_mod"),
        (
            lambda: profile(nn.Conv2d(3, 4, 3, device="meta"), [torch.ones(1, 3, 8, 8)], [""]),
            ValueError,
            "it lies on the meta device",
        ),
    ],
)
def test_what_is_wrong_is_said(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_what_is_meant_is_taken():
    """NumPy's integers, and names or conventions in tuples."""
    assert rolloff_points(MAPS, reference=np.int64(16)).shape == (1,)
    assert rolloff_points(MAPS, convention=("published", "half_pixel")).shape == (2, 1)
    assert profile(NETWORK, [torch.rand(2, 3, 8, 8)], ["1"], reference=np.int64(8)).shape[0] == 8
    assert summarize(POINTS.half(), MASK, dead="one").mean == pytest.approx(0.3, abs=1e-3)
