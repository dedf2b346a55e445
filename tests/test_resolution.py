"""How many SROPs maps of a size can have."""

import pytest
import torch

from srop import CONVENTIONS, possible_srops, rolloff_points
from srop.resolution import is_coarse


@pytest.mark.parametrize(("size", "count"), [(2, 1), (3, 2), (4, 3), (5, 4), (7, 5), (8, 6)])
def test_small_maps_have_few_srops(size, count):
    assert possible_srops(size, reference=224) == tuple(k / 156 for k in range(1, count + 1))


@pytest.mark.parametrize("convention", ["published", "half_pixel"])
@pytest.mark.parametrize("size", [2, 3, 4, 5, 7, 8])
def test_no_map_has_another(size, convention):
    noise = torch.randn(2000, size, size, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.avg_pool2d(noise, 3, 1, 1)
    waves = torch.eye(size**2).view(-1, size, size)
    maps = torch.cat([noise, smooth, noise.cumsum(-1), waves, torch.fft.fft2(waves).real])
    points = rolloff_points(maps.float(), convention=convention, reference=224)
    values = possible_srops(size, reference=224, convention=convention)
    assert set(points[points.isfinite()].tolist()) <= {torch.tensor(value).item() for value in values}


def test_of_their_own_size_maps_have_all_rings():
    assert possible_srops(24) == pytest.approx([k / 15 for k in range(1, 16)])
    assert possible_srops(7, convention="printed") == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert possible_srops(1, reference=224) == ()


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_larger_maps_are_not_coarse(convention):
    assert not any(is_coarse(size, reference=224, convention=convention) for size in (14, 28, 55, 224))


@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        (9, {"reference": 224}, "size=9: give at most 8"),
        (8, {"reference": 4}, "reference=4 is smaller than the maps"),
    ],
)
def test_what_is_not_known_is_refused(size, options, message):
    with pytest.raises(ValueError, match=message):
        possible_srops(size, **options)
