"""Rotated maps: what stays and what does not."""

import pytest
import torch

from srop import CONVENTIONS
from srop.experiments.rotation_invariance.measure import rotate_maps, rotation_table


@pytest.fixture(scope="module")
def table():
    noise = torch.randn(300, 24, 24, generator=torch.Generator().manual_seed(0))
    across = torch.cos(2 * torch.pi * 5 * torch.arange(24) / 24).expand(1, 24, 24)
    return rotation_table({"noise": noise, "wave": across}, list(CONVENTIONS), [90, 180, 30])


def test_a_row_per_input_convention_and_angle(table):
    assert len(table) == 2 * 3 * 3
    assert not table.duplicated(["input", "convention", "angle"]).any()


def test_a_quarter_turn_changes_nothing_about_dc(table):
    """Rings about DC are the same in all four directions; rings about a point half a pixel from it are not."""
    quarter = table[(table["input"] == "noise") & (table["angle"] == 90)].set_index("convention")
    assert (quarter.loc[["published", "printed"], "changed"] == 0).all()
    assert 0.1 < quarter.loc["half_pixel", "changed"] < 0.5
    half = table[(table["input"] == "noise") & (table["angle"] == 180)]
    assert (half["changed"] == 0).all()


def test_a_turned_wave_is_the_other_wave():
    across = torch.cos(2 * torch.pi * 5 * torch.arange(24) / 24).expand(1, 24, 24)
    torch.testing.assert_close(rotate_maps(across, 90)[0, :, 0].abs(), across[0, 0].flip(0).abs())


def test_interpolation_takes_high_frequencies_away(table):
    noise = table[(table["input"] == "noise") & (table["angle"] == 30)]
    assert (noise["change"] > 0.02).all()
    assert (noise.set_index("convention")["change"][["published", "half_pixel"]] > 0.2).all()
    assert (noise["largest"] >= noise["change"]).all()


def test_flat_maps_have_no_srop_and_count_for_none(table):
    noise = torch.randn(300, 24, 24, generator=torch.Generator().manual_seed(0))
    flat = torch.cat([torch.zeros(50, 24, 24), torch.full((50, 24, 24), 0.3)])
    angles = [90, 180, 30]
    among = rotation_table({"noise": torch.cat([flat, noise])}, list(CONVENTIONS), angles)
    assert among.equals(table[table["input"] == "noise"].reset_index(drop=True))
    alone = rotation_table({"flat": flat}, list(CONVENTIONS), angles)
    assert (alone["maps"] == 0).all()
    assert alone[["mean", "changed", "change", "largest"]].isna().all(axis=None)
