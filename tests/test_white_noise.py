"""The SROP of white noise: against the oracle, and as exact as its documentation says."""

import oracle
import pytest

from srop import PUBLISHED, rolloff_points
from srop.data.noise import noise_maps
from srop.white_noise import white_noise_srop


def test_it_is_the_oracles_mean():
    # The oracle counts in float64: a map in thousands may lie on the edge of a ring.
    assert white_noise_srop(24) == pytest.approx(
        oracle.rolloff_points(noise_maps(2000, 24).numpy(), PUBLISHED).mean(), abs=1e-4
    )
    assert white_noise_srop(24) == pytest.approx(0.881, abs=5e-4)


def test_a_reference_enlarges_the_noise():
    enlarged = noise_maps(2000, 8).numpy().repeat(3, axis=-2).repeat(3, axis=-1)
    assert white_noise_srop(8, reference=24) == pytest.approx(
        oracle.rolloff_points(enlarged, PUBLISHED).mean(), abs=1e-4
    )
    assert white_noise_srop(24, reference=24) == white_noise_srop(24)


@pytest.mark.parametrize(("size", "maps", "error"), [(12, 2000, 0.0018), (24, 2000, 0.0008), (224, 334, 0.0003)])
def test_the_standard_error_is_the_documented_one(size, maps, error):
    points = rolloff_points(noise_maps(maps, size))
    assert white_noise_srop(size) == points.mean().item()
    assert points.std().item() / maps**0.5 == pytest.approx(error, abs=5e-5)


def test_a_convention_goes_by_its_name_too():
    assert white_noise_srop(24, convention="published") == white_noise_srop(24, convention=PUBLISHED)
    assert white_noise_srop(24, convention="printed") != white_noise_srop(24)
