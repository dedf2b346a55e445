"""Networks of pixels in [0, 1] that normalize each color by themselves."""

import torch
from torch import Tensor, nn


class Normalized(nn.Module):
    """A network that takes images in [0, 1] and normalizes each color.

    Args:
        network: The network of normalized images.
        mean: The mean of each color, ``(3, 1, 1)``.
        std: The standard deviation of each color, ``(3, 1, 1)``, not 0.
    """

    def __init__(self, network: nn.Module, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network((pixels - self.mean) / self.std)


def color_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Give mean and standard deviation of each color of images.

    Args:
        images: uint8 ``(m, c, h, w)``.

    Returns:
        The mean and the standard deviation, ``(c, 1, 1)`` each, of pixels in [0, 1]. A color that is constant over all
        images has the standard deviation 1, so that it becomes 0.
    """
    pixels = images.float() / 255
    # Rounding would give a constant color a standard deviation above 0.
    varies = (images != images[:1, :, :1, :1]).any(dim=(0, 2, 3))[:, None, None]
    std = pixels.std(dim=(0, 2, 3), keepdim=True)[0]
    return pixels.mean(dim=(0, 2, 3), keepdim=True)[0], torch.where(varies, std, 1.0)
