"""The first convolution of a network."""

from torch import nn


def first_convolution(network: nn.Module) -> nn.Conv2d:
    """Find the first convolution of a network, in the order of its modules.

    Raises:
        ValueError: If the network has no convolution.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise ValueError(f"a {type(network).__name__} has no convolution")
