"""The digit networks that a run has trained."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn
from tqdm import tqdm

from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import read_tensors, require_one_origin

Key = TypeVar("Key")


def trained_digit_networks(
    keys: Sequence[Key], files: Sequence[str | Path], device: torch.device
) -> Iterator[tuple[Key, nn.Module]]:
    """Read trained digit networks one after the other.

    Args:
        keys: What names each network, such as its seed.
        files: The file of each network's weights.
        device: The device of the networks.

    Yields:
        Each key with its network; the next network takes the same place in memory.

    Raises:
        ValueError: If the files were made under different values or code, or one is damaged.
    """
    require_one_origin(files)
    network = digit_cnn().to(device)
    for key, file in tqdm(list(zip(keys, files, strict=True)), desc="networks", leave=False, disable=None):
        network.load_state_dict(read_tensors(file))
        yield key, network
