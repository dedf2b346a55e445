"""The share of power above a ring, against the spectrum that the SROP is read from."""

import pytest
import torch

from srop import fine_share, radial_spectrum, rolloff_points
from srop.rings import outermost_ring


def noise(count: int, size: int) -> torch.Tensor:
    return torch.randn(count, size, size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_a_map_that_is_not_finite_has_none_and_half_precision_has_one():
    maps = noise(4, 16).float()
    maps[1, 3, 3], maps[2, 0, 0], maps[3] = torch.nan, torch.inf, 0
    assert torch.equal(fine_share(maps, 3).isnan(), torch.tensor([False, True, True, False]))
    assert fine_share(maps, 3)[3] == 1
    for kind in (torch.float16, torch.bfloat16):
        torch.testing.assert_close(fine_share(maps[:1].to(kind), 3), fine_share(maps[:1].to(kind).float(), 3))


@pytest.mark.parametrize("size", [6, 7, 16, 24])
def test_it_is_that_of_the_radial_spectrum(size):
    maps = noise(5, size)
    spectrum = radial_spectrum(maps)
    for ring in range(1, outermost_ring(size)):
        torch.testing.assert_close(fine_share(maps, ring), spectrum[:, ring:].sum(-1))


def test_it_decides_whether_an_srop_lies_below_a_ring():
    maps = torch.cat([noise(20, 24), torch.nn.functional.avg_pool2d(noise(20, 28), 5, 1)])
    below = rolloff_points(maps) <= 8 / outermost_ring(24) + 1e-9
    assert torch.equal(fine_share(maps, 8) <= 0.15, below)
    assert 5 < below.sum() < 35


def test_its_gradient_is_that_of_finite_differences():
    assert torch.autograd.gradcheck(lambda maps: fine_share(maps, 2), noise(2, 8).requires_grad_())


def test_a_dead_map_counts_as_fine_and_has_no_gradient():
    maps = torch.stack([torch.full((16, 16), 0.3), torch.zeros(16, 16), noise(1, 16)[0].float()]).requires_grad_()
    share = fine_share(maps, 4)
    assert share[:2].tolist() == [1, 1]
    share.sum().backward()
    assert maps.grad.isfinite().all()
    assert (maps.grad[:2] == 0).all()
    assert maps.grad[2].abs().max() > 0


def test_a_smaller_map_is_not_better():
    maps = noise(3, 16)
    torch.testing.assert_close(fine_share(1e-12 * maps, 4), fine_share(maps, 4))
    torch.testing.assert_close(fine_share(maps + 7, 4), fine_share(maps, 4))


def test_descent_lowers_the_srop():
    maps = noise(4, 16).requires_grad_()
    optimizer = torch.optim.Adam([maps], lr=0.05)
    for _ in range(60):
        optimizer.zero_grad()
        fine_share(maps, 3).mean().backward()
        optimizer.step()
    assert (rolloff_points(maps.detach()) < 0.7 * rolloff_points(noise(4, 16))).all()


@pytest.mark.parametrize(
    ("maps", "ring", "error", "message"),
    [
        (torch.zeros(2, 8, 8, dtype=torch.long), 1, TypeError, r"maps are torch.int64; give floating point"),
        (torch.zeros(9), 1, ValueError, r"maps of shape \(9,\)"),
        (torch.zeros(2, 5, 5), 1, ValueError, "a longer side of at least 6"),
        (torch.zeros(2, 24, 24), 15, ValueError, "ring=15: it is a ring, 1 to 14"),
        (torch.zeros(2, 24, 24), 0.5, TypeError, "ring=0.5: it is a ring"),
        ([1.0], 1, TypeError, "a list was given"),
    ],
)
def test_what_is_wrong_is_named(maps, ring, error, message):
    with pytest.raises(error, match=message):
        fine_share(maps, ring)
