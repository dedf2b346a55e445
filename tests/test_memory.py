"""Maps are found where they lie."""

import numpy as np
import pytest
import torch
from maps import noise

from srop.memory import blocks, channels_first, in_place

LAYOUTS = {
    "contiguous": lambda maps: maps.contiguous(),
    "channels last": lambda maps: maps.to(memory_format=torch.channels_last),
    "channels last, cropped": lambda maps: maps.to(memory_format=torch.channels_last)[1:, :, 1:6, 2:7],
    "some channels": lambda maps: maps.to(memory_format=torch.channels_last)[:, 3:21],
    "every other channel": lambda maps: maps[:, ::2],
    "cropped": lambda maps: maps[..., 1:6, 2:7],
    "turned": lambda maps: maps.mT,
    "one value": lambda maps: maps[:1, :1, :1, :1].expand(2, 20, 8, 8),
    "one image": lambda maps: maps[0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("lanes", [4, 16])
def test_blocks_hold_every_map(layout, lanes):
    maps = LAYOUTS[layout](noise(3, 21, 8, 8))
    values, starts, firsts, steps = blocks(maps, lanes)
    flat = maps.reshape(-1, *maps.shape[-2:]).numpy()
    seen = np.zeros(len(flat), bool)
    grid = np.tensordot(np.indices(maps.shape[-2:]), steps[1:], axes=(0, 0))
    for start, first in zip(starts, firsts, strict=True):
        for lane in range(lanes):
            np.testing.assert_array_equal(values[start + lane * steps[0] + grid], flat[first + lane])
            seen[first + lane] = True
    assert seen.all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_copied_in_place(layout):
    maps = LAYOUTS[layout](noise(3, 21, 8, 8))
    values, starts = in_place(maps)
    assert values.ctypes.data == maps.data_ptr()
    np.testing.assert_array_equal(values[starts], maps[..., 0, 0].flatten().numpy())


def test_channels_last_are_not_copied():
    maps = noise(2, 32, 8, 8).to(memory_format=torch.channels_last)
    assert blocks(maps, 16).values.ctypes.data == maps.data_ptr()
    assert blocks(maps.contiguous(), 16).steps == (64, 8, 1)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_maps_laid_out_are_the_same_maps(memory_format):
    maps = noise(3, 5, 4, 4).to(memory_format=memory_format)
    laid_out = channels_first(maps)
    assert laid_out.is_contiguous()
    assert torch.equal(laid_out, maps)
    assert torch.equal(channels_first(maps[:, :, ::2, ::2]), maps[:, :, ::2, ::2])
