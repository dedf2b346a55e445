"""The network of PyTorch's MNIST example."""

from collections import OrderedDict

import torch
from torch import Tensor, nn


def digit_cnn() -> nn.Sequential:
    """Build the convolutional network of PyTorch's MNIST example, every layer a named module.

    Input ``(batch, 1, 28, 28)``, output ``(batch, 10)`` logits. The last convolution, ``conv2``, gives 64 maps of
    24 x 24; ``relu2`` is what follows it, and ``pool`` brings the maps to 12 x 12.

    Returns:
        The network with PyTorch's default initialization, drawn from the global random state, in the memory format
        (channels last) that trains fastest on a CPU.

    Reference:
        Yu et al. 2021, Sec. 4.1 ("a classical CNN (inp)"): https://github.com/pytorch/examples/tree/main/mnist

    Example:
        >>> digit_cnn()(torch.zeros(5, 1, 28, 28)).shape
        torch.Size([5, 10])
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 32, kernel_size=3),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(32, 64, kernel_size=3),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            dropout1=nn.Dropout(0.25),
            flatten=_FlattenPixels(),
            fc1=nn.Linear(64 * 12 * 12, 128),
            relu3=nn.ReLU(),
            dropout2=nn.Dropout(0.5),
            fc2=nn.Linear(128, 10),
        )
    ).to(memory_format=torch.channels_last)


class _FlattenPixels(nn.Module):
    """Flatten maps pixel by pixel, as channels last keeps them: no copy, and gradients that are channels last too."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.permute(0, 2, 3, 1).flatten(1)
