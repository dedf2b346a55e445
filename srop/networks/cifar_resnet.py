"""Residual networks for CIFAR-10's 32 x 32 images."""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn.functional import pad, relu


def resnet20(*, antialiased: bool = False) -> nn.Sequential:
    """Build ResNet-20: three stages of three blocks, with shortcuts without weights.

    Input ``(batch, 3, 32, 32)``, output ``(batch, 10)`` logits. The maps of the stages have 32 x 32, 16 x 16 and 8 x 8
    pixels.

    Args:
        antialiased: Whether a blur pool of 3 x 3 subsamples, in each branch, in the place of a convolution's stride.

    Returns:
        The network with PyTorch's default initialization, from the global random state. Both forms have the same
        parameters.

    Reference:
        He et al. 2016, "Deep residual learning for image recognition", Sec. 4.2, with shortcuts A. Zhang 2019 (Making
        convolutional networks shift-invariant again), Sec. 3.3, for blur pools behind the activation.

    Example:
        >>> import torch
        >>> resnet20()(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 16, 3, padding=1, bias=False),
            bn1=nn.BatchNorm2d(16),
            relu=nn.ReLU(),
            layer1=_stage(16, 16, antialiased),
            layer2=_stage(16, 32, antialiased),
            layer3=_stage(32, 64, antialiased),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            linear=nn.Linear(64, 10),
        )
    )


def _stage(channels_in: int, channels: int, antialiased: bool) -> nn.Sequential:
    first = _Block(channels_in, channels, antialiased)
    return nn.Sequential(first, _Block(channels, channels), _Block(channels, channels))


class _Block(nn.Module):
    def __init__(self, channels_in: int, channels: int, antialiased: bool = False) -> None:
        super().__init__()
        self.stride = channels // channels_in
        self.blurs = antialiased and self.stride > 1
        if self.blurs:
            from antialiased_cnns import BlurPool

            self.blur = BlurPool(channels, filt_size=3, stride=self.stride)
            self.shortcut_blur = BlurPool(channels_in, filt_size=3, stride=self.stride)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, 1 if self.blurs else self.stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(self.blur(y) if self.blurs else y))
        missing = (y.shape[1] - x.shape[1]) // 2
        # New channels are zeros, half of them before and half after the others.
        shortcut = self.shortcut_blur(x) if self.blurs else x[:, :, :: self.stride, :: self.stride]
        return relu(y + pad(shortcut, (0, 0, 0, 0, missing, missing)))


def resnet18() -> nn.Module:
    """Build torchvision's ResNet-18 for CIFAR-10: the first convolution is 3 x 3, without stride or pool.

    Input ``(batch, 3, 32, 32)``, output ``(batch, 10)`` logits.

    Reference:
        He et al. 2016, with the first layers of Sec. 4.2.

    Example:
        >>> import torch
        >>> resnet18()(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    from torchvision import models

    network = models.resnet18(num_classes=10)
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network
